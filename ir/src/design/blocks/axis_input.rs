//! AXI4-Stream slave adapter: takes off the byte padding, checks `tlast`, registers the handshake.

use super::{BlockSpec, Resources, Target};
use crate::design::cost::{buffer, counter};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// The input of a design: one beat of `lanes` elements per transfer, element 0 in the lowest bits, `tdata`
/// padded with ignored bits to whole bytes (AMBA AXI4-Stream, ARM IHI 0051).
///
/// `tlast` must come with the last beat of every frame; the sticky output `tlast_error` says that it did not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisInput {
    /// Element type.
    pub elem: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Beats per frame.
    pub beats_per_frame: usize,
}

impl BlockSpec for AxisInput {
    fn cost(&self, _: &Target) -> Resources {
        buffer(self.lanes as u64 * u64::from(self.elem.bits), 2) + counter(self.beats_per_frame)
    }

    fn cycles_per_frame(&self) -> u64 {
        self.beats_per_frame as u64
    }

    fn output_depth(&self) -> u32 {
        2
    }
}
