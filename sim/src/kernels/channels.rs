//! Scalar functions per channel.

use crate::function::Element;

/// `f` of every element and the constants of its channel; a vector has as many elements as there are
/// `constants`.
pub(crate) fn per_channel<X: Element, Y: Element, C>(
    x: &[X],
    constants: &[C],
    f: impl Fn(i64, &C) -> i64,
) -> Vec<Y> {
    let mut y = vec![Y::default(); x.len()];
    for (x, y) in x.chunks_exact(constants.len()).zip(y.chunks_exact_mut(constants.len())) {
        for ((x, y), constants) in x.iter().zip(y).zip(constants) {
            *y = Y::of(f(x.value(), constants));
        }
    }
    y
}
