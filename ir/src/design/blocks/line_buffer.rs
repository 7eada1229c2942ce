//! Line buffer: whole windows at once, every pixel read once.

use super::{BlockSpec, RamStyle, Resources, Target};
use crate::design::cost::{buffer, counter, delay};
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

impl BlockSpec for LineBuffer {
    fn cost(&self, _: &Target) -> Resources {
        let beat = self.lanes as u64 * u64::from(self.elem.bits);
        let rows = self.stored_rows() as u64;
        let memory = match rows {
            0 => Resources::default(),
            _ => self.memory.cost(self.row_words() as u64, rows * beat),
        };
        let fetched = if self.memory == RamStyle::Distributed { rows * beat } else { 0 };
        let [height, width] = self.window.kernel.map(|taps| taps as u64);
        let columns = delay(height * (width - 1) * beat, (self.window.dilation[1] * self.slices()) as u64);
        let registers = columns + Resources { ff: fetched, ..Resources::default() };
        let output = buffer(self.out_lanes() as u64 * u64::from(self.elem.bits), self.output_depth());
        let counters = [self.input.height, self.input.width, self.slices(), self.row_words()];
        memory + registers + output + counters.into_iter().map(counter).sum()
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.input.pixels() * self.slices()) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.slices() == 1 && self.window.stride[1] > 1 { 1 } else { 2 }
    }
}
