//! Matrix products, each by the cheapest exact kernel.

use super::dense::Dense;
use super::madd::Madd;
use super::packed::PackedProduct;
use crate::function::Element;
use mpqc_ir::number::IntType;
use ndarray::Array2;
use std::num::Wrapping;
use std::sync::Arc;

/// `y[v][o] = Σ_i weights[o][i] · x[v][i]` for all vectors `v`.
///
/// Sums may wrap on their way: every final sum is in the accumulator's range, and sums modulo 2^32 or 2^64
/// that are congruent and in range are equal.
#[derive(Debug)]
pub(crate) enum MatMul {
    /// ±1 times ±1, or 8 by 8 bits into 32.
    Packed(Arc<PackedProduct>),
    /// 16 by 16 bits into 32.
    Madd(Madd),
    /// Into 32 bits.
    Word(Dense<Wrapping<i32>>),
    /// Into 64 bits.
    Wide(Dense<Wrapping<i64>>),
}

impl MatMul {
    /// Prepares weights `[outputs][inputs]` for activations of type `x` and sums of type `acc`.
    pub fn new(weights: &Array2<i64>, x: IntType, acc: IntType) -> MatMul {
        let fits = |min: i64, max: i64, bits: u32| min >= -1 << (bits - 1) && max < 1 << (bits - 1);
        let (low, high) = weights.iter().fold((0i64, 0i64), |(low, high), w| (low.min(*w), high.max(*w)));
        if let Some(product) = PackedProduct::vectors(weights, x).filter(|_| fits(acc.min, acc.max, 32)) {
            return MatMul::Packed(Arc::new(product));
        }
        if !fits(acc.min, acc.max, 32) {
            return MatMul::Wide(Dense::new(weights));
        }
        if fits(x.min, x.max, 16) && fits(low, high, 16) {
            return MatMul::Madd(Madd::new(weights));
        }
        MatMul::Word(Dense::new(weights))
    }

    /// The products of all vectors, one after another.
    pub fn apply<X: Element, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        match self {
            MatMul::Packed(product) => product.apply(x),
            MatMul::Madd(kernel) => kernel.apply(x),
            MatMul::Word(kernel) => kernel.apply(x),
            MatMul::Wide(kernel) => kernel.apply(x),
        }
    }
}

/// Vectors that a kernel packs at a time: enough to reuse weights, few enough to stay in the cache.
pub(super) const ROWS: usize = 64;

/// Outputs that a kernel computes side by side.
pub(super) const LANES: usize = 16;

/// Calls `group` for every group of at most [`ROWS`] vectors of `inputs` elements, with the group and its
/// part of the result, `outputs` elements a vector.
pub(super) fn by_rows<X: Element, Y: Element>(
    x: &[X],
    inputs: usize,
    outputs: usize,
    mut group: impl FnMut(&[X], &mut [Y]),
) -> Vec<Y> {
    let mut y = vec![Y::default(); x.len() / inputs * outputs];
    for (x, y) in x.chunks(ROWS * inputs).zip(y.chunks_mut(ROWS * outputs)) {
        group(x, y);
    }
    y
}
