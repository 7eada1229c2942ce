//! Scalar functions of some of a stream's channels.

use crate::scalar::{ScalarFn, Step, at};

/// The function of a stream whose channel `i` is channel `channels[i]` of `function`'s.
pub(crate) fn select(function: &ScalarFn, channels: &[usize]) -> ScalarFn {
    ScalarFn(function.0.iter().map(|step| select_step(step, channels)).collect())
}

fn select_step(step: &Step, channels: &[usize]) -> Step {
    match step {
        Step::Affine { mul, add } => Step::Affine { mul: pick(mul, channels), add: pick(add, channels) },
        Step::Leaky { slope } => Step::Leaky { slope: pick(slope, channels) },
        Step::Round { rounding, offset, min, max } => Step::Round {
            rounding: *rounding,
            offset: pick(offset, channels),
            min: min.as_ref().map(|v| pick(v, channels)),
            max: max.as_ref().map(|v| pick(v, channels)),
        },
        Step::Count { thresholds } => Step::Count { thresholds: pick(thresholds, channels) },
        Step::Clamp { .. } | Step::Bipolar | Step::Sign | Step::Sigmoid | Step::Tanh => step.clone(),
    }
}

/// One value for all stays one.
fn pick<T: Clone>(values: &[T], channels: &[usize]) -> Vec<T> {
    match values {
        [_] => values.to_vec(),
        _ => channels.iter().map(|c| at(values, *c).clone()).collect(),
    }
}
