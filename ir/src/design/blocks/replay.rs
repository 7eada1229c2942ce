//! Replay buffer: stores vectors and sends each several times, for a MAC array that is folded over its outputs.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::{counter, counters_bits, ram_parts};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// A circular buffer of `capacity` beats (at least `beats`) that sends each vector of `beats` beats
/// `repeats` times and frees a beat as its last sending reads it; the next vector is written meanwhile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// Element type.
    pub elem: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Beats per vector.
    pub beats: usize,
    /// Times that each vector is sent, ≥ 2.
    pub repeats: usize,
    /// Beats that it can hold.
    pub capacity: usize,
    /// Vectors per frame.
    pub vectors: usize,
}

impl Replay {
    /// What is counted: addresses to write, to read and of the vector's first beat; beats stored and beats ahead.
    fn counters(&self) -> [usize; 7] {
        let (ring, fill) = (self.capacity, self.capacity + 1);
        [ring, ring, ring, fill, fill, self.beats, self.repeats]
    }

    /// The memory, the choice among its banks, and the counters.
    fn terms(&self) -> LutTerms {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let (memory, chosen) = ram_parts(self.capacity as u64, width);
        let counted = counters_bits(&self.counters());
        LutTerms::new(memory, [("chosen_bits", chosen), ("counter_bits", counted), ("block", 1)])
    }
}

impl BlockSpec for Replay {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let fetched = Resources { ff: width + 1, ..Resources::default() };
        let registers = fetched + self.counters().into_iter().map(counter).sum();
        registers.with_luts(self.terms().luts("replay"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.beats * self.repeats * self.vectors) as u64
    }

    /// The register that the memory is read into takes a beat every cycle by itself.
    fn output_depth(&self) -> u32 {
        1
    }
}
