//! Fork: one stream to several consumers.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::buffer;
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// Copies every beat to each of `ways` outputs; each output has its own two-deep buffer, a beat is taken when
/// all of them have room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fork {
    /// Element type.
    pub elem: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Number of outputs, ≥ 2.
    pub ways: usize,
    /// Beats per frame.
    pub beats_per_frame: usize,
}

impl Fork {
    /// A buffer a way.
    fn terms(&self) -> LutTerms {
        let (width, ways) = (self.lanes as u64 * u64::from(self.elem.bits), self.ways as u64);
        LutTerms::new(0, [("buffered_bits", width * ways), ("ways", ways)])
    }
}

impl BlockSpec for Fork {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let buffers: Resources = (0..self.ways).map(|_| buffer(width, 2)).sum();
        buffers.with_luts(self.terms().luts("fork"))
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
