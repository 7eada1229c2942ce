//! How the rows of an array form their dot products: in look-up tables, in DSP slices, or some in each.

use super::dot::Dot;
use crate::Library;
use crate::product::Layout;
use mpqc_ir::design::blocks::{MacArray, Packing, Planes};
use mpqc_ir::number::IntType;

/// The rows of an array as the template instantiates them.
pub(super) struct Rows<'a> {
    /// A row's dot product.
    pub sum: Layout,
    /// Rows in look-up tables that form products one by one have a module of their own.
    pub dot: Option<Dot<'a>>,
    /// The others add bit planes.
    pub planes: Option<PlaneRows>,
    /// Rows in DSP slices.
    pub packed: Option<PackedRows>,
    /// Registers behind rows in look-up tables, which wait for the others.
    pub lut_wait: usize,
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
        let planes = (mac.lut_rows() > 0).then(|| mac.planes()).flatten();
        let dot = (mac.lut_rows() > 0 && planes.is_none()).then(|| Dot::new(mac));
        let lut = (mac.lut_rows() > 0).then(|| mac.lut_levels());
        let sum = dot.as_ref().map_or_else(|| sum(mac), |dot| dot.sum);
        let packed = mac.packing().map(|packing| PackedRows::new(mac, packing));
        Rows { sum, dot, planes: planes.map(PlaneRows::new), packed, lut_wait: lut.map_or(0, |levels| mac.wait_of(levels)) }
    }

    /// Whether weights are added, by the bit planes of activations.
    pub fn by_activations(&self) -> bool {
        self.planes.as_ref().is_some_and(|rows| !rows.planes.of_weights)
    }

    /// Library modules that they are made of.
    pub fn library(&self) -> Vec<Library> {
        let mut library = self.dot.as_ref().map(Dot::library).unwrap_or_default();
        library.extend(self.planes.as_ref().map(|_| Library::DotPlanes));
        let packed = self.packed.as_ref();
        library.extend(packed.map(|_| Library::DotPacked));
        library.extend(packed.filter(|p| p.packing.offset).map(|_| Library::AdderTree));
        let waits = packed.is_some_and(|p| p.wait + p.excess_wait > 0);
        library.extend((waits || self.lut_wait > 0).then_some(Library::Delay));
        library
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
