//! How the rows of an array form their dot products: in look-up tables, in DSP slices, or some in each.

use super::dot::Dot;
use crate::Library;
use crate::product::Layout;
use mpqc_ir::design::blocks::{MacArray, Packing, Planes, RowClass};
use mpqc_ir::number::IntType;
use std::ops::Range;

/// The rows of an array as the template instantiates them.
pub(super) struct Rows<'a> {
    /// A row's dot product.
    pub sum: Layout,
    /// Rows in look-up tables that form products one by one have a module of their own.
    pub dot: Option<Dot<'a>>,
    /// Rows in look-up tables, by the width of their weights.
    pub lut: Vec<LutRows>,
    /// Rows in DSP slices.
    pub packed: Option<PackedRows>,
}

/// Rows in look-up tables whose weights have the same width.
pub(super) struct LutRows {
    /// Name of their generate block.
    pub name: String,
    /// First row, and the one behind the last.
    pub first: usize,
    pub end: usize,
    /// Bits of a weight.
    pub bits: u32,
    /// Which bits of the word of weights a row takes.
    pub weights: String,
    /// They add bit planes, or form products one by one in a module of their own.
    pub planes: Option<PlaneRows>,
    /// Registers behind them, while they wait for the slowest rows.
    pub wait: usize,
}

/// Rows that add bit planes.
pub(super) struct PlaneRows {
    pub planes: Planes,
    pub term_signed: u8,
    pub gate_signed: u8,
    pub levels: usize,
}

/// Rows that share DSP slices.
pub(super) struct PackedRows {
    pub packing: Packing,
    pub coded: u8,
    pub x_signed: u8,
    pub w_signed: u8,
    pub levels: usize,
    /// Bits of the sum of all activations.
    pub excess_bits: usize,
    /// Levels of the tree that adds them, and registers behind it until it is taken.
    pub excess_levels: usize,
    pub excess_wait: usize,
    /// Registers behind these rows, which wait for the others.
    pub wait: usize,
}

impl<'a> Rows<'a> {
    pub fn new(mac: &'a MacArray) -> Self {
        let classes = mac.lut_classes();
        let dot = classes.iter().any(|class| class.planes.is_none()).then(|| Dot::new(mac));
        let sum = dot.as_ref().map_or_else(|| sum(mac), |dot| dot.sum);
        let packed = mac.packing().map(|packing| PackedRows::new(mac, packing));
        Rows { sum, dot, lut: classes.into_iter().map(|class| LutRows::new(mac, class)).collect(), packed }
    }

    /// Library modules that they are made of.
    pub fn library(&self) -> Vec<Library> {
        let mut library = self.dot.as_ref().map(Dot::library).unwrap_or_default();
        library.extend(self.lut.iter().any(|rows| rows.planes.is_some()).then_some(Library::DotPlanes));
        let packed = self.packed.as_ref();
        library.extend(packed.map(|_| Library::DotPacked));
        library.extend(packed.filter(|p| p.packing.offset).map(|_| Library::AdderTree));
        let waits = packed.is_some_and(|p| p.wait + p.excess_wait > 0);
        library.extend((waits || self.lut.iter().any(|rows| rows.wait > 0)).then_some(Library::Delay));
        library
    }
}

impl LutRows {
    fn new(mac: &MacArray, class: RowClass) -> Self {
        let Range { start: first, end } = class.rows;
        let (word, start) = (mac.row_word(first), mac.row_start(first));
        let (name, weights) = match mac.is_even() {
            true => ("lut_rows".to_owned(), "row*W_BITS +: W_BITS".to_owned()),
            false if first == 0 => (format!("rows_{first}"), format!("row*{word} +: {word}")),
            false => (format!("rows_{first}"), format!("{start} + (row - {first})*{word} +: {word}")),
        };
        let planes = class.planes.map(PlaneRows::new);
        LutRows { name, first, end, bits: class.bits, weights, planes, wait: mac.wait_of(class.levels) }
    }

    /// Whether weights are added, by the bit planes of activations.
    pub fn by_activations(&self) -> bool {
        self.planes.as_ref().is_some_and(|rows| !rows.planes.of_weights)
    }
}

impl PlaneRows {
    fn new(planes: Planes) -> Self {
        PlaneRows {
            term_signed: u8::from(planes.term.is_signed()),
            gate_signed: u8::from(planes.gate.is_signed()),
            levels: planes.levels().adders,
            planes,
        }
    }
}

impl PackedRows {
    fn new(mac: &MacArray, packing: Packing) -> Self {
        let excess_levels = mac.excess_levels().adders;
        PackedRows {
            coded: u8::from(packing.products > 1),
            x_signed: u8::from(mac.x.is_signed()),
            w_signed: u8::from(mac.w.is_signed()),
            levels: packing.levels().adders,
            excess_bits: mac.x.bits as usize + excess_levels,
            excess_levels,
            excess_wait: if packing.offset { mac.excess_wait(&packing) } else { 0 },
            wait: mac.wait_of(packing.levels()),
            packing,
        }
    }
}

/// A dot product's bits: they grow with the range of the products, but not beyond the accumulator, to which all wrap.
fn sum(mac: &MacArray) -> Layout {
    let (x, w, simd) = (mac.x, mac.w, mac.simd as i64);
    let ends = [x.min * w.min, x.min * w.max, x.max * w.min, x.max * w.max, 0];
    let end = |of: Option<&i64>| of.copied().unwrap_or(0) * simd;
    let range = IntType::smallest(end(ends.iter().min()), end(ends.iter().max()));
    Layout { bits: range.bits.min(mac.acc.bits) as usize, signed: range.is_signed() }
}
