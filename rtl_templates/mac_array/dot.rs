//! The dot product of a row: products and adder tree.

use super::is_xnor;
use crate::text::{ranges, resized};
use crate::{Library, RtlError, Site};
use askama::Template;
use mpqc_ir::design::blocks::{MacArray, Multiplier};
use mpqc_ir::number::IntType;

/// How a value lies in its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub bits: usize,
    pub signed: bool,
}

/// An operand of a multiplier.
struct Operand {
    name: &'static str,
    bits: usize,
    signed: usize,
    /// As a signed expression of lane `i`, and its width.
    signed_bits: usize,
    operand: String,
}

/// How a lane multiplies.
enum Multiply {
    /// ±1 times ±1.
    Xnor,
    /// A value times ±1.
    Negate { value: &'static str, sign: &'static str, bits: usize, extended: String },
    /// Rows of partial products.
    Lut { a: Operand, b: Operand },
    /// A DSP slice.
    Dsp { a: Operand, b: Operand },
}

/// A register level of the adder tree.
struct Level {
    /// What it adds, padded with zeros to a multiple of the radix.
    source: String,
    /// Sums that leave it.
    terms: usize,
    radix: usize,
    in_bits: usize,
    out_bits: usize,
    signed: usize,
    /// Whether it counts bits.
    counts: bool,
}

/// The dot product of a row.
pub(super) struct Dot {
    simd: usize,
    x: IntType,
    w: IntType,
    product: Layout,
    multiply: Multiply,
    registers_products: bool,
    levels: Vec<Level>,
    /// The result.
    pub sum: Layout,
    is_xnor: bool,
}

#[derive(Template)]
#[template(path = "mac_array_dot.v")]
struct Module<'a> {
    header: String,
    module: &'a str,
    blank: String,
    x_range: String,
    w_range: String,
    sum_range: String,
    simd: usize,
    product_bits: usize,
    multiply: &'a Multiply,
    registers_products: bool,
    levels: &'a [Level],
    output: String,
}

impl Dot {
    pub fn new(mac: &MacArray) -> Self {
        let multiply = multiply(mac);
        let product = product_layout(mac, &multiply);
        let registers_products = mac.registers_products();
        let first = if registers_products { "product_q" } else { "product" };
        let (levels, sum) = tree(mac, product, first);
        Dot {
            simd: mac.simd,
            x: mac.x,
            w: mac.w,
            product,
            multiply,
            registers_products,
            levels,
            sum,
            is_xnor: is_xnor(mac),
        }
    }

    /// Bits of the sum, as the accumulator weighs them.
    pub fn term_bits(&self) -> usize {
        self.sum.bits + usize::from(self.is_xnor)
    }

    /// The bits of `dot` that an accumulator of `acc_bits` leaves off.
    pub fn unused(&self, acc_bits: usize) -> String {
        format!("dot[{}:{}]", self.sum.bits - 1, acc_bits - usize::from(self.is_xnor))
    }

    /// Library modules that it is made of.
    pub fn library(&self) -> Vec<Library> {
        let mut library = Vec::new();
        if matches!(self.multiply, Multiply::Lut { .. }) {
            library.push(Library::LutMultiply);
        }
        library.extend(
            self.levels.iter().map(|level| if level.counts { Library::Popcount } else { Library::Sum4 }),
        );
        library
    }

    pub fn render(&self, site: &Site<'_>, module: &str) -> Result<String, RtlError> {
        let (x_bits, w_bits) = (self.x.bits as usize, self.w.bits as usize);
        let ([x_range, w_range, sum_range], blank) =
            ranges([self.simd * x_bits, self.simd * w_bits, self.sum.bits]);
        let title = format!("dot product of {} activations ({}) and weights ({})", self.simd, self.x, self.w);
        let output = match self.levels.len() {
            0 => "product_q".to_owned(),
            n => format!("sum{n}"),
        };
        let text = Module {
            header: site.header(module, &title, &[]),
            module,
            blank,
            x_range,
            w_range,
            sum_range,
            simd: self.simd,
            product_bits: self.product.bits,
            multiply: &self.multiply,
            registers_products: self.registers_products,
            levels: &self.levels,
            output,
        };
        Ok(text.render()?)
    }
}

fn multiply(mac: &MacArray) -> Multiply {
    let (x, w) = (operand("x", mac.x), operand("w", mac.w));
    if is_xnor(mac) {
        return Multiply::Xnor;
    }
    if mac.w.is_bipolar() || mac.x.is_bipolar() {
        let (value, sign) = if mac.w.is_bipolar() { (x, w) } else { (w, x) };
        let bits = value.bits.max(product_range(mac).bits as usize);
        let extended = resized("value", value.bits, value.signed == 1, bits);
        return Multiply::Negate { value: value.name, sign: sign.name, bits: value.bits, extended };
    }
    let (a, b) = if w.bits <= x.bits { (x, w) } else { (w, x) };
    if mac.multiplier == Multiplier::Dsp { Multiply::Dsp { a, b } } else { Multiply::Lut { a, b } }
}

fn operand(name: &'static str, ty: IntType) -> Operand {
    let bits = ty.bits as usize;
    let lane = format!("{name}[i*{bits} +: {bits}]");
    let signed = usize::from(ty.is_signed());
    let operand = if ty.is_signed() { lane } else { format!("{{1'b0, {lane}}}") };
    Operand { name, bits, signed, signed_bits: bits + 1 - signed, operand }
}

/// The range of a product, and zero for lanes that the matrix does not have.
fn product_range(mac: &MacArray) -> IntType {
    let ends =
        [mac.x.min * mac.w.min, mac.x.min * mac.w.max, mac.x.max * mac.w.min, mac.x.max * mac.w.max, 0];
    IntType::smallest(ends.into_iter().min().unwrap_or(0), ends.into_iter().max().unwrap_or(0))
}

/// The layout of a product: as its multiplier writes it.
fn product_layout(mac: &MacArray, multiply: &Multiply) -> Layout {
    let range = product_range(mac);
    let bits = match multiply {
        Multiply::Xnor => return Layout { bits: 1, signed: false },
        Multiply::Negate { bits, .. } => (range.bits as usize).max(*bits),
        Multiply::Lut { a, b } => a.bits + b.bits,
        Multiply::Dsp { a, b } => (range.bits as usize).max(a.signed_bits.max(b.signed_bits)),
    };
    Layout { bits, signed: range.is_signed() }
}

/// The levels of the adder tree and the layout of their sum, from products called `first`. Sums grow with the
/// range of their terms, but not beyond the accumulator, to which all wrap.
fn tree(mac: &MacArray, product: Layout, first: &str) -> (Vec<Level>, Layout) {
    let mut levels = Vec::new();
    let (mut layout, mut terms) = (product, mac.simd);
    let range = if is_xnor(mac) { IntType::smallest(0, 1) } else { product_range(mac) };
    let mut added = 1;
    for (index, sums) in mac.tree().into_iter().enumerate() {
        let radix = mac.tree_radix(index);
        added = (added * radix).min(mac.simd);
        let full = IntType::smallest(range.min * added as i64, range.max * added as i64).bits as usize;
        let needed = if is_xnor(mac) { full } else { full.min(mac.acc.bits as usize) };
        let counts = layout.bits == 1 && !layout.signed && radix > 4;
        let radix = if counts { radix.min(terms) } else { radix };
        let bits = needed.max(layout.bits);
        let name = if index == 0 { first.to_owned() } else { format!("sum{index}") };
        levels.push(Level {
            source: padded(&name, sums * radix - terms, layout.bits),
            terms: sums,
            radix,
            in_bits: layout.bits,
            out_bits: bits,
            signed: usize::from(layout.signed),
            counts,
        });
        (layout, terms) = (Layout { bits, ..layout }, sums);
    }
    (levels, layout)
}

/// `name` with `missing` terms of zero above it.
fn padded(name: &str, missing: usize, bits: usize) -> String {
    match missing * bits {
        0 => name.to_owned(),
        zeros => format!("{{{zeros}'d0, {name}}}"),
    }
}
