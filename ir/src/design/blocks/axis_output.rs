//! AXI4-Stream master adapter: makes `tlast`, pads to bytes, registers the handshake.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::{buffer, counter, counter_bits};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// The output of a design: as [`super::AxisInput`]; padding bits are zero, `tlast` marks the last beat of
/// every frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisOutput {
    /// Element type.
    pub elem: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Beats per frame.
    pub beats_per_frame: usize,
}

impl AxisOutput {
    /// The buffer, and the counter of a frame's beats.
    fn terms(&self) -> LutTerms {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let counted = counter_bits(self.beats_per_frame);
        LutTerms::new(0, [("buffered_bits", width), ("counter_bits", counted), ("block", 1)])
    }
}

impl BlockSpec for AxisOutput {
    fn cost(&self, _: &Target) -> Resources {
        let kept = buffer(self.lanes as u64 * u64::from(self.elem.bits), 2) + counter(self.beats_per_frame);
        kept.with_luts(self.terms().luts("axis_output"))
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
