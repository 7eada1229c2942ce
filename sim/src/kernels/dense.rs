//! The plain kernel: dot products in one word size.

use super::dispatch::dispatched;
use super::matmul::by_rows;
use ndarray::Array2;
use std::ops::{Add, Mul};

/// A word that wraps.
pub(crate) trait Word: Copy + Default + Add<Output = Self> + Mul<Output = Self> {}

impl<T: Copy + Default + Add<Output = T> + Mul<Output = T>> Word for T {}

/// Weights, output after output.
#[derive(Debug)]
pub(crate) struct Dense<T> {
    weights: Vec<T>,
    inputs: usize,
    outputs: usize,
}

impl<T: Word> Dense<T> {
    /// Weights `[outputs][inputs]`, each made a word by `word`.
    pub fn new(weights: &Array2<i64>, word: impl Fn(i64) -> T) -> Self {
        let (outputs, inputs) = weights.dim();
        Dense { weights: weights.iter().map(|w| word(*w)).collect(), inputs, outputs }
    }

    /// Products of all vectors.
    pub fn apply(&self, x: &[i64], word: impl Fn(i64) -> T, value: impl Fn(T) -> i64) -> Vec<i64> {
        let mut sums = Vec::new();
        by_rows(x, self.inputs, self.outputs, |x, y| {
            let x: Vec<T> = x.iter().map(|v| word(*v)).collect();
            sums.resize(y.len(), T::default());
            products(&x, &self.weights, self.inputs, &mut sums);
            y.iter_mut().zip(&sums).for_each(|(y, sum)| *y = value(*sum));
        })
    }
}

dispatched! {
    /// `y[v][o]` of `x[v][i]` and `weights[o][i]`.
    fn products<T: Word>(x: &[T], weights: &[T], inputs: usize, y: &mut [T]) = dot_products
}

#[inline(always)]
fn dot_products<T: Word>(x: &[T], weights: &[T], inputs: usize, y: &mut [T]) {
    let outputs = weights.len() / inputs;
    for (x, y) in x.chunks_exact(inputs).zip(y.chunks_exact_mut(outputs)) {
        for (w, y) in weights.chunks_exact(inputs).zip(y) {
            *y = x.iter().zip(w).fold(T::default(), |sum, (x, w)| sum + *x * *w);
        }
    }
}
