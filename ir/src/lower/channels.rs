//! Scalar functions of some of a stream's channels.

use crate::number::Exact;
use crate::scalar::{ScalarFn, Step, at};
use num_traits::{One, Zero};

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

/// What streams of integers mean side by side, each with its number of channels; `None` where their steps differ in
/// kind. No step makes codes.
pub(crate) fn beside(parts: &[(&ScalarFn, usize)]) -> Option<ScalarFn> {
    let (first, _) = parts.first()?;
    if first.is_uniform() && parts.iter().all(|(f, _)| f == first) {
        return Some((*first).clone());
    }
    let spread: Vec<ScalarFn> = parts.iter().map(|(f, channels)| spread(f, *channels)).collect();
    let (first, others) = spread.split_first()?;
    let steps = |mut steps: Vec<Step>, other: &ScalarFn| {
        let same = steps.len() == other.0.len();
        same.then(|| steps.iter_mut().zip(&other.0).try_for_each(|(a, b)| append(a, b)))??;
        Some(steps)
    };
    others.iter().try_fold(first.0.clone(), steps).map(ScalarFn)
}

/// The function with an affine step at its begin, and a value per channel everywhere.
fn spread(function: &ScalarFn, channels: usize) -> ScalarFn {
    let all = |v: &[Exact]| (0..channels).map(|c| at(v, c).clone()).collect();
    let steps = function.0.iter().map(|step| match step {
        Step::Affine { mul, add } => Step::Affine { mul: all(mul), add: all(add) },
        Step::Leaky { slope } => Step::Leaky { slope: all(slope) },
        other => other.clone(),
    });
    let identity = || Step::Affine { mul: vec![Exact::one(); channels], add: vec![Exact::zero(); channels] };
    let steps: Vec<Step> = steps.collect();
    let starts_affine = matches!(steps.first(), Some(Step::Affine { .. }));
    ScalarFn(if starts_affine { steps } else { [identity()].into_iter().chain(steps).collect() })
}

/// Adds the channels of `b` behind those of `a`.
fn append(a: &mut Step, b: &Step) -> Option<()> {
    match (a, b) {
        (Step::Affine { mul, add }, Step::Affine { mul: m, add: c }) => {
            mul.extend_from_slice(m);
            add.extend_from_slice(c);
        }
        (Step::Leaky { slope }, Step::Leaky { slope: s }) => slope.extend_from_slice(s),
        (a, b) if a == b => {}
        _ => return None,
    }
    Some(())
}

/// For every channel the first one with the same function.
pub(crate) fn classes(function: &ScalarFn, channels: usize) -> Vec<usize> {
    let each: Vec<ScalarFn> = (0..channels).map(|c| select(function, &[c])).collect();
    each.iter().map(|f| each.iter().position(|g| f == g).unwrap_or(0)).collect()
}
