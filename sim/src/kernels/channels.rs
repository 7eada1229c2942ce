//! Scalar functions per channel.

/// `f` of every element and the constants of its channel; a vector has as many elements as there are
/// `constants`.
pub(crate) fn per_channel<C>(x: &[i64], constants: &[C], f: impl Fn(i64, &C) -> i64) -> Vec<i64> {
    let mut y = vec![0; x.len()];
    for (x, y) in x.chunks_exact(constants.len()).zip(y.chunks_exact_mut(constants.len())) {
        for ((x, y), constants) in x.iter().zip(y).zip(constants) {
            *y = f(*x, constants);
        }
    }
    y
}
