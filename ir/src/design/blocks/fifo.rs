//! FIFO in distributed memory.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::{counter, counters_bits, ram_parts};
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

impl Fifo {
    /// The memory, the choice among its banks, two addresses and the fill.
    fn terms(&self) -> LutTerms {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let (memory, chosen) = ram_parts(self.depth as u64, width);
        let counted = counters_bits(&[self.depth, self.depth, self.depth + 1]);
        LutTerms::new(memory, [("chosen_bits", chosen), ("counter_bits", counted), ("block", 1)])
    }
}

impl BlockSpec for Fifo {
    fn cost(&self, _: &Target) -> Resources {
        // The address to write, the fill, and the address to read, of which synthesis keeps a copy at the memory's port.
        let counted = [self.depth, self.depth, self.depth, self.depth + 1];
        let counters: Resources = counted.map(counter).into_iter().sum();
        counters.with_luts(self.terms().luts("fifo"))
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
