//! AXI4-Stream slave adapter: takes off the byte padding, checks `tlast`, registers the handshake.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::{buffer, counter, counter_bits};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// The input of a design: one beat of `lanes` elements per transfer, element 0 in the lowest bits, `tdata`
/// padded with ignored bits to whole bytes (AMBA AXI4-Stream, ARM IHI 0051).
///
/// `tlast` must come with the last beat of every frame; the sticky output `tlast_error` says that it did not. A frame that
/// `tlast` ends early is filled up with beats of no meaning; one that it does not end is ended by its length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisInput {
    /// Element type.
    pub elem: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Beats per frame.
    pub beats_per_frame: usize,
}

impl AxisInput {
    /// The buffer, and the counter of a frame's beats.
    fn terms(&self) -> LutTerms {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let counted = counter_bits(self.beats_per_frame);
        LutTerms::new(0, [("buffered_bits", width), ("counter_bits", counted), ("block", 1)])
    }
}

impl BlockSpec for AxisInput {
    fn cost(&self, _: &Target) -> Resources {
        // A frame that may end early needs a bit that says so.
        let ff = if self.beats_per_frame > 1 { 2 } else { 1 };
        let error = Resources { ff, ..Resources::default() };
        let beat = buffer(self.lanes as u64 * u64::from(self.elem.bits), 2);
        let kept = error + beat + counter(self.beats_per_frame);
        kept.with_luts(self.terms().luts("axis_input"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        self.beats_per_frame as u64
    }

    fn output_depth(&self) -> u32 {
        2
    }
}
