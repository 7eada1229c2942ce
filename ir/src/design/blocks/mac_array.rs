//! MAC array: matrix–vector products, folded over inputs (SIMD) and outputs (PE).

mod classes;
mod cost;
mod known;
mod levels;
mod overlap;
mod packing;
mod planes;

pub use classes::{RowClass, weight_bits};
pub use levels::Levels;
pub use overlap::Overlap;
pub use packing::Packing;
pub use planes::Planes;

use super::{is_one, one};
use crate::design::DspSlice;
use crate::number::IntType;
use crate::tensor::matrix;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// What multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Multiplier {
    /// XNOR and popcount, for bipolar weights and activations (FINN, arXiv 1612.07119).
    Xnor,
    /// Look-up tables: rows of partial products.
    Lut,
    /// DSP slices, with one product or several in each.
    Dsp,
}

/// The rows of an array that multiply in DSP slices; the others do in look-up tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DspRows {
    /// How many: the first ones.
    pub rows: usize,
    /// So many rows share a DSP slice: its products, or with an [`Overlap`] that share of them.
    pub products: usize,
}

impl DspRows {
    /// Everything in look-up tables.
    pub const NONE: DspRows = DspRows { rows: 0, products: 1 };

    /// Groups of rows that share DSP slices.
    pub fn groups(&self) -> usize {
        self.rows.div_ceil(self.products)
    }
}

/// Where a table of constants lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryStyle {
    /// Constants in the logic: each PE has one word, known to synthesis.
    Constant,
    /// Distributed memory (LUTs as ROM).
    Distributed,
    /// Block memory.
    Block,
}

/// `pe` rows of `simd` multipliers. A vector of `inputs` elements arrives in SF = ⌈inputs/simd⌉ beats and is
/// sent NF = ⌈outputs/pe⌉ times; beat `sf` of sending `nf` is multiplied with the weights of outputs
/// `nf·pe ..` and inputs `sf·simd ..`; after every SF beats `pe` sums leave. Lanes beyond the matrix count
/// as zero.
///
/// Rows may have weights of different widths: output channels are put in an order in which those of a row are alike.
///
/// With `groups`, a vector is as many vectors of `weights`' columns; sending `nf` is of the one that its outputs
/// multiply, and `pe` divides the outputs of a group.
///
/// With an [`Overlap`], a vector is several pixels of a row of an image, a weight the taps of a row of the kernel, and what
/// leaves the sums of as many pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MacArray {
    /// Weights, `[outputs][inputs of a group]`; with an overlap `[outputs][elements of a pixel, tap]`.
    #[serde(with = "matrix")]
    pub weights: Arc<Array2<i64>>,
    /// Groups of outputs that multiply vectors of their own.
    pub groups: usize,
    /// Activation type.
    pub x: IntType,
    /// Weight type.
    pub w: IntType,
    /// Accumulator type; sums wrap to it, which is harmless because every final sum is in its range.
    pub acc: IntType,
    /// Elements per beat: multipliers per row, where nothing overlaps.
    pub simd: usize,
    /// Rows.
    pub pe: usize,
    /// Rows that multiply in DSP slices.
    pub dsp: DspRows,
    /// What a DSP slice multiplies.
    pub slice: DspSlice,
    /// Where the weights live.
    pub memory: MemoryStyle,
    /// Bits of the weights of each row: no more than the type's, and fewer only where a row adds bit planes.
    pub row_bits: Vec<u32>,
    /// Vectors per frame.
    pub vectors: usize,
    /// Stages in which operands come: 1, or 2 where a word of block memory is registered once more.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub operand_stages: usize,
    /// Levels of adders from one register to the next.
    pub per_stage: usize,
    /// Whether several pixels are multiplied by several taps.
    #[serde(default, skip_serializing_if = "Overlap::is_none")]
    pub overlap: Overlap,
}

impl MacArray {
    /// Bits of the widest word of a memory; wider arrays spread their rows over several.
    const WIDEST: usize = 2048;

    /// Elements per input vector of a group.
    pub fn inputs(&self) -> usize {
        self.weights.ncols() / self.overlap.taps.max(1) * self.overlap.pixels
    }

    /// Elements per output vector, of a pixel.
    pub fn outputs(&self) -> usize {
        self.weights.nrows()
    }

    /// SF: beats per dot product.
    pub fn synapse_fold(&self) -> usize {
        self.inputs().div_ceil(self.simd)
    }

    /// NF: passes over the vector.
    pub fn neuron_fold(&self) -> usize {
        self.outputs().div_ceil(self.pe)
    }

    /// Words of weight memory per PE.
    pub fn depth(&self) -> usize {
        self.synapse_fold() * self.neuron_fold()
    }

    /// Rows whose weights share a memory: as many as a word of it has room for, from the first on.
    pub fn memory_rows(&self) -> Vec<Range<usize>> {
        let (mut memories, mut first, mut bits) = (Vec::new(), 0, 0);
        for row in 0..self.pe {
            let word = self.row_word(row);
            if row > first && bits + word > Self::WIDEST {
                memories.push(first..row);
                (first, bits) = (row, 0);
            }
            bits += word;
        }
        memories.push(first..self.pe);
        memories
    }

    /// What multiplies, in most rows.
    pub fn multiplier(&self) -> Multiplier {
        match self.dsp.rows {
            _ if self.is_xnor() => Multiplier::Xnor,
            rows if 2 * rows > self.pe => Multiplier::Dsp,
            _ => Multiplier::Lut,
        }
    }

    /// Whether products are XNORs and sums are counts: ±1 times ±1.
    pub fn is_xnor(&self) -> bool {
        self.x.is_bipolar() && self.w.is_bipolar()
    }

    /// Rows that multiply in look-up tables.
    pub fn lut_rows(&self) -> usize {
        self.pe.saturating_sub(self.dsp.rows)
    }

    /// Registers between an accepted beat and the output buffer: operands, then those of the slowest kind of row.
    pub fn stages(&self) -> usize {
        let lut = self.lut_classes().into_iter().map(|class| class.levels);
        let dsp = self.packing().map(|packing| packing.levels());
        self.operand_stages + lut.chain(dsp).map(|l| l.stages(self.per_stage)).max().unwrap_or(0)
    }

    /// Registers behind a column of a row of bit planes on which fewer products fall than on others.
    pub fn lag_of(&self, planes: &Planes, field: usize) -> usize {
        let stages = |planes: &Planes| planes.levels().stages(self.per_stage);
        stages(planes) - stages(&self.planes_of(*planes, field))
    }

    /// Registers that rows of these levels wait for the slower ones.
    pub fn wait_of(&self, levels: Levels) -> usize {
        self.stages() - self.operand_stages - levels.stages(self.per_stage)
    }
}
