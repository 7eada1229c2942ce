//! The dot product of a row: products and adder tree.

use super::is_xnor;
use crate::text::ranges;
use crate::{Library, RtlError, Site};
use crate::product::{Layout, Product};
use askama::Template;
use mpqc_ir::design::blocks::MacArray;
use mpqc_ir::number::IntType;

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
    product: Product,
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
    multiplication: &'a Product,
    registers_products: bool,
    levels: &'a [Level],
    output: String,
}

impl Dot {
    pub fn new(mac: &MacArray) -> Self {
        let product = Product::new(("x", mac.x), ("w", mac.w), mac.multiplier);
        let registers_products = mac.registers_products();
        let first = if registers_products { "product_q" } else { "product" };
        let (levels, sum) = tree(mac, &product, first);
        Dot {
            simd: mac.simd,
            x: mac.x,
            w: mac.w,
            product,
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
        let mut library: Vec<Library> = self.product.library().into_iter().collect();
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
            product_bits: self.product.layout.bits,
            multiplication: &self.product,
            registers_products: self.registers_products,
            levels: &self.levels,
            output,
        };
        Ok(text.render()?)
    }
}

/// The levels of the adder tree and the layout of their sum, from products called `first`. Sums grow with the
/// range of their terms, but not beyond the accumulator, to which all wrap.
fn tree(mac: &MacArray, product: &Product, first: &str) -> (Vec<Level>, Layout) {
    let mut levels = Vec::new();
    let (mut layout, mut terms) = (product.layout, mac.simd);
    let range = if is_xnor(mac) { IntType::smallest(0, 1) } else { product.range };
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
