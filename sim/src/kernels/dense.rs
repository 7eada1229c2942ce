//! The plain kernel: dot products in one word size.

use super::dispatch::dispatched;
use super::matmul::by_rows;
use super::word::Word;
use crate::function::Element;
use ndarray::Array2;

/// Weights, output after output.
#[derive(Debug)]
pub(crate) struct Dense<T> {
    weights: Vec<T>,
    inputs: usize,
    outputs: usize,
}

impl<T: Word> Dense<T> {
    /// Weights `[outputs][inputs]`.
    pub fn new(weights: &Array2<i64>) -> Self {
        let (outputs, inputs) = weights.dim();
        Dense { weights: weights.iter().map(|w| T::wrap(*w)).collect(), inputs, outputs }
    }

    /// Products of all vectors.
    pub fn apply<X: Element, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        let mut sums = Vec::new();
        by_rows(x, self.inputs, self.outputs, |x, y: &mut [Y]| {
            let x: Vec<T> = x.iter().map(|v| T::wrap(v.value())).collect();
            sums.resize(y.len(), T::default());
            products(&x, &self.weights, self.inputs, &mut sums);
            y.iter_mut().zip(&sums).for_each(|(y, sum)| *y = Y::of(sum.number()));
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
