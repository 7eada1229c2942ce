//! Steps in float64 with a bound of the error.

use super::float_fn::sigmoid;
use super::step::{Step, at, f64_of};
use crate::number::{Exact, Rounding};

/// Half a unit in the last place of float64.
const UNIT: f64 = f64::EPSILON / 2.0;

/// Relative error that is allowed to the platform's `exp` and `tanh`: libraries stay within two units in the last
/// place, this is 128 of them; what it leaves open is decided exactly.
const LIBRARY: f64 = 128.0 * f64::EPSILON;

/// One channel's step with float64 constants.
pub(super) enum Fast {
    Affine { mul: f64, add: f64 },
    Clamp { min: f64, max: f64 },
    Leaky { slope: f64 },
    Round { rounding: Rounding, offset: f64, min: f64, max: f64 },
    Count { thresholds: Vec<f64> },
    Bipolar,
    Sign,
    Sigmoid,
    Tanh,
}

/// A value and a bound of its error; `None` where a decision is not certain.
pub(super) type Bounded = Option<(f64, f64)>;

impl Fast {
    /// The step for `channel`.
    pub(super) fn new(step: &Step, channel: usize) -> Fast {
        let bound = |b: &Option<Vec<i64>>, open: f64| b.as_ref().map_or(open, |v| *at(v, channel) as f64);
        let real = |b: &Option<Exact>, open: f64| b.as_ref().map_or(open, f64_of);
        match step {
            Step::Affine { mul, add } => {
                Fast::Affine { mul: f64_of(at(mul, channel)), add: f64_of(at(add, channel)) }
            }
            Step::Clamp { min, max } => {
                Fast::Clamp { min: real(min, f64::NEG_INFINITY), max: real(max, f64::INFINITY) }
            }
            Step::Leaky { slope } => Fast::Leaky { slope: f64_of(at(slope, channel)) },
            Step::Round { rounding, offset, min, max } => Fast::Round {
                rounding: *rounding,
                offset: *at(offset, channel) as f64,
                min: bound(min, f64::NEG_INFINITY),
                max: bound(max, f64::INFINITY),
            },
            Step::Count { thresholds } => {
                Fast::Count { thresholds: at(thresholds, channel).iter().map(f64_of).collect() }
            }
            Step::Bipolar => Fast::Bipolar,
            Step::Sign => Fast::Sign,
            Step::Sigmoid => Fast::Sigmoid,
            Step::Tanh => Fast::Tanh,
        }
    }

    /// The step of a value and a bound of its error.
    pub(super) fn apply(&self, x: f64, error: f64) -> Bounded {
        match self {
            Fast::Affine { mul, add } => {
                let product = x * mul;
                let y = product + add;
                Some((
                    y,
                    2.0 * (error * mul.abs() + UNIT * (3.0 * product.abs() + 2.0 * add.abs() + y.abs())),
                ))
            }
            Fast::Clamp { min, max } => {
                let bound = if x < *min { *min } else { *max };
                let inside = x >= *min && x <= *max;
                Some((x.max(*min).min(*max), if inside { error } else { error + 2.0 * UNIT * bound.abs() }))
            }
            Fast::Leaky { slope } if x < 0.0 => {
                Some((x * slope, error * slope.abs().max(1.0) + 4.0 * UNIT * (x * slope).abs()))
            }
            Fast::Leaky { slope } => Some((x, error * slope.abs().max(1.0))),
            Fast::Round { rounding, offset, min, max } => {
                let rounded = round(*rounding, x, error, *min - offset, *max - offset)?;
                Some((rounded.0 + offset, 0.0))
            }
            Fast::Count { thresholds } => count(thresholds, x, error),
            Fast::Bipolar => (x.abs() > error).then(|| (x.signum(), 0.0)),
            Fast::Sign => (x.abs() > error).then(|| (x.signum(), 0.0)),
            // Slopes of at most 1/4 and 1.
            Fast::Sigmoid => Some(elementary(sigmoid(x), 0.25 * error)),
            Fast::Tanh => Some(elementary(x.tanh(), error)),
        }
    }
}

/// A library function's result with the error that it inherits; tiny results may have been flushed to zero.
fn elementary(y: f64, inherited: f64) -> (f64, f64) {
    (y, 1.01 * inherited + LIBRARY * y.abs() + f64::MIN_POSITIVE)
}

fn round(rounding: Rounding, x: f64, error: f64, min: f64, max: f64) -> Bounded {
    if x - error > max + 1.0 {
        return Some((max, 0.0));
    }
    if x + error < min - 1.0 {
        return Some((min, 0.0));
    }
    // Codes beyond 2^51 leave no room for a fraction: let rationals decide.
    let certain = x.abs() < 2e15 && !rounding.uncertain(x, error);
    certain.then(|| (rounding.plain(x).max(min).min(max), 0.0))
}

fn count(thresholds: &[f64], x: f64, error: f64) -> Bounded {
    let below = thresholds.partition_point(|t| *t <= x);
    let margin = |t: &f64| (x - t).abs() > error + 2.0 * UNIT * t.abs();
    let near = below.saturating_sub(1)..(below + 1).min(thresholds.len());
    thresholds[near].iter().all(margin).then_some((below as f64, 0.0))
}
