//! ±1 times ±1: XNOR and popcount (BinaryNet, arXiv 1602.02830), 64 products a word.

use super::dispatch::dispatched;
use super::matmul::{LANES, ROWS, by_rows};
use crate::function::Element;
use ndarray::Array2;

/// Weights as bits, in panels of [`LANES`] outputs: `[panel][word][output]`.
#[derive(Debug)]
pub(crate) struct Popcount {
    panels: Vec<[u64; LANES]>,
    inputs: usize,
    outputs: usize,
}

impl Popcount {
    /// Weights `[outputs][inputs]`, each −1 or 1.
    pub fn new(weights: &Array2<i64>) -> Self {
        let (outputs, inputs) = weights.dim();
        let words = inputs.div_ceil(64);
        let mut panels = vec![[0; LANES]; outputs.div_ceil(LANES) * words];
        for ((o, i), w) in weights.indexed_iter() {
            panels[o / LANES * words + i / 64][o % LANES] |= u64::from(*w > 0) << (i % 64);
        }
        Popcount { panels, inputs, outputs }
    }

    /// Products of all vectors.
    pub fn apply<X: Element, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        let words = self.inputs.div_ceil(64);
        let mut bits = vec![0; ROWS * words];
        by_rows(x, self.inputs, self.outputs, |x, y| {
            let bits = &mut bits[..x.len() / self.inputs * words];
            pack(x, self.inputs, bits);
            products(bits, &self.panels, self.inputs, self.outputs, y);
        })
    }
}

dispatched! {
    /// The signs of every vector's elements, in whole words.
    fn pack<X: Element>(x: &[X], inputs: usize, bits: &mut [u64]) = pack_signs
}

#[inline(always)]
fn pack_signs<X: Element>(x: &[X], inputs: usize, bits: &mut [u64]) {
    for (x, bits) in x.chunks_exact(inputs).zip(bits.chunks_exact_mut(inputs.div_ceil(64))) {
        let (whole, rest) = x.as_chunks::<64>();
        bits.iter_mut().zip(whole).for_each(|(bits, x)| *bits = signs(x));
        if let Some(bits) = bits.get_mut(whole.len()) {
            let mut padded = [X::default(); 64];
            padded[..rest.len()].copy_from_slice(rest);
            *bits = signs(&padded);
        }
    }
}

#[inline(always)]
fn signs<X: Element>(x: &[X; 64]) -> u64 {
    x.iter().enumerate().fold(0, |word, (i, v)| word | u64::from(*v > X::default()) << i)
}

dispatched! {
    /// `y[v][o] = inputs − 2 · (signs of x and weights that differ)`.
    fn products<Y: Element>(bits: &[u64], panels: &[[u64; LANES]], inputs: usize, outputs: usize, y: &mut [Y]) = count_differences
}

#[inline(always)]
fn count_differences<Y: Element>(
    bits: &[u64],
    panels: &[[u64; LANES]],
    inputs: usize,
    outputs: usize,
    y: &mut [Y],
) {
    let words = inputs.div_ceil(64);
    for (x, y) in bits.chunks_exact(words).zip(y.chunks_exact_mut(outputs)) {
        for (panel, y) in panels.chunks_exact(words).zip(y.chunks_mut(LANES)) {
            let mut differ = [0u64; LANES];
            for (x, w) in x.iter().zip(panel) {
                (0..LANES).for_each(|o| differ[o] += u64::from((x ^ w[o]).count_ones()));
            }
            y.iter_mut().zip(differ).for_each(|(y, differ)| *y = Y::of(inputs as i64 - 2 * differ as i64));
        }
    }
}
