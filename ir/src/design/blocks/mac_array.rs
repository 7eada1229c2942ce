//! MAC array: matrix–vector products, folded over inputs (SIMD) and outputs (PE).

use super::{BlockSpec, Resources, Target};
use crate::design::cost::{bram18, buffer, counter, rom_luts};
use crate::number::IntType;
use crate::tensor::matrix;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Multiplier {
    /// XNOR and popcount, for bipolar weights and activations (FINN, arXiv 1612.07119).
    Xnor,
    /// Look-up tables: rows of partial products.
    Lut,
    /// One product per DSP slice.
    Dsp,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MacArray {
    /// Weights, `[outputs][inputs]`.
    #[serde(with = "matrix")]
    pub weights: Arc<Array2<i64>>,
    /// Activation type.
    pub x: IntType,
    /// Weight type.
    pub w: IntType,
    /// Accumulator type; sums wrap to it, which is harmless because every final sum is in its range.
    pub acc: IntType,
    /// Multipliers per row.
    pub simd: usize,
    /// Rows.
    pub pe: usize,
    /// What multiplies.
    pub multiplier: Multiplier,
    /// Where the weights live.
    pub memory: MemoryStyle,
    /// Vectors per frame.
    pub vectors: usize,
}

impl MacArray {
    /// Elements per input vector.
    pub fn inputs(&self) -> usize {
        self.weights.ncols()
    }

    /// Elements per output vector.
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

    /// Whether products are registered before the adder tree: where a multiplier is more than a few LUTs.
    pub fn registers_products(&self) -> bool {
        match self.multiplier {
            Multiplier::Xnor => false,
            Multiplier::Lut => self.x.bits + self.w.bits > 5,
            Multiplier::Dsp => true,
        }
    }

    /// Terms that remain after each register level of the adder tree, ending in 1; empty where SIMD is 1 and
    /// products are registered already. A level adds four terms (XNOR: the first counts 16 bits).
    pub fn tree(&self) -> Vec<usize> {
        let mut levels = Vec::new();
        let mut terms = self.simd;
        let must_register = !self.registers_products();
        while terms > 1 || (must_register && levels.is_empty()) {
            terms = terms.div_ceil(self.tree_radix(levels.len()));
            levels.push(terms);
        }
        levels
    }

    /// Terms that one adder of tree level `level` takes.
    pub fn tree_radix(&self, level: usize) -> usize {
        if self.multiplier == Multiplier::Xnor && level == 0 { 16 } else { 4 }
    }

    /// Registers between an accepted beat and the output buffer: operands, products, tree.
    pub fn stages(&self) -> usize {
        1 + usize::from(self.registers_products()) + self.tree().len()
    }
}

impl MacArray {
    /// LUTs of one multiplier (measured slopes: 0.80·w·a + a − 0.44·w for rows of partial products).
    fn multiplier_luts(&self) -> f64 {
        let (w, a) = (f64::from(self.w.bits), f64::from(self.x.bits));
        match self.multiplier {
            Multiplier::Xnor => 1.1,
            Multiplier::Lut => (0.80 * w * a + a - 0.44 * w).max(1.0),
            Multiplier::Dsp => 0.0,
        }
    }

    fn tree_luts(&self) -> f64 {
        let product = f64::from(self.x.bits + self.w.bits);
        if self.multiplier == Multiplier::Dsp { (self.simd as f64 - 1.0) * (product + 1.0) } else { 0.0 }
    }

    fn memory_cost(&self) -> Resources {
        let word = u64::from(self.w.bits) * self.simd as u64 * self.pe as u64;
        let depth = self.depth() as u64;
        match self.memory {
            MemoryStyle::Constant => Resources::default(),
            MemoryStyle::Distributed => Resources { lut: rom_luts(depth, word), ..Resources::default() },
            MemoryStyle::Block => Resources { bram18: bram18(depth, word), ..Resources::default() },
        }
    }
}

impl BlockSpec for MacArray {
    fn cost(&self, _: &Target) -> Resources {
        let (acc, lanes) = (u64::from(self.acc.bits), (self.pe * self.simd) as u64);
        let row = self.multiplier_luts() * self.simd as f64 + self.tree_luts();
        let products =
            if self.registers_products() { u64::from(self.x.bits + self.w.bits) * lanes } else { 0 };
        let partial: u64 = self.tree().iter().map(|terms| *terms as u64 * acc).sum();
        let operands = u64::from(self.x.bits) * self.simd as u64
            + if self.memory == MemoryStyle::Constant { 0 } else { u64::from(self.w.bits) * lanes };
        let accumulate = if self.synapse_fold() > 1 { acc } else { 0 };
        let logic = Resources {
            lut: (row * self.pe as f64).ceil() as u64 + accumulate * self.pe as u64,
            ff: operands + products + (partial + accumulate) * self.pe as u64,
            dsp: if self.multiplier == Multiplier::Dsp { lanes } else { 0 },
            ..Resources::default()
        };
        logic + self.memory_cost() + buffer(acc * self.pe as u64, self.output_depth()) + counter(self.depth())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.depth() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.synapse_fold() > 1 { 1 } else { 2 }
    }
}
