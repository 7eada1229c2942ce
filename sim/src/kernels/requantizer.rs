//! From sums to codes, a few vectors at a time.

use super::scale::Scale;
use super::steps::{Steppable, Steps};
use crate::function::{Element, Width};
use std::sync::Arc;

/// A function of every channel's value alone.
#[derive(Clone, Debug)]
pub(crate) enum Requantizer {
    /// Thresholds.
    Steps(Arc<Steps>),
    /// Multiply, add, shift; and words of the codes.
    Scale(Arc<Scale>, Width),
}

impl Requantizer {
    /// Words of the codes.
    pub fn output(&self) -> Width {
        match self {
            Requantizer::Steps(steps) => steps.output(),
            Requantizer::Scale(_, output) => *output,
        }
    }

    /// The codes of whole vectors.
    pub fn apply<X: Element + Steppable, Y: Element>(&self, x: &[X], codes: &mut [Y]) {
        match self {
            Requantizer::Steps(steps) => steps.codes(x, codes),
            Requantizer::Scale(scale, _) => scale.apply(x, codes),
        }
    }
}
