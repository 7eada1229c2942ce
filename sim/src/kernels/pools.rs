//! Pools: all channels of a pixel side by side.

use crate::function::Element;
use mpqc_ir::int_network::{Pool, PoolFunction, Shape};

/// The pools of any number of images.
pub(crate) fn pooled<X: Element, Y: Element>(pool: &Pool, x: &[X]) -> Vec<Y> {
    let Shape { width, channels, .. } = pool.input;
    let (output, [rows, columns]) = (pool.output(), pool.kernel);
    let mut result = vec![Y::default(); x.len() / pool.input.elements() * output.elements()];
    let images = x.chunks_exact(pool.input.elements());
    for (image, result) in images.zip(result.chunks_exact_mut(output.elements())) {
        for (at, result) in result.chunks_exact_mut(channels).enumerate() {
            let first = at / output.width * rows * width + at % output.width * columns;
            let taps = (0..rows).flat_map(|r| (0..columns).map(move |c| first + r * width + c));
            let taps = taps.map(|pixel| &image[pixel * channels..][..channels]);
            taps.enumerate().for_each(|(tap, x)| join(pool.function, tap == 0, x, result));
        }
    }
    result
}

/// Takes a pixel into a result.
fn join<X: Element, Y: Element>(function: PoolFunction, is_first: bool, x: &[X], y: &mut [Y]) {
    let pairs = x.iter().map(|x| Y::of(x.value())).zip(y);
    match function {
        _ if is_first => pairs.for_each(|(x, y)| *y = x),
        PoolFunction::Max => pairs.for_each(|(x, y)| *y = x.max(*y)),
        PoolFunction::Sum => pairs.for_each(|(x, y)| *y = Y::of(x.value() + y.value())),
    }
}
