//! The products of two vectors, lane by lane.

use crate::Library;
use crate::text::resized;
use askama::Template;
use mpqc_ir::design::blocks::Multiplier;
use mpqc_ir::number::IntType;

/// How a value lies in its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
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
    Xnor { x: &'static str, w: &'static str },
    /// A value times ±1.
    Negate { value: &'static str, sign: &'static str, bits: usize, extended: String },
    /// Rows of partial products.
    Lut { a: Operand, b: Operand },
    /// A DSP slice.
    Dsp { a: Operand, b: Operand },
}

/// The product of lane `i` of two vectors; renders as the body of a loop over `i` that drives
/// `product[i*PRODUCT +: PRODUCT]`.
#[derive(Template)]
#[template(path = "parts/product.v")]
pub(crate) struct Product {
    multiply: Multiply,
    /// How a product lies in its bits: as its multiplier writes it. Of ±1 times ±1 it is whether they are equal.
    pub layout: Layout,
    /// The range of a product, and zero for lanes that are not used.
    pub range: IntType,
}

impl Product {
    /// The product of the lanes of two wires.
    pub fn new(x: (&'static str, IntType), w: (&'static str, IntType), multiplier: Multiplier) -> Self {
        let range = range(x.1, w.1);
        let multiply = multiply(x, w, range, multiplier);
        Product { layout: layout(&multiply, range), multiply, range }
    }

    /// Library modules that it is made of.
    pub fn library(&self) -> Option<Library> {
        matches!(self.multiply, Multiply::Lut { .. }).then_some(Library::LutMultiply)
    }
}

fn multiply(
    x: (&'static str, IntType),
    w: (&'static str, IntType),
    range: IntType,
    multiplier: Multiplier,
) -> Multiply {
    if x.1.is_bipolar() && w.1.is_bipolar() {
        return Multiply::Xnor { x: x.0, w: w.0 };
    }
    let (signs, wide) = (x.1.is_bipolar() || w.1.is_bipolar(), w.1.bits <= x.1.bits);
    let (x_is_sign, x, w) = (x.1.is_bipolar(), operand(x.0, x.1), operand(w.0, w.1));
    if signs {
        let (value, sign) = if x_is_sign { (w, x) } else { (x, w) };
        let bits = value.bits.max(range.bits as usize);
        let extended = resized("value", value.bits, value.signed == 1, bits);
        return Multiply::Negate { value: value.name, sign: sign.name, bits: value.bits, extended };
    }
    let (a, b) = if wide { (x, w) } else { (w, x) };
    if multiplier == Multiplier::Dsp { Multiply::Dsp { a, b } } else { Multiply::Lut { a, b } }
}

fn operand(name: &'static str, ty: IntType) -> Operand {
    let bits = ty.bits as usize;
    let lane = format!("{name}[i*{bits} +: {bits}]");
    let signed = usize::from(ty.is_signed());
    let operand =
        if ty.is_signed() { format!("$signed({lane})") } else { format!("$signed({{1'b0, {lane}}})") };
    Operand { name, bits, signed, signed_bits: bits + 1 - signed, operand }
}

fn range(x: IntType, w: IntType) -> IntType {
    let ends = [x.min * w.min, x.min * w.max, x.max * w.min, x.max * w.max, 0];
    IntType::smallest(ends.into_iter().min().unwrap_or(0), ends.into_iter().max().unwrap_or(0))
}

fn layout(multiply: &Multiply, range: IntType) -> Layout {
    let bits = match multiply {
        Multiply::Xnor { .. } => return Layout { bits: 1, signed: false },
        Multiply::Negate { bits, .. } => (range.bits as usize).max(*bits),
        Multiply::Lut { a, b } => a.bits + b.bits,
        Multiply::Dsp { a, b } => (range.bits as usize).max(a.signed_bits.max(b.signed_bits)),
    };
    Layout { bits, signed: range.is_signed() }
}
