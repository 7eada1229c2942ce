//! FIFO in distributed memory.

use super::{BlockSpec, Resources, Target};
use crate::design::cost::{counter, ram_luts};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// First in, first out; `depth` beats, one cycle from write to visible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fifo {
    /// Element type.
    pub elem: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Beats that it holds, ≥ 2.
    pub depth: usize,
    /// Beats per frame.
    pub beats_per_frame: usize,
}

impl BlockSpec for Fifo {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let memory = Resources { lut: ram_luts(self.depth as u64, width), ..Resources::default() };
        memory + counter(self.depth) + counter(self.depth) + counter(self.depth + 1)
    }

    fn cycles_per_frame(&self) -> u64 {
        self.beats_per_frame as u64
    }

    fn output_depth(&self) -> u32 {
        2
    }
}
