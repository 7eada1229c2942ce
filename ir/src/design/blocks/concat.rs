//! Concatenation of channels.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::{buffer, counter, counter_bits};
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

impl Concat {
    /// The buffer, the choice among more than two operands (one between two fits into the buffer's tables), the counter.
    fn terms(&self) -> LutTerms {
        let width = self.lanes as u64 * u64::from(self.output.bits);
        let more = (self.operands.len() as u64).saturating_sub(2);
        let counted = counter_bits(self.all_beats());
        LutTerms::new(
            0,
            [
                ("buffered_bits", width),
                ("chosen_bits", width * more),
                ("counter_bits", counted),
                ("block", 1),
            ],
        )
    }
}

impl BlockSpec for Concat {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.output.bits);
        let registers = buffer(width, self.output_depth()) + counter(self.all_beats());
        registers.with_luts(self.terms().luts("concat"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.all_beats() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        2
    }
}
