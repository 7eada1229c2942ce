//! Sums of products with weights that synthesis knows: what is multiplied by zero is not there, and rows share what is the same, as
//! far as Yosys finds it. Adders are shared up to registers that are not, registers at the first level that has any; of later
//! ones, it compares registers before the carry chains in front of them, so that each row has its own.

use crate::number::IntType;
use ndarray::{ArrayView1, ArrayView2};
use std::collections::{HashMap, HashSet};

/// The products of a matrix with a vector, or the sums behind a level of adders over neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Bits of the sums that an adder makes of two.
    pub added_bits: usize,
    /// Bits that a register behind them would hold.
    pub register_bits: usize,
}

/// A sum that is not zero for all inputs: which of those over the same inputs, and its range.
#[derive(Clone, Copy)]
struct Sum {
    id: u32,
    min: i64,
    max: i64,
}

/// The sums over some inputs, of every row; none where all its weights are zero.
type Column = Vec<Option<Sum>>;

impl Known {
    /// The products of `weights`, `[outputs][inputs]`, with activations of type `x`, and the sums behind every level of adders,
    /// which are wired with a bit more a level, from so many to at most so many bits. `registered` says of each level whether registers
    /// stand behind it.
    pub fn levels(
        weights: ArrayView2<'_, i64>,
        x: IntType,
        (term_bits, most): (usize, usize),
        registered: impl Fn(usize) -> bool,
    ) -> Vec<Known> {
        let first = weights.columns().into_iter().map(|weights| products(weights, x));
        let (mut columns, all): (Vec<Column>, Vec<Known>) = first.unzip();
        let mut levels = vec![total(all)];
        let mut before = registered(0);
        while columns.len() > 1 {
            let level = levels.len();
            let apart = before && registered(level);
            before |= registered(level);
            let (wired, parity) = ((term_bits + level).min(most), usize::from(x.is_bipolar()));
            let join = |pair: &[Column]| joined(pair, wired, parity, apart);
            let (sums, all): (Vec<Column>, Vec<Known>) = columns.chunks(2).map(join).unzip();
            columns = sums;
            levels.push(total(all));
        }
        levels
    }
}

fn total(all: Vec<Known>) -> Known {
    let sum = |a: Known, b: &Known| Known {
        added_bits: a.added_bits + b.added_bits,
        register_bits: a.register_bits + b.register_bits,
    };
    all.iter().fold(Known::default(), sum)
}

impl Sum {
    fn bits(&self) -> usize {
        IntType::smallest(self.min, self.max).bits as usize
    }
}

/// The products of an input with its weights. Those that differ by a power of two are the same bits.
fn products(weights: ArrayView1<'_, i64>, x: IntType) -> (Column, Known) {
    let (mut known, mut factors) = (Known::default(), HashSet::new());
    let product = |weight: &i64| {
        let (a, b) = (weight * x.min, weight * x.max);
        // Weights have far fewer bits.
        (*weight != 0).then_some(Sum { id: *weight as u32, min: a.min(b), max: a.max(b) })
    };
    let column: Column = weights.iter().map(product).collect();
    for (weight, sum) in weights.iter().zip(&column) {
        let zeros = weight.trailing_zeros();
        let Some(sum) = sum.filter(|_| factors.insert(weight >> zeros.min(63))) else { continue };
        // Of ±1, a product is the weight or its negative: a bit chooses.
        known.register_bits += if x.is_bipolar() { 1 } else { sum.bits().saturating_sub(zeros as usize) };
    }
    (column, known)
}

/// The sums of two neighbours, `wired` bits wide; of one that has none, itself. Registers behind an adder are shared unless rows have them
/// `apart`. Synthesis does not see that the upper bits of a sum of both signs are copies of its sign, but it sees the `parity` of sums of ±1.
fn joined(pair: &[Column], wired: usize, parity: usize, apart: bool) -> (Column, Known) {
    let (mut seen, mut known, mut ids) = (HashMap::new(), Known::default(), 0..);
    let mut sum = |row: usize| {
        let (a, b) = (pair[0][row], pair.get(1).and_then(|column| column[row]));
        let range = |(min, max): (i64, i64), term: Sum| (min + term.min, max + term.max);
        let (min, max) = a.into_iter().chain(b).fold((0, 0), range);
        let terms = (a.map(|a| a.id), b.map(|b| b.id));
        if terms == (None, None) {
            return None;
        }
        let own = Sum { id: ids.next().unwrap_or_default(), min, max };
        let shared = *seen.entry(terms).or_insert(own);
        let (new, added) = (shared.id == own.id, a.is_some() && b.is_some());
        let width = if added && min < 0 { wired } else { own.bits() };
        let bits = width - parity;
        known.added_bits += if added && new { bits } else { 0 };
        known.register_bits += if new || (apart && added) { bits } else { 0 };
        Some(if apart && added { own } else { shared })
    };
    ((0..pair[0].len()).map(&mut sum).collect(), known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rows_share_sums_and_zeros_vanish() {
        let x = IntType::quantizer(false, 2, false);
        // The first two rows begin alike; the third has a single product, twice what others have; the last has nothing.
        let weights = array![[1, -1, 1], [1, -1, 0], [0, 0, 2], [0, 0, 0]];
        let levels = Known::levels(weights.view(), x, (4, 5), |level| level == 2);
        // x0, -x1, x2.
        assert_eq!(levels[0], Known { added_bits: 0, register_bits: 2 + 3 + 2 });
        // x0 - x1, from -3 to 3, once; x2 and 2 x2 go on.
        assert_eq!(levels[1], Known { added_bits: 5, register_bits: 5 + 2 + 3 });
        // x0 - x1 + x2, from -3 to 6; x0 - x1; 2 x2.
        assert_eq!(levels[2], Known { added_bits: 5, register_bits: 5 + 3 + 3 });
        // Behind a register of products, the first two rows have x0 - x1 in registers of their own, and from then on their own sums.
        let behind = Known::levels(weights.view(), x, (4, 5), |_| true);
        assert_eq!(behind[0], levels[0]);
        assert_eq!(behind[1], Known { added_bits: 5, register_bits: 5 + 5 + 2 + 3 });
        assert_eq!(behind[2], levels[2]);
    }
}
