//! Exact evaluation of a scalar function, fast where float64 decides.

use super::step::{ScalarFn, Step, at, f64_of};
use crate::number::{Exact, Rounding, saturating_i64};
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// Half a unit in the last place of float64.
const UNIT: f64 = f64::EPSILON / 2.0;

/// One channel's function, ready to be evaluated at integers.
///
/// Every step is computed in float64 with a bound of the error so far (running error analysis: Higham,
/// *Accuracy and Stability of Numerical Algorithms*, §3.3); where a rounding or comparison is not decided by
/// the bound, the whole chain is evaluated in rationals.
pub struct Evaluator<'a> {
    steps: Vec<Fast>,
    exact: &'a ScalarFn,
    channel: usize,
}

enum Fast {
    Affine { mul: f64, add: f64 },
    Clamp { min: f64, max: f64 },
    Leaky { slope: f64 },
    Round { rounding: Rounding, offset: f64, min: f64, max: f64 },
    Count { thresholds: Vec<f64> },
    Bipolar,
    Sign,
}

/// A value and a bound of its error; `None` where a decision is not certain.
type Bounded = Option<(f64, f64)>;

impl<'a> Evaluator<'a> {
    /// The function of `channel`; its last step makes a code.
    pub fn new(function: &'a ScalarFn, channel: usize) -> Self {
        let steps = function.0.iter().map(|step| Fast::new(step, channel)).collect();
        Evaluator { steps, exact: function, channel }
    }

    /// The code at `x`.
    pub fn code(&self, x: i64) -> i64 {
        let fast = self.steps.iter().try_fold((x as f64, 0.0), |(x, error), step| step.apply(x, error));
        match fast {
            Some((code, error)) if x.unsigned_abs() < 1 << 53 && error == 0.0 => code as i64,
            _ => saturating_i64(&self.exact_value(x).to_integer()),
        }
    }

    /// The exact value at `x`.
    pub fn exact_value(&self, x: i64) -> Exact {
        let start = Exact::from_integer(BigInt::from(x));
        self.exact.0.iter().fold(start, |x, step| exact_step(step, self.channel, x))
    }
}

impl Fast {
    fn new(step: &Step, channel: usize) -> Fast {
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
        }
    }

    fn apply(&self, x: f64, error: f64) -> Bounded {
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
        }
    }
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

fn exact_step(step: &Step, channel: usize, x: Exact) -> Exact {
    let int = |v: i64| Exact::from_integer(v.into());
    match step {
        Step::Affine { mul, add } => x * at(mul, channel) + at(add, channel),
        Step::Clamp { min, max } => clamp(x, min.as_ref(), max.as_ref()),
        Step::Leaky { slope } => {
            if x.is_negative() {
                x * at(slope, channel)
            } else {
                x
            }
        }
        Step::Round { rounding, offset, min, max } => {
            let bound = |b: &Option<Vec<i64>>| b.as_ref().map(|v| int(*at(v, channel)));
            clamp(
                Exact::from_integer(rounding.exact(&x) + at(offset, channel)),
                bound(min).as_ref(),
                bound(max).as_ref(),
            )
        }
        Step::Count { thresholds } => int(at(thresholds, channel).iter().filter(|t| x >= **t).count() as i64),
        Step::Bipolar => int(if x.is_negative() { -1 } else { 1 }),
        Step::Sign => {
            if x.is_zero() {
                x
            } else {
                x.signum()
            }
        }
    }
}

fn clamp(x: Exact, min: Option<&Exact>, max: Option<&Exact>) -> Exact {
    match (min, max) {
        (Some(min), _) if x < *min => min.clone(),
        (_, Some(max)) if x > *max => max.clone(),
        _ => x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::exact;
    use proptest::prelude::*;

    fn chain(mul: f64, add: f64, rounding: Rounding) -> ScalarFn {
        ScalarFn::default()
            .then(Step::affine(exact(mul), exact(add)))
            .then(Step::Clamp { min: Some(exact(0.0)), max: None })
            .then(Step::affine(exact(3.25).recip(), exact(-1.5)))
            .then(Step::Round { rounding, offset: vec![0], min: Some(vec![-3]), max: Some(vec![11]) })
    }

    #[test]
    fn ties_are_decided_exactly() {
        // 0.1f32 · 15 / 0.1f32 / … : a tie only in exact arithmetic.
        let tenth = exact(f64::from(0.1f32));
        let f = ScalarFn::default()
            .then(Step::affine(tenth.clone(), exact(0.0)))
            .then(Step::Clamp { min: None, max: Some(exact(1e9)) })
            .then(Step::affine(tenth.recip() / exact(2.0), exact(0.0)))
            .then(Step::Round { rounding: Rounding::HalfEven, offset: vec![0], min: None, max: None });
        let codes: Vec<i64> = (0..8).map(|x| Evaluator::new(&f, 0).code(x)).collect();
        assert_eq!(codes, [0, 0, 1, 2, 2, 2, 3, 4]);
    }

    proptest! {
        #[test]
        fn the_fast_path_equals_the_exact_one(mul in -2.0f64..2.0, add in -9.0f64..9.0, x in -4000i64..4000, dyadic: bool) {
            let snap = |v: f64| if dyadic { (v * 8.0).round() / 8.0 } else { v };
            for rounding in [Rounding::HalfEven, Rounding::Floor, Rounding::Ceil, Rounding::HalfUp] {
                let f = chain(snap(mul), snap(add), rounding);
                let eval = Evaluator::new(&f, 0);
                prop_assert_eq!(eval.code(x), saturating_i64(&eval.exact_value(x).to_integer()));
            }
        }
    }
}
