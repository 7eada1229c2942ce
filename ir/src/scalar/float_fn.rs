//! Scalar functions in float64, for the host side of an output.

use serde::{Deserialize, Serialize};

/// One step; vectors hold one value, or one per channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloatStep {
    /// `x · mul + add`.
    Affine {
        /// Factor.
        mul: Vec<f64>,
        /// Addend.
        add: Vec<f64>,
    },
    /// `clamp(x, min, max)`.
    Clamp {
        /// Lower bound.
        min: Option<f64>,
        /// Upper bound.
        max: Option<f64>,
    },
    /// `x`, times the slope where negative.
    Leaky {
        /// Factor of negative values.
        slope: Vec<f64>,
    },
    /// `1 / (1 + e^−x)`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
}

/// A chain of steps; the empty chain is the identity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FloatFn(pub Vec<FloatStep>);

impl FloatFn {
    /// The value at `x` for `channel`.
    pub fn eval(&self, channel: usize, x: f64) -> f64 {
        self.0.iter().fold(x, |x, step| step.eval(channel, x))
    }
}

impl FloatStep {
    fn eval(&self, channel: usize, x: f64) -> f64 {
        let at = |v: &[f64]| if v.len() == 1 { v[0] } else { v[channel] };
        match self {
            FloatStep::Affine { mul, add } => x * at(mul) + at(add),
            FloatStep::Clamp { min, max } => {
                x.max(min.unwrap_or(f64::NEG_INFINITY)).min(max.unwrap_or(f64::INFINITY))
            }
            FloatStep::Leaky { slope } => {
                if x < 0.0 {
                    x * at(slope)
                } else {
                    x
                }
            }
            FloatStep::Sigmoid => sigmoid(x),
            FloatStep::Tanh => x.tanh(),
        }
    }
}

/// `1 / (1 + e^−x)`.
pub(crate) fn sigmoid(x: f64) -> f64 {
    // the exponential of a negative number cannot overflow
    let e = (-x.abs()).exp();
    if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}
