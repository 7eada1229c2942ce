//! MAC array: matrix–vector products, folded over inputs (SIMD) and outputs (PE).

use super::{BlockSpec, Resources, Target};
use crate::design::cost::{
    ADDER_BIT, bram18, buffer, constant_multiplier_luts, counter, multiplier_luts, rom_luts, rom_registers,
};
use crate::number::IntType;
use crate::tensor::matrix;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
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
///
/// With `groups`, a vector is as many vectors of `weights`' columns; sending `nf` is of the one that its outputs
/// multiply, and `pe` divides the outputs of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MacArray {
    /// Weights, `[outputs][inputs of a group]`.
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
    /// Elements per input vector of a group.
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
    /// Bits of a product in the array.
    fn product_bits(&self) -> u64 {
        let (x, w) = (u64::from(self.x.bits), u64::from(self.w.bits));
        match self.multiplier {
            Multiplier::Xnor => 1,
            _ if self.w.is_bipolar() || self.x.is_bipolar() => x.max(w) + 1,
            _ => x + w,
        }
    }

    /// LUTs of one multiplier.
    fn multiplier_luts(&self) -> f64 {
        let (x, w) = (u64::from(self.x.bits), u64::from(self.w.bits));
        match self.multiplier {
            Multiplier::Xnor | Multiplier::Dsp => 0.0,
            Multiplier::Lut if x.min(w) == 1 => self.product_bits() as f64,
            Multiplier::Lut => multiplier_luts(x, w),
        }
    }

    /// Whether synthesis sees weights that it can multiply by as constants.
    fn knows_weights(&self) -> bool {
        self.memory == MemoryStyle::Constant && self.multiplier == Multiplier::Lut
    }

    /// Terms that a row adds and their bits, on average: constants drop products with zero and leading bits.
    fn terms(&self) -> (f64, f64) {
        let bits = self.product_bits() as f64;
        if !self.knows_weights() {
            return (self.simd as f64, bits);
        }
        let used: Vec<u32> =
            self.weights.iter().filter(|w| **w != 0).map(|w| 64 - w.abs().leading_zeros()).collect();
        let mean = used.iter().sum::<u32>() as f64 / used.len().max(1) as f64;
        (used.len() as f64 / self.pe as f64, bits.min(f64::from(self.x.bits) + mean))
    }

    /// LUTs of a row's adder tree (of two-input adders) and accumulator. A count of 16 bits takes one and a half
    /// for each, and shares with other rows where the weights are constants.
    fn tree_luts(&self) -> f64 {
        let per_bit = if self.memory == MemoryStyle::Constant { 0.65 } else { 1.5 };
        let ((mut terms, mut bits), mut luts) = (self.terms(), 0.0);
        for (level, sums) in self.tree().into_iter().map(|n| n as f64).enumerate() {
            let counts = self.tree_radix(level) == 16;
            luts += if counts { per_bit * terms } else { ADDER_BIT * (terms - sums).max(0.0) * (bits + 1.5) };
            bits += if counts { 4.0 } else { 2.0 };
            terms = sums;
        }
        let accumulates = self.synapse_fold() > 1;
        luts + if accumulates { f64::from(self.acc.bits) } else { 0.0 }
    }

    /// Flip-flops of a row's partial sums and accumulator.
    fn row_registers(&self) -> u64 {
        let acc = u64::from(self.acc.bits);
        let mut bits = self.product_bits();
        let mut registers = 0;
        for (level, sums) in self.tree().into_iter().enumerate() {
            bits += if self.tree_radix(level) == 16 { 4 } else { 2 };
            registers += sums as u64 * bits.min(acc);
        }
        registers + if self.synapse_fold() > 1 { acc } else { 0 }
    }

    /// The weights, with the register that they are read into (block memory has its own).
    fn memory_cost(&self) -> Resources {
        let word = u64::from(self.w.bits) * self.simd as u64 * self.pe as u64;
        let depth = self.depth() as u64;
        match self.memory {
            MemoryStyle::Constant => Resources::default(),
            MemoryStyle::Distributed => Resources {
                lut: rom_luts(depth, word),
                ff: rom_registers(depth, word),
                ..Resources::default()
            },
            MemoryStyle::Block => Resources { bram18: bram18(depth, word), ..Resources::default() },
        }
    }
}

impl MacArray {
    /// LUTs and flip-flops of all products: where weights are constants, an input is multiplied once for all
    /// rows whose weights differ in sign and power of two only.
    fn products(&self) -> (u64, u64) {
        let (lanes, bits) = ((self.pe * self.simd) as u64, self.product_bits());
        let registers = |n: u64| if self.registers_products() { n * bits } else { 0 };
        if !self.knows_weights() {
            return ((lanes as f64 * self.multiplier_luts()).ceil() as u64, registers(lanes));
        }
        let odd = |w: &i64| w >> w.trailing_zeros().min(63);
        let (mut luts, mut distinct) = (0, 0);
        for column in self.weights.columns() {
            let factors: BTreeSet<i64> = column.iter().map(odd).filter(|w| *w != 0).collect();
            let x = u64::from(self.x.bits);
            let magnitudes: BTreeSet<i64> = factors.iter().map(|w| w.abs()).collect();
            luts += magnitudes.iter().map(|w| constant_multiplier_luts(x, *w)).sum::<u64>();
            distinct += factors.len() as u64;
        }
        // Adders of few terms vanish in the tree's.
        (luts / 2, registers(distinct))
    }
}

impl BlockSpec for MacArray {
    fn cost(&self, _: &Target) -> Resources {
        let pe = self.pe as u64;
        let (product_luts, product_registers) = self.products();
        let stages = self.stages() as u64;
        let logic = Resources {
            lut: product_luts + (self.tree_luts() * self.pe as f64).ceil() as u64 + stages,
            ff: u64::from(self.x.bits) * self.simd as u64
                + product_registers
                + self.row_registers() * pe
                + 2 * stages,
            dsp: if self.multiplier == Multiplier::Dsp { pe * self.simd as u64 } else { 0 },
            ..Resources::default()
        };
        let sums = buffer(u64::from(self.acc.bits) * pe, self.output_depth());
        logic + self.memory_cost() + sums + counter(self.depth()) + counter(self.synapse_fold())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.depth() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.synapse_fold() > 1 { 1 } else { 2 }
    }
}
