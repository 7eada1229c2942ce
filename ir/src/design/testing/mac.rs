//! MAC arrays of a chain.

use crate::design::blocks::{DspRows, MemoryStyle, Multiplier, Overlap};
use crate::number::IntType;

/// What [`Chain::mac`](super::Chain::mac) is to build.
#[derive(Clone, Copy, Debug)]
pub struct Mac {
    /// Outputs.
    pub outputs: usize,
    /// Multipliers per row.
    pub simd: usize,
    /// Rows.
    pub pe: usize,
    /// Weight type.
    pub w: IntType,
    /// Rows that multiply in DSP slices.
    pub dsp: DspRows,
    /// Where the weights live.
    pub memory: MemoryStyle,
    /// Groups of outputs.
    pub groups: usize,
    /// Levels of adders from one register to the next.
    pub per_stage: usize,
    /// Whether rows have weights of different widths.
    pub narrowing: bool,
    /// Pixels of a vector and taps of a weight.
    pub overlap: Overlap,
}

impl Mac {
    /// Four-bit signed weights in distributed memory, multiplied by LUTs.
    pub fn new(outputs: usize, simd: usize, pe: usize) -> Self {
        let w = IntType::quantizer(true, 4, false);
        let (dsp, memory) = (DspRows::NONE, MemoryStyle::Distributed);
        let overlap = Overlap::NONE;
        Mac { outputs, simd, pe, w, dsp, memory, groups: 1, per_stage: 2, narrowing: false, overlap }
    }

    /// With vectors of several pixels, `columns` a row of an image, times several taps; a beat is whole pixels.
    pub fn overlap(self, pixels: usize, taps: usize, columns: usize) -> Self {
        Mac { overlap: Overlap { pixels, taps, columns, chunk: self.simd / pixels }, ..self }
    }

    /// With beats of chunks of so many elements of every pixel.
    pub fn chunk(self, chunk: usize) -> Self {
        Mac { overlap: Overlap { chunk, ..self.overlap }, ..self }
    }

    /// With other weights.
    pub fn weights(self, w: IntType) -> Self {
        Mac { w, ..self }
    }

    /// With narrower weights from row to row, where rows in look-up tables may have them.
    pub fn narrowing(self) -> Self {
        Mac { narrowing: true, ..self }
    }

    /// With `rows` rows in DSP slices of `products` products each.
    pub fn dsp(self, rows: usize, products: usize) -> Self {
        Mac { dsp: DspRows { rows, products }, ..self }
    }

    /// With all rows in DSP slices of one product each, or none.
    pub fn multiplier(self, multiplier: Multiplier) -> Self {
        if multiplier == Multiplier::Dsp { self.dsp(self.pe, 1) } else { Mac { dsp: DspRows::NONE, ..self } }
    }

    /// With a register behind every so many levels of adders.
    pub fn per_stage(self, per_stage: usize) -> Self {
        Mac { per_stage, ..self }
    }

    /// With another memory.
    pub fn memory(self, memory: MemoryStyle) -> Self {
        Mac { memory, ..self }
    }

    /// With groups of outputs, behind a window of as many groups.
    pub fn groups(self, groups: usize) -> Self {
        Mac { groups, ..self }
    }
}
