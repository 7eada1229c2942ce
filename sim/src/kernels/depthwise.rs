//! Depthwise products: a kernel for every channel, all channels side by side.

use super::dispatch::dispatched;
use super::word::Word;
use crate::function::Element;
use ndarray::Array2;

/// Weights, tap after tap.
#[derive(Debug)]
pub(crate) struct Depthwise<T> {
    weights: Vec<T>,
    channels: usize,
}

impl<T: Word> Depthwise<T> {
    /// Weights `[taps][channels]`; every sum is in the range of a word.
    pub fn new(weights: &Array2<i64>) -> Self {
        Depthwise { weights: weights.iter().map(|w| T::wrap(*w)).collect(), channels: weights.ncols() }
    }

    /// The products of all windows.
    pub fn apply<X: Element, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        let mut sums = vec![T::default(); self.channels];
        let mut y = Vec::with_capacity(x.len() / self.weights.len() * self.channels);
        for window in x.chunks_exact(self.weights.len()) {
            products(window, &self.weights, &mut sums);
            y.extend(sums.iter().map(|sum| Y::of(sum.number())));
        }
        y
    }
}

dispatched! {
    /// `sums[c] = Σ_t weights[t][c] · x[t][c]`.
    fn products<X: Element, T: Word>(x: &[X], weights: &[T], sums: &mut [T]) = add_taps
}

#[inline(always)]
fn add_taps<X: Element, T: Word>(x: &[X], weights: &[T], sums: &mut [T]) {
    let channels = sums.len();
    sums.fill(T::default());
    for (x, weights) in x.chunks_exact(channels).zip(weights.chunks_exact(channels)) {
        for ((sum, x), weight) in sums.iter_mut().zip(x).zip(weights) {
            *sum = *sum + T::wrap(x.value()) * *weight;
        }
    }
}
