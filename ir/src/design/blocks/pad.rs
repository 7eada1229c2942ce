//! Padding: pixels of one code around an image.

use super::{BlockSpec, LutTerms, Resources, Target, is_zero};
use crate::design::cost::{buffer, counter, counters_bits};
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
    /// Channels of `input` that the arriving stream does not have: they are the lanes of a pixel's last beat that no element
    /// fills, of zero bits.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fill: usize,
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

impl Pad {
    /// The buffer with the choice of the padding, and the counters.
    fn terms(&self) -> LutTerms {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let counted = counters_bits(&self.counters());
        LutTerms::new(0, [("buffered_bits", width), ("counter_bits", counted), ("block", 1)])
    }

    /// What is counted.
    fn counters(&self) -> [usize; 3] {
        let output = self.output();
        [output.height, output.width, self.slices()]
    }
}

impl BlockSpec for Pad {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let registers = buffer(width, self.output_depth()) + self.counters().into_iter().map(counter).sum();
        registers.with_luts(self.terms().luts("pad"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.output().pixels() * self.slices()) as u64
    }

    fn output_depth(&self) -> u32 {
        2
    }
}
