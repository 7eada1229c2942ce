//! Chains of exact scalar steps.

use super::{FloatFn, FloatStep};
use crate::number::{Exact, Rounding};
use num_traits::{One, Signed, ToPrimitive, Zero};

/// One monotone step; vectors hold one value for all channels, or one per channel.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `x · mul + add`.
    Affine {
        /// Factor.
        mul: Vec<Exact>,
        /// Addend.
        add: Vec<Exact>,
    },
    /// `clamp(x, min, max)`.
    Clamp {
        /// Lower bound.
        min: Option<Exact>,
        /// Upper bound.
        max: Option<Exact>,
    },
    /// `x`, times the slope (≥ 0) where negative.
    Leaky {
        /// Factor of negative values.
        slope: Vec<Exact>,
    },
    /// `clamp(round(x) + offset, min, max)`: an integer.
    Round {
        /// Rounding mode.
        rounding: Rounding,
        /// Added after rounding (ONNX's zero point; QONNX adds its before).
        offset: Vec<i64>,
        /// Smallest result, where bounded.
        min: Option<Vec<i64>>,
        /// Largest result, where bounded.
        max: Option<Vec<i64>>,
    },
    /// `#{k : x ≥ thresholds[channel or 0][k]}`: an integer.
    Count {
        /// Ascending rows.
        thresholds: Vec<Vec<Exact>>,
    },
    /// +1 where `x ≥ 0`, else −1.
    Bipolar,
    /// −1, 0 or +1.
    Sign,
    /// `1 / (1 + e^−x)`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
}

/// The value for `channel` of a vector that holds one value or one per channel.
pub(crate) fn at<T>(values: &[T], channel: usize) -> &T {
    if values.len() == 1 { &values[0] } else { &values[channel] }
}

/// Combines two such vectors.
pub(crate) fn zip<T>(a: &[T], b: &[T], f: impl Fn(&T, &T) -> T) -> Vec<T> {
    (0..a.len().max(b.len())).map(|c| f(at(a, c), at(b, c))).collect()
}

impl Step {
    /// `x · mul + add` with one constant each.
    pub fn affine(mul: Exact, add: Exact) -> Step {
        Step::Affine { mul: vec![mul], add: vec![add] }
    }

    /// Whether the result is an integer code.
    pub fn is_code(&self) -> bool {
        matches!(self, Step::Round { .. } | Step::Count { .. } | Step::Bipolar | Step::Sign)
    }

    /// Whether the result is transcendental at every rational but zero.
    fn is_transcendental(&self) -> bool {
        matches!(self, Step::Sigmoid | Step::Tanh)
    }

    /// Whether the step keeps the order of different values, also between channels.
    fn keeps_order(&self) -> bool {
        let positive = |v: &[Exact]| v.iter().all(Signed::is_positive);
        self.is_uniform()
            && match self {
                Step::Affine { mul: factor, .. } | Step::Leaky { slope: factor } => positive(factor),
                step => step.is_transcendental(),
            }
    }

    /// Whether the step is the same for every channel.
    fn is_uniform(&self) -> bool {
        match self {
            Step::Affine { mul, add } => mul.len() == 1 && add.len() == 1,
            Step::Leaky { slope } => slope.len() == 1,
            Step::Round { offset, min, max, .. } => {
                offset.len() == 1 && [min, max].into_iter().flatten().all(|v| v.len() == 1)
            }
            Step::Count { thresholds } => thresholds.len() == 1,
            Step::Clamp { .. } | Step::Bipolar | Step::Sign | Step::Sigmoid | Step::Tanh => true,
        }
    }
}

/// A chain of steps; the empty chain is the identity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScalarFn(pub Vec<Step>);

impl ScalarFn {
    /// The chain of one affine step.
    pub fn affine(mul: Vec<Exact>, add: Vec<Exact>) -> Self {
        ScalarFn(vec![Step::Affine { mul, add }])
    }

    /// This chain, then `step`; neighbouring affine steps become one.
    pub fn then(mut self, step: Step) -> Self {
        match (self.0.last_mut(), step) {
            (Some(Step::Affine { mul, add }), Step::Affine { mul: m, add: a }) => {
                *add = zip(&zip(add, &m, |x, y| x * y), &a, |x, y| x + y);
                *mul = zip(mul, &m, |x, y| x * y);
            }
            (_, step) => self.0.push(step),
        }
        self
    }

    /// Splits after the last step that makes an integer code: (codes, what the codes mean).
    pub fn split_at_code(&self) -> (ScalarFn, ScalarFn) {
        let (codes, meaning) = self.0.split_at(self.codes().len());
        (ScalarFn(codes.to_vec()), ScalarFn(meaning.to_vec()))
    }

    /// The steps up to the last one that makes an integer code.
    pub(super) fn codes(&self) -> &[Step] {
        let cut = self.0.iter().rposition(Step::is_code).map_or(0, |i| i + 1);
        &self.0[..cut]
    }

    /// Whether a transcendental step follows the last code.
    pub fn ends_transcendental(&self) -> bool {
        self.0[self.codes().len()..].iter().any(Step::is_transcendental)
    }

    /// The chain without what at its end keeps the order of all channels' values: for comparisons only.
    pub fn up_to_order(mut self) -> Self {
        while self.0.last().is_some_and(Step::keeps_order) {
            self.0.pop();
        }
        self
    }

    /// Factor and addend per channel (or one), where the chain is affine.
    pub fn as_affine(&self) -> Option<(Vec<Exact>, Vec<Exact>)> {
        match self.0.as_slice() {
            [] => Some((vec![Exact::one()], vec![Exact::zero()])),
            [Step::Affine { mul, add }] => Some((mul.clone(), add.clone())),
            _ => None,
        }
    }

    /// Whether every channel has the same function.
    pub fn is_uniform(&self) -> bool {
        self.0.iter().all(Step::is_uniform)
    }

    /// Whether the function falls for `channel`: an odd number of negative factors.
    pub fn falls(&self, channel: usize) -> bool {
        let negative =
            |step: &&Step| matches!(step, Step::Affine { mul, .. } if at(mul, channel).is_negative());
        self.0.iter().filter(negative).count() % 2 == 1
    }

    /// The chain in float64, for the host; `None` if it makes codes (those are hardware).
    pub fn to_float(&self) -> Option<FloatFn> {
        self.0.iter().map(float_step).collect::<Option<Vec<_>>>().map(FloatFn)
    }
}

/// The float64 nearest to an exact value.
pub(crate) fn f64_of(x: &Exact) -> f64 {
    x.to_f64().unwrap_or(f64::NAN)
}

fn float_step(step: &Step) -> Option<FloatStep> {
    let all = |v: &[Exact]| v.iter().map(f64_of).collect();
    Some(match step {
        Step::Affine { mul, add } => FloatStep::Affine { mul: all(mul), add: all(add) },
        Step::Clamp { min, max } => {
            FloatStep::Clamp { min: min.as_ref().map(f64_of), max: max.as_ref().map(f64_of) }
        }
        Step::Leaky { slope } => FloatStep::Leaky { slope: all(slope) },
        Step::Sigmoid => FloatStep::Sigmoid,
        Step::Tanh => FloatStep::Tanh,
        Step::Round { .. } | Step::Count { .. } | Step::Bipolar | Step::Sign => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::exact;

    #[test]
    fn affine_steps_merge_and_split_at_codes() {
        let f = ScalarFn::default()
            .then(Step::affine(exact(2.0), exact(1.0)))
            .then(Step::Affine { mul: vec![exact(3.0), exact(-1.0)], add: vec![exact(0.5)] });
        let (mul, add) = f.as_affine().unwrap();
        assert_eq!((mul, add), (vec![exact(6.0), exact(-2.0)], vec![exact(3.5), exact(-0.5)]));
        assert!(!f.falls(0) && f.falls(1));
        let g = f.then(Step::Bipolar).then(Step::affine(exact(0.5), exact(0.0)));
        let (codes, meaning) = g.split_at_code();
        assert_eq!((codes.0.len(), meaning.0.len()), (2, 1));
    }

    #[test]
    fn only_what_keeps_the_order_of_all_channels_is_left_out() {
        let biases = Step::Affine { mul: vec![exact(2.0)], add: vec![exact(0.5), exact(1.5)] };
        let f = ScalarFn::default()
            .then(biases.clone())
            .then(Step::Tanh)
            .then(Step::Leaky { slope: vec![exact(0.1)] });
        assert_eq!(f.clone().then(Step::Sigmoid).up_to_order(), ScalarFn(vec![biases]));
        let falling = f.then(Step::affine(exact(-1.0), exact(0.0)));
        assert_eq!(falling.clone().then(Step::Sigmoid).up_to_order(), falling);
    }
}
