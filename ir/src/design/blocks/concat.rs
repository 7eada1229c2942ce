//! Concatenation of channels.

use super::{BlockSpec, Resources, Target};
use crate::design::cost::{buffer, counter};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// Sends, pixel by pixel, the channels of operand 0, then those of operand 1, and so on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Concat {
    /// Type of each operand's elements.
    pub operands: Vec<IntType>,
    /// Channels of each operand.
    pub channels: Vec<usize>,
    /// Type of the result: holds all operands'. All are bipolar or none is.
    pub output: IntType,
    /// Elements per beat, of all operands; divides the channels of each.
    pub lanes: usize,
    /// Pixels per frame.
    pub vectors: usize,
}

impl Concat {
    /// Beats per pixel of operand `i`.
    pub fn beats(&self, i: usize) -> usize {
        self.channels[i] / self.lanes
    }

    /// Beats per pixel of the result.
    pub fn all_beats(&self) -> usize {
        self.channels.iter().sum::<usize>() / self.lanes
    }
}

impl BlockSpec for Concat {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.output.bits);
        // A choice between two fits into the look-up tables of the output buffer.
        let more = (self.operands.len() as u64).saturating_sub(2);
        let choice = Resources { lut: (width * more).div_ceil(2), ..Resources::default() };
        choice + buffer(width, self.output_depth()) + counter(self.all_beats())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.all_beats() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        2
    }
}
