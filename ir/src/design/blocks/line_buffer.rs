//! Line buffer: whole windows at once, every pixel read once.

use super::{BlockSpec, LutTerms, RamStyle, Resources, Target, is_zero};
use crate::design::Family;
use crate::design::cost::{buffer, counter, counters_bits, delay_on};
use crate::int_network::{self, Shape};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// Sends a window of all taps per beat as its last pixel arrives: rows above it come out of a memory, columns
/// before it out of registers. A beat holds, tap by tap in the kernel's row-major order, `lanes` channels each;
/// the beats of a window are its slices of channels.
///
/// Padding is a [`super::Pad`] before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineBuffer {
    /// Which pixels: no padding, one group.
    pub window: int_network::Window,
    /// Extent of the input.
    pub input: Shape,
    /// Channels of `input` that the arriving stream does not have: they are the lanes of a pixel's last beat that no element
    /// fills, of zero bits.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fill: usize,
    /// Element type.
    pub elem: IntType,
    /// Channels per beat; divides the channels.
    pub lanes: usize,
    /// Where the rows live.
    pub memory: RamStyle,
}

impl LineBuffer {
    /// Beats per pixel, and per window.
    pub fn slices(&self) -> usize {
        self.input.channels / self.lanes
    }

    /// Rows in memory.
    pub fn stored_rows(&self) -> usize {
        self.window.extent(0) - 1
    }

    /// Words of the memory; a word holds a beat of every stored row.
    pub fn row_words(&self) -> usize {
        self.input.width * self.slices()
    }

    /// Whether the beats of the pixel at (`row`, `column`) complete a window.
    pub fn emits(&self, row: usize, column: usize) -> bool {
        let last = |axis: usize, i: usize, size: usize| {
            let (extent, stride) = (self.window.extent(axis), self.window.stride[axis]);
            let steps = self.window.positions(axis, size);
            i + 1 >= extent && (i + 1 - extent).is_multiple_of(stride) && (i + 1 - extent) / stride < steps
        };
        last(0, row, self.input.height) && last(1, column, self.input.width)
    }

    /// Elements of an output beat.
    pub fn out_lanes(&self) -> usize {
        self.window.taps() * self.lanes
    }
}

impl LineBuffer {
    /// Bits of a beat.
    fn beat_bits(&self) -> u64 {
        self.lanes as u64 * u64::from(self.elem.bits)
    }

    /// The memory of the rows above.
    fn rows(&self) -> Resources {
        match self.stored_rows() as u64 {
            0 => Resources::default(),
            rows => self.memory.cost(self.row_words() as u64, rows * self.beat_bits()),
        }
    }

    /// The columns to the left, in shift registers where the family has them.
    fn columns(&self, family: Family) -> Resources {
        let [height, width] = self.window.kernel.map(|taps| taps as u64);
        let depth = (self.window.dilation[1] * self.slices()) as u64;
        delay_on(family, height * (width - 1) * self.beat_bits(), depth)
    }

    /// What is counted.
    fn counters(&self) -> [usize; 4] {
        [self.input.height, self.input.width, self.slices(), self.row_words()]
    }

    /// Rows and columns, the buffer, and the counters.
    fn terms(&self, family: Family) -> LutTerms {
        let sent = self.out_lanes() as u64 * u64::from(self.elem.bits);
        let buffered = if self.output_depth() == 2 { sent } else { 0 };
        LutTerms::new(
            self.rows().lut + self.columns(family).lut,
            [("buffered_bits", buffered), ("counter_bits", counters_bits(&self.counters())), ("block", 1)],
        )
    }
}

impl BlockSpec for LineBuffer {
    fn cost(&self, target: &Target) -> Resources {
        let (rows, beat) = (self.stored_rows() as u64, self.beat_bits());
        let fetched = if self.memory == RamStyle::Distributed { rows * beat } else { 0 };
        let registers = self.columns(target.family) + Resources { ff: fetched, ..Resources::default() };
        let output = buffer(self.out_lanes() as u64 * u64::from(self.elem.bits), self.output_depth());
        let all = self.rows() + registers + output + self.counters().into_iter().map(counter).sum();
        all.with_luts(self.terms(target.family).luts("line_buffer"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms(Family::default()))
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.input.pixels() * self.slices()) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.slices() == 1 && self.window.stride[1] > 1 { 1 } else { 2 }
    }
}
