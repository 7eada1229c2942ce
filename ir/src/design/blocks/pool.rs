//! Pooling on the stream.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::{buffer, counter, counters_bits, ram_luts};
use crate::int_network::{self, PoolFunction};
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// Joins rectangles of pixels to one as they arrive: the results so far of a row of rectangles live in
/// distributed memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// How, and which rectangles.
    pub pool: int_network::Pool,
    /// Type of the input's elements.
    pub elem: IntType,
    /// Type of the results.
    pub output: IntType,
    /// Elements per beat; divides the channels.
    pub lanes: usize,
}

impl Pool {
    /// Beats per pixel.
    pub fn slices(&self) -> usize {
        self.pool.input.channels / self.lanes
    }

    /// Words of the memory: one per beat of the results that are open at a time.
    pub fn words(&self) -> usize {
        let open = if self.pool.kernel[0] == 1 { 1 } else { self.pool.output().width };
        open * self.slices()
    }

    /// Whether a pixel lies in a rectangle.
    pub fn joins(&self, row: usize, column: usize) -> bool {
        let (output, [height, width]) = (self.pool.output(), self.pool.kernel);
        row < output.height * height && column < output.width * width
    }

    /// Whether a pixel is the first of its rectangle.
    pub fn begins(&self, row: usize, column: usize) -> bool {
        row.is_multiple_of(self.pool.kernel[0]) && column.is_multiple_of(self.pool.kernel[1])
    }

    /// Whether a pixel completes its rectangle.
    pub fn completes(&self, row: usize, column: usize) -> bool {
        let [height, width] = self.pool.kernel;
        self.joins(row, column) && row % height + 1 == height && column % width + 1 == width
    }
}

impl Pool {
    /// The memory of a row, the comparisons or sums, the buffer and the counters.
    fn terms(&self) -> LutTerms {
        let lanes = self.lanes as u64;
        let (x, y) = (u64::from(self.elem.bits), u64::from(self.output.bits));
        let memory = if self.words() == 1 { 0 } else { ram_luts(self.words() as u64, lanes * y) };
        let (compared, added) = match self.pool.function {
            PoolFunction::Max => (lanes * x, 0),
            PoolFunction::Sum => (0, lanes * y),
        };
        LutTerms::new(
            memory,
            [
                ("compared_bits", compared),
                ("added_bits", added),
                ("counter_bits", counters_bits(&self.counters())),
                ("block", 1),
            ],
        )
    }

    /// What is counted.
    fn counters(&self) -> [usize; 6] {
        let (input, [rows, columns]) = (self.pool.input, self.pool.kernel);
        [input.height, input.width, self.slices(), self.words(), rows, columns]
    }
}

impl BlockSpec for Pool {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.output.bits);
        // A single word is a register.
        let word = Resources { ff: if self.words() == 1 { width } else { 0 }, ..Resources::default() };
        let counters: Resources = self.counters().into_iter().map(counter).sum();
        (word + buffer(width, self.output_depth()) + counters).with_luts(self.terms().luts("pool"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.pool.input.pixels() * self.slices()) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.slices() == 1 && self.pool.kernel[1] > 1 { 1 } else { 2 }
    }
}
