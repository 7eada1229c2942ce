//! What an array takes. LUTs are logic cells as Yosys estimates them (`stat -tech xilinx`): a plain adder's look-up
//! tables have two inputs, and two of them share a cell.

use super::known::Known;
use super::levels::{Levels, tree};
use super::{MacArray, MemoryStyle, Packing, Planes, RowClass};
use crate::design::blocks::BlockSpec;
use crate::design::cost::{
    ADDER_BIT, block_memory, buffer, constant_multiplier_luts, counter, delay, multiplier_luts, rom_luts,
    rom_registers,
};
use crate::design::{Resources, Target};
use crate::number::IntType;
use ndarray::{ArrayView1, ArrayView2, s};
use std::collections::BTreeSet;
use std::ops::{Add, Mul, Range};

/// Look-up tables and flip-flops of a piece of logic.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Logic {
    lut: f64,
    ff: f64,
}

impl Logic {
    fn of(resources: Resources) -> Logic {
        Logic { lut: resources.lut as f64, ff: resources.ff as f64 }
    }
}

impl Add for Logic {
    type Output = Logic;

    fn add(self, other: Logic) -> Logic {
        Logic { lut: self.lut + other.lut, ff: self.ff + other.ff }
    }
}

impl Mul<usize> for Logic {
    type Output = Logic;

    fn mul(self, times: usize) -> Logic {
        Logic { lut: self.lut * times as f64, ff: self.ff * times as f64 }
    }
}

/// Cells of a bit of an adder that has no other logic before it.
const ADDED_BIT: f64 = 0.5;
/// Of an adder of known products, and of what multiplies them: sums of constant multiples melt into tables.
const KNOWN_BIT: f64 = 0.345;
/// What is left of the cells of a multiplier by a constant beside its share of the tree.
const MULTIPLIED: f64 = 0.29;
/// Of an XNOR and its share of a count of sixteen.
const COUNTED_BIT: f64 = 1.25;

/// Where levels of adders stand in a path: registers come behind every `per_stage` of them and behind the last.
#[derive(Clone, Copy)]
struct Path {
    per_stage: usize,
    last: usize,
}

impl Path {
    fn registers(&self, level: usize) -> bool {
        level.is_multiple_of(self.per_stage.max(1)) || level == self.last
    }

    /// A tree of two-input adders over `terms` of `bits`, its first level being the path's `level + 1`. Sums do not grow
    /// beyond `most` bits.
    fn tree(&self, terms: usize, bits: usize, most: usize, level: usize) -> Logic {
        let (mut logic, mut terms, mut bits) = (Logic::default(), terms, bits);
        for level in level + 1..=level + tree(terms) {
            let sums = terms.div_ceil(2);
            logic.lut += ADDED_BIT * ((terms - sums) * bits) as f64;
            (terms, bits) = (sums, (bits + 1).min(most));
            logic.ff += if self.registers(level) { (terms * bits) as f64 } else { 0.0 };
        }
        logic
    }
}

impl Planes {
    /// A row.
    fn cost(&self, per_stage: usize, acc: usize) -> Logic {
        let path = Path { per_stage, last: self.levels().adders };
        let term = self.term.bits as usize;
        let columns = self.pairs() * (term + usize::from(self.term.is_signed()));
        let registers = if path.registers(1) { self.pairs() * (term + 1) } else { 0 };
        let gated = Logic { lut: columns as f64, ff: registers as f64 };
        let plane = gated + path.tree(self.pairs(), term + 1, usize::MAX, 1);
        plane * self.count() + self.joined(&path, acc)
    }

    /// The tree over the planes.
    fn joined(&self, path: &Path, acc: usize) -> Logic {
        let (mut logic, mut planes, mut shift) = (Logic::default(), self.count(), 1);
        let mut bits = self.plane_bits() + 1;
        for level in self.levels_of_plane() + 1..=self.levels().adders {
            let sums = planes.div_ceil(2);
            logic.lut += ADDED_BIT * ((planes - sums) * bits) as f64;
            (planes, bits, shift) = (sums, bits + shift + 1, 2 * shift);
            logic.ff += if path.registers(level) { (planes * bits.min(acc)) as f64 } else { 0.0 };
        }
        logic
    }
}

impl Packing {
    /// A group of rows that share their slices.
    fn cost(&self, mac: &MacArray, target: &Target) -> Logic {
        let (slices, per_stage, acc) = (mac.slices(), mac.per_stage, mac.acc.bits as usize);
        let path = Path { per_stage, last: self.levels().adders };
        let (width, fields) = (self.width(), self.products * self.columns());
        let registers = if target.family.dsp_takes_registers() { 0 } else { slices * width };
        let products = Logic { lut: 0.0, ff: registers as f64 };
        let borrowed = if self.borrows { (fields - 1) * self.pitch } else { 0 };
        let unpacked = Logic { lut: ADDED_BIT * borrowed as f64, ff: 0.0 };
        let chain = path.tree(self.length, width, width, 0) + unpacked;
        let row = path.tree(self.chains, self.pitch, acc, self.levels_unpacked());
        let offset = if self.offset { acc } else { 0 };
        let corrected = Logic { lut: ADDED_BIT * offset as f64, ff: offset as f64 };
        products + chain * self.chains + (row + corrected) * fields
    }
}

/// Cells that multiply by known weights: an input is multiplied once for all rows whose weights differ in sign and power of
/// two only, and negated once for all where that is the whole product. By ±1 nothing is multiplied: a bit chooses between two constants.
fn constant_multipliers(weights: ArrayView2<'_, i64>, x: IntType) -> u64 {
    if x.is_bipolar() {
        return 0;
    }
    let odd = |w: i64| w >> w.trailing_zeros().min(63);
    let column = |weights: ArrayView1<'_, i64>| -> u64 {
        let factors: BTreeSet<i64> = weights.iter().map(|w| odd(*w)).filter(|w| *w != 0).collect();
        let negated = if factors.contains(&-1) { u64::from(x.bits) } else { 0 };
        let sizes: BTreeSet<i64> = factors.iter().map(|w| w.abs()).collect();
        negated + sizes.iter().map(|w| constant_multiplier_luts(u64::from(x.bits), *w)).sum::<u64>()
    };
    weights.columns().into_iter().map(column).sum()
}

impl MacArray {
    /// Bits of a product in the array.
    fn product_bits(&self) -> u64 {
        let (x, w) = (u64::from(self.x.bits), u64::from(self.w.bits));
        match (self.x.is_bipolar(), self.w.is_bipolar()) {
            (true, true) => 1,
            (false, false) => x + w,
            _ => x.max(w) + 1,
        }
    }

    /// LUTs of one multiplier.
    fn multiplier_luts(&self) -> f64 {
        let (x, w) = (u64::from(self.x.bits), u64::from(self.w.bits));
        match x.min(w) {
            _ if self.is_xnor() => 0.0,
            1 => self.product_bits() as f64,
            _ => multiplier_luts(x, w),
        }
    }

    /// Whether synthesis sees weights that it can multiply by as constants.
    fn knows_weights(&self) -> bool {
        self.memory == MemoryStyle::Constant && !self.is_xnor()
    }

    /// A row's adder tree over single products. Counts share with other rows where the weights are
    /// constants.
    fn tree_of_products(&self) -> Logic {
        let per_bit = if self.memory == MemoryStyle::Constant { 0.65 } else { COUNTED_BIT };
        let (mut terms, mut bits) = (self.simd as f64, self.product_bits() as f64);
        let mut logic = Logic::default();
        if self.is_xnor() {
            logic.lut += per_bit * terms;
            (terms, bits) = (self.terms() as f64, 5.0);
            logic.ff += terms * bits;
        }
        let path = Path { per_stage: self.per_stage, last: tree(self.terms()) };
        let mut all = self.terms();
        for level in 1..=path.last {
            all = all.div_ceil(2);
            let sums = terms.min(all as f64);
            logic.lut += ADDER_BIT * (terms - sums) * (bits + 0.5);
            (terms, bits) = (sums, (bits + 1.0).min(f64::from(self.acc.bits).max(bits)));
            logic.ff += if path.registers(level) { terms * bits } else { 0.0 };
        }
        logic
    }

    /// LUTs and flip-flops of all single products of `rows` rows.
    fn products(&self, rows: usize) -> Logic {
        let (lanes, bits) = ((rows * self.simd) as f64, self.product_bits() as f64);
        let ff = if self.registers_products() && !self.is_xnor() { lanes * bits } else { 0.0 };
        Logic { lut: (lanes * self.multiplier_luts()).ceil(), ff }
    }

    /// Some rows whose weights synthesis knows, with products and sums as often as it has them.
    fn known_cost(&self, rows: Range<usize>) -> Logic {
        let weights = self.weights.slice(s![rows, ..]);
        let path = Path { per_stage: self.per_stage, last: tree(self.simd) };
        let has_register =
            |level: usize| if level == 0 { self.registers_products() } else { path.registers(level) };
        let wired = (self.product_bits() as usize, self.acc.bits as usize);
        let levels = Known::levels(weights, self.x, wired, has_register);
        let registered = levels.iter().enumerate().filter(|(level, _)| has_register(*level));
        let registers: usize = registered.map(|(_, known)| known.register_bits).sum();
        let added: usize = levels.iter().map(|known| known.added_bits).sum();
        let multiplied = constant_multipliers(weights, self.x) as f64;
        Logic { lut: MULTIPLIED * multiplied + KNOWN_BIT * added as f64, ff: registers as f64 }
    }

    /// The rows in look-up tables.
    fn lut_cost(&self) -> Logic {
        let class = |class: RowClass| {
            let rows = class.rows.len();
            match class.planes {
                Some(planes) => self.planes_cost(planes) * rows,
                None if self.knows_weights() => self.known_cost(class.rows),
                None => self.products(rows) + self.tree_of_products() * rows,
            }
        };
        self.lut_classes().into_iter().map(class).fold(Logic::default(), Logic::add)
    }

    /// A row of bit planes, on all its columns.
    fn planes_cost(&self, planes: Planes) -> Logic {
        let acc = self.acc.bits as usize;
        let column = |field| {
            let own = self.planes_of(planes, field);
            let waits = delay(acc as u64, self.lag_of(&planes, field) as u64);
            own.cost(self.per_stage, acc) + Logic::of(waits)
        };
        (0..self.overlap.fields()).map(column).fold(Logic::default(), Logic::add)
    }

    /// The sums of the activations of a beat that packed rows subtract: of each pixel, and of those of each column.
    fn excess_cost(&self, packing: &Packing) -> Logic {
        let (bits, levels) = (self.x.bits as usize, self.excess_levels().adders);
        let path = Path { per_stage: self.per_stage, last: levels };
        let waiting = delay((bits + levels) as u64, self.excess_wait(packing) as u64);
        let of_pixel = levels - tree(self.overlap.most());
        let column = path.tree(self.overlap.most(), bits + of_pixel, usize::MAX, of_pixel);
        path.tree(self.slices(), bits, usize::MAX, 0) * self.overlap.pixels
            + (column + Logic::of(waiting)) * self.overlap.fields()
    }

    /// The rows in DSP slices, with the sum of the activations that they share, and the slices.
    fn dsp_cost(&self, target: &Target) -> (Logic, u64) {
        let Some(packing) = self.packing() else { return (Logic::default(), 0) };
        let excess = if packing.offset { self.excess_cost(&packing) } else { Logic::default() };
        let groups = self.dsp.groups();
        let rows = packing.cost(self, target) * groups;
        (rows + excess, (groups * self.slices()) as u64)
    }

    /// Registers behind the faster kinds of row, which wait for the slowest.
    fn waiting(&self) -> Logic {
        let waits = |(rows, levels): (usize, Levels)| {
            let sums = (rows * self.overlap.fields()) as u64;
            Logic::of(delay(u64::from(self.acc.bits) * sums, self.wait_of(levels) as u64))
        };
        let dsp = self.packing().map(|packing| (self.dsp.rows, packing.levels()));
        let lut = self.lut_classes().into_iter().map(|class| (class.rows.len(), class.levels));
        lut.chain(dsp).map(waits).fold(Logic::default(), Logic::add)
    }

    /// The weights, with the register that they are read into (block memory has its own).
    fn memory_cost(&self) -> Resources {
        let word = self.row_start(self.pe) as u64;
        let depth = self.depth() as u64;
        match self.memory {
            MemoryStyle::Constant => Resources::default(),
            MemoryStyle::Distributed => Resources {
                lut: rom_luts(depth, word),
                ff: rom_registers(depth, word),
                ..Resources::default()
            },
            MemoryStyle::Block => {
                let memory = |rows| block_memory(depth, self.rows_word(rows) as u64);
                self.memory_rows().into_iter().map(memory).sum()
            }
        }
    }

    /// Flip-flops behind block memory.
    fn registered(&self) -> u64 {
        (self.operand_stages - 1) as u64 * self.row_start(self.pe) as u64
    }

    /// The accumulators, with what waits in them and beside them for the next vector.
    fn accumulators(&self) -> Logic {
        let column = self.acc.bits as usize * self.pe;
        let bits = if self.synapse_fold() > 1 { column * self.overlap.fields() } else { 0 };
        let carried = column * self.overlap.spilled();
        let kept = delay(carried as u64, self.neuron_fold() as u64);
        let added = Logic { lut: ADDED_BIT * (bits + carried) as f64, ff: bits as f64 };
        added + Logic::of(kept)
    }
}

impl BlockSpec for MacArray {
    fn cost(&self, target: &Target) -> Resources {
        let (stages, operands) = (self.stages() as u64, u64::from(self.x.bits) * self.simd as u64);
        let (dsp_rows, dsp) = self.dsp_cost(target);
        let rows = self.lut_cost() + dsp_rows + self.waiting() + self.accumulators();
        let logic = Resources {
            lut: rows.lut.ceil() as u64 + stages,
            ff: operands * self.operand_stages as u64
                + self.registered()
                + rows.ff.ceil() as u64
                + 2 * stages,
            dsp,
            ..Resources::default()
        };
        let sums = buffer(u64::from(self.acc.bits) * self.sums() as u64, self.output_depth());
        let columns =
            if self.overlap.taps > 1 { counter(self.overlap.columns) } else { Resources::default() };
        logic + self.memory_cost() + sums + counter(self.depth()) + counter(self.synapse_fold()) + columns
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.depth() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.synapse_fold() > 1 { 1 } else { 2 }
    }
}
