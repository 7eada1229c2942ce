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
    /// Their sums: one, or one for each column on which products fall.
    pub columns: Vec<Column>,
    /// Registers behind them, while they wait for the slowest rows.
    pub wait: usize,
}

/// A sum of a row in look-up tables: of the activations `x` and the weights `w` of a beat, or of some of them.
pub(super) struct Column {
    /// Name of the instance.
    pub name: String,
    pub x: String,
    pub w: String,
    /// The wire that it drives, and where that goes once it has waited for the other columns.
    pub sum: String,
    pub place: String,
    /// They add bit planes, or form products one by one in a module of their own.
    pub planes: Option<PlaneRows>,
    /// Registers behind it, while it waits for columns on which more products fall.
    pub lag: usize,
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
    /// The same of a pixel, where there are several, and the levels to it.
    pub total_bits: usize,
    pub total_levels: usize,
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
        library.extend(self.columns().any(|column| column.planes.is_some()).then_some(Library::DotPlanes));
        let packed = self.packed.as_ref();
        library.extend(packed.map(|_| Library::DotPacked));
        library.extend(packed.filter(|p| p.packing.offset).map(|_| Library::AdderTree));
        let waits = packed.is_some_and(|p| p.wait + p.excess_wait > 0)
            || self.lut.iter().any(|rows| rows.wait > 0)
            || self.columns().any(|column| column.lag > 0);
        library.extend(waits.then_some(Library::Delay));
        library
    }

    fn columns(&self) -> impl Iterator<Item = &Column> {
        self.lut.iter().flat_map(|rows| &rows.columns)
    }
}

impl LutRows {
    fn new(mac: &MacArray, class: RowClass) -> Self {
        let Range { start: first, end } = class.rows;
        let (word, start) = (mac.row_word(first), mac.row_start(first));
        let (name, row) = match mac.is_even() {
            true => ("lut_rows".to_owned(), "row*W_BITS".to_owned()),
            false if first == 0 => (format!("rows_{first}"), format!("row*{word}")),
            false => (format!("rows_{first}"), format!("{start} + (row - {first})*{word}")),
        };
        let columns = match mac.overlap.is_none() {
            true => vec![Column::only(&row, if mac.is_even() { "W_BITS".to_owned() } else { word.to_string() }, class.planes)],
            false => (0..mac.overlap.fields()).filter_map(|f| Some(Column::of(mac, &row, class.planes?, f))).collect(),
        };
        LutRows { name, first, end, bits: class.bits, columns, wait: mac.wait_of(class.levels) }
    }
}

impl Column {
    /// The only one: of all activations and weights.
    fn only(row: &str, word: String, planes: Option<Planes>) -> Column {
        Column {
            name: "dot_product".to_owned(),
            x: "x1".to_owned(),
            w: format!("w1[{row} +: {word}]"),
            sum: "sum".to_owned(),
            place: "sum".to_owned(),
            planes: planes.map(PlaneRows::new),
            lag: 0,
        }
    }

    /// One of several: of the pixels that fall there, and the taps that bring them there, both neighbours.
    fn of(mac: &MacArray, row: &str, planes: Planes, field: usize) -> Column {
        let (lanes, pixels) = (mac.slices(), mac.overlap.pixels_of(field));
        let w_bits = if planes.of_weights { planes.gate.bits } else { planes.term.bits } as usize;
        let slice = |first: usize, bits: usize| (first * lanes * bits, pixels.len() * lanes * bits);
        let (x, x_width) = slice(pixels.start, mac.x.bits as usize);
        let (w, w_width) = slice(mac.overlap.tap_of(field, pixels.start), w_bits);
        let (lag, place) = (mac.lag_of(&planes, field), format!("sum[{field}*DOT_BITS +: DOT_BITS]"));
        Column {
            name: format!("column{field}"),
            x: format!("{}[{x} +: {x_width}]", x_name(mac)),
            w: format!("w1[{row} + {w} +: {w_width}]"),
            sum: if lag > 0 { format!("early{field}") } else { place.clone() },
            place,
            planes: Some(PlaneRows::new(mac.planes_of(planes, field))),
            lag,
        }
    }

    /// Whether weights are added, by the bit planes of activations.
    pub fn by_activations(&self) -> bool {
        self.planes.as_ref().is_some_and(|rows| !rows.planes.of_weights)
    }
}

/// The wire of a beat's activations, pixel after pixel.
pub(super) fn x_name(mac: &MacArray) -> &'static str {
    if mac.overlap.is_none() || mac.overlap.chunk == mac.slices() { "x1" } else { "x_pixels" }
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
        let total_levels = excess_levels - mac.overlap.most().next_power_of_two().ilog2() as usize;
        PackedRows {
            coded: u8::from(packing.products * packing.columns() > 1),
            x_signed: u8::from(mac.x.is_signed()),
            w_signed: u8::from(mac.w.is_signed()),
            levels: packing.levels().adders,
            excess_bits: mac.x.bits as usize + excess_levels,
            total_bits: mac.x.bits as usize + total_levels,
            total_levels,
            excess_levels,
            excess_wait: if packing.offset { mac.excess_wait(&packing) } else { 0 },
            wait: mac.wait_of(packing.levels()),
            packing,
        }
    }
}

/// A dot product's bits: they grow with the range of the products, but not beyond the accumulator, to which all wrap.
fn sum(mac: &MacArray) -> Layout {
    let (x, w, simd) = (mac.x, mac.w, (mac.slices() * mac.overlap.most()) as i64);
    let ends = [x.min * w.min, x.min * w.max, x.max * w.min, x.max * w.max, 0];
    let end = |of: Option<&i64>| of.copied().unwrap_or(0) * simd;
    let range = IntType::smallest(end(ends.iter().min()), end(ends.iter().max()));
    Layout { bits: range.bits.min(mac.acc.bits) as usize, signed: range.is_signed() }
}
