//! Sums of products with weights that synthesis knows: rows share them, and what is multiplied by zero is not there.

use crate::number::IntType;
use ndarray::{ArrayView1, ArrayView2};
use std::collections::{HashMap, HashSet};

/// The products of a matrix with a vector, or the sums behind a level of adders over neighbours: each once, however many rows
/// have it.
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
    /// which are wired with a bit more a level, from `term_bits` to `most` bits.
    pub fn levels(weights: ArrayView2<'_, i64>, x: IntType, term_bits: usize, most: usize) -> Vec<Known> {
        let first = weights.columns().into_iter().map(|weights| products(weights, x));
        let (mut columns, all): (Vec<Column>, Vec<Known>) = first.unzip();
        let mut levels = vec![total(all)];
        while columns.len() > 1 {
            let wired = (term_bits + levels.len()).min(most);
            let join = |pair: &[Column]| joined(pair, wired);
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
        known.register_bits += sum.bits() - zeros as usize;
    }
    (column, known)
}

/// The sums of two neighbours, `wired` bits wide; of one that has none, itself. Synthesis does not see that the upper bits of a
/// sum of both signs are copies of its sign.
fn joined(pair: &[Column], wired: usize) -> (Column, Known) {
    let (mut seen, mut known) = (HashMap::new(), Known::default());
    let mut sum = |row: usize| {
        let (a, b) = (pair[0][row], pair.get(1).and_then(|column| column[row]));
        let range = |(min, max): (i64, i64), term: Sum| (min + term.min, max + term.max);
        let (min, max) = a.into_iter().chain(b).fold((0, 0), range);
        let id = seen.len() as u32;
        let new = || {
            let sum = Sum { id, min, max };
            let added = a.is_some() && b.is_some();
            let bits = if added && min < 0 { wired } else { sum.bits() };
            known.added_bits += if added { bits } else { 0 };
            known.register_bits += bits;
            sum
        };
        let terms = (a.map(|a| a.id), b.map(|b| b.id));
        (terms != (None, None)).then(|| *seen.entry(terms).or_insert_with(new))
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
        let levels = Known::levels(weights.view(), x, 4, 5);
        // x0, -x1, x2.
        assert_eq!(levels[0], Known { added_bits: 0, register_bits: 2 + 3 + 2 });
        // x0 - x1, from -3 to 3, once; x2 and 2 x2 go on.
        assert_eq!(levels[1], Known { added_bits: 5, register_bits: 5 + 2 + 3 });
        // x0 - x1 + x2, from -3 to 6; x0 - x1; 2 x2.
        assert_eq!(levels[2], Known { added_bits: 5, register_bits: 5 + 3 + 3 });
    }
}
