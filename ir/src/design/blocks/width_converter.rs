//! Width converter: other lanes, same elements.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::{buffer, counter, counter_bits};
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

impl WidthConverter {
    /// Bits of a wide and of a narrow beat.
    fn widths(&self) -> (u64, u64) {
        let bits = u64::from(self.elem.bits);
        let (up, down) = (self.in_lanes.max(self.out_lanes) as u64, self.in_lanes.min(self.out_lanes) as u64);
        (bits * up, bits * down)
    }

    /// Whole vectors are collected in a shift register, which is wires; partial beats need an address.
    fn is_padded(&self) -> bool {
        self.is_up() && !self.in_beats().is_multiple_of(self.ratio())
    }

    /// Beats that are counted, where vectors end in partial ones.
    fn counted_beats(&self) -> usize {
        let partial = self.is_padded() || (!self.is_up() && self.last_ratio() != self.ratio());
        if partial { self.in_beats() } else { 1 }
    }

    /// Upwards the next slot of a wide beat is counted, downwards how many are left, none included.
    fn counted_slots(&self) -> usize {
        if self.is_up() { self.ratio() } else { self.ratio() + 1 }
    }

    /// Depth of the buffer of wide beats.
    fn wide_depth(&self) -> u32 {
        if self.is_up() { self.output_depth() } else { self.input_depth() }
    }

    /// The steering of narrow beats, the buffer of wide ones, and the counters.
    fn terms(&self) -> LutTerms {
        let (wide, narrow) = self.widths();
        let steered = match self.is_up() {
            true if self.is_padded() => wide,
            true => 0,
            false => wide - narrow,
        };
        let buffered = if self.wide_depth() == 2 { wide } else { 0 };
        let counted = counter_bits(self.counted_slots()) + counter_bits(self.counted_beats());
        LutTerms::new(
            0,
            [("steered_bits", steered), ("buffered_bits", buffered), ("counter_bits", counted), ("block", 1)],
        )
    }
}

impl BlockSpec for WidthConverter {
    fn cost(&self, _: &Target) -> Resources {
        let (wide, narrow) = self.widths();
        let kept = Resources { ff: if self.is_up() { wide - narrow } else { wide }, ..Resources::default() };
        let counters = counter(self.counted_slots()) + counter(self.counted_beats());
        let registers = kept + buffer(wide, self.wide_depth()) + counters;
        registers.with_luts(self.terms().luts("width_converter"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.in_beats().max(self.out_beats()) * self.vectors) as u64
    }

    /// Up: 1 unless a partial last beat completes right after a full one. Down: the shift register itself.
    fn output_depth(&self) -> u32 {
        if self.is_up() && self.in_beats() % self.ratio() != 1 { 1 } else { 2 }
    }
}
