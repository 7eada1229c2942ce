//! Padding: pixels of one code around an image.

use super::{BlockSpec, Resources, Target};
use crate::design::cost::{buffer, counter};
use crate::int_network::{self, Shape};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// Sends an image with rows and columns of one code around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pad {
    /// Where, and the code.
    pub pad: int_network::Pad,
    /// Extent of the input.
    pub input: Shape,
    /// Element type; holds the code too.
    pub elem: IntType,
    /// Elements per beat; divides the channels.
    pub lanes: usize,
}

impl Pad {
    /// Beats per pixel.
    pub fn slices(&self) -> usize {
        self.input.channels / self.lanes
    }

    /// Extent of the result.
    pub fn output(&self) -> Shape {
        self.pad.output(self.input)
    }
}

impl BlockSpec for Pad {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let output = self.output();
        let counters = [output.height, output.width, self.slices()];
        let choice = Resources { lut: width / 4 + 4, ..Resources::default() };
        choice + buffer(width, self.output_depth()) + counters.into_iter().map(counter).sum()
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.output().pixels() * self.slices()) as u64
    }

    fn output_depth(&self) -> u32 {
        2
    }
}
