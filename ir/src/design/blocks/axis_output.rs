//! AXI4-Stream master adapter: makes `tlast`, pads to bytes, registers the handshake.

use super::{BlockSpec, Resources, Target};
use crate::design::cost::{buffer, counter};
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

impl BlockSpec for AxisOutput {
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
