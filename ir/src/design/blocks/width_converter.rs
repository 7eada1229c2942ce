//! Width converter: other lanes, same elements.

use super::{BlockSpec, Resources, Target};
use crate::design::cost::{buffer, counter};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// Converts beats of `in_lanes` elements to beats of `out_lanes`; one divides the other.
///
/// A vector never shares a beat with the next: the last beat of a vector may be partial, its missing lanes
/// are zero bits, and no all-padding beat is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WidthConverter {
    /// Element type.
    pub elem: IntType,
    /// Elements per input beat.
    pub in_lanes: usize,
    /// Elements per output beat.
    pub out_lanes: usize,
    /// Elements per vector.
    pub vector: usize,
    /// Vectors per frame (each as often as the stream repeats it).
    pub vectors: usize,
}

impl WidthConverter {
    /// Output beats per input beat (down) or input beats per output beat (up).
    pub fn ratio(&self) -> usize {
        self.in_lanes.max(self.out_lanes) / self.in_lanes.min(self.out_lanes)
    }

    /// Input beats per vector.
    pub fn in_beats(&self) -> usize {
        self.vector.div_ceil(self.in_lanes)
    }

    /// Output beats per vector.
    pub fn out_beats(&self) -> usize {
        self.vector.div_ceil(self.out_lanes)
    }

    /// Output beats of a vector's last input beat (down).
    pub fn last_ratio(&self) -> usize {
        self.out_beats() - (self.in_beats() - 1) * self.ratio()
    }

    /// Whether lanes grow.
    pub fn is_up(&self) -> bool {
        self.out_lanes > self.in_lanes
    }

    /// Depth of the input buffer (down only): 2 where the vector's last beat makes a single output beat.
    pub fn input_depth(&self) -> u32 {
        if self.last_ratio() == 1 { 2 } else { 1 }
    }
}

impl BlockSpec for WidthConverter {
    fn cost(&self, _: &Target) -> Resources {
        let bits = u64::from(self.elem.bits);
        let wide = bits * self.in_lanes.max(self.out_lanes) as u64;
        let narrow = bits * self.in_lanes.min(self.out_lanes) as u64;
        // Whole vectors are collected in a shift register, which is wires; partial beats need an address.
        let padded = self.is_up() && !self.in_beats().is_multiple_of(self.ratio());
        let (kept, steered) = match self.is_up() {
            true => (wide - narrow, if padded { wide } else { 0 }),
            false => (wide, wide - narrow),
        };
        let registers = Resources { lut: steered, ff: kept, ..Resources::default() };
        let depth = if self.is_up() { self.output_depth() } else { self.input_depth() };
        let counts_beats = padded || (!self.is_up() && self.last_ratio() != self.ratio());
        let beats = if counts_beats { counter(self.in_beats()) } else { Resources::default() };
        registers + buffer(wide, depth) + counter(self.ratio() + 1) + beats
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.in_beats().max(self.out_beats()) * self.vectors) as u64
    }

    /// Up: 1 unless a partial last beat completes right after a full one. Down: the shift register itself.
    fn output_depth(&self) -> u32 {
        if self.is_up() && self.in_beats() % self.ratio() != 1 { 1 } else { 2 }
    }
}
