//! The dot product of a row whose products are formed one by one: of ±1, or with known weights.

use crate::product::{Layout, Product};
use crate::text::ranges;
use crate::{Library, RtlError, Site};
use askama::Template;
use mpqc_ir::design::blocks::{MacArray, Multiplier};
use mpqc_ir::number::IntType;

/// The dot product of a row.
pub(super) struct Dot<'a> {
    mac: &'a MacArray,
    product: Product,
    /// A term of the adder tree.
    term: Layout,
    /// The result.
    pub sum: Layout,
}

/// Products that are counted before they are added.
struct Count {
    /// Bits that a count takes.
    radix: usize,
    /// The bits, padded with zeros to a multiple of that.
    source: String,
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
    count: Option<Count>,
    source: &'static str,
    terms: usize,
    term_bits: usize,
    sum_bits: usize,
    signed: u8,
    levels: usize,
    per_stage: usize,
}

impl<'a> Dot<'a> {
    pub fn new(mac: &'a MacArray) -> Self {
        let product = Product::new(("x", mac.x), ("w", mac.w), Multiplier::Lut);
        let counted = MacArray::COUNTED.min(mac.simd);
        let term = match mac.is_xnor() {
            true => Layout { bits: bits_of(0, counted as i64), signed: false },
            false => product.layout,
        };
        let sum = Layout { bits: sum_bits(mac, &product).max(term.bits), ..term };
        Dot { mac, product, term, sum }
    }

    /// Library modules that it is made of.
    pub fn library(&self) -> Vec<Library> {
        let count = self.mac.is_xnor().then_some(Library::Popcount);
        self.product.library().into_iter().chain(count).chain([Library::AdderTree]).collect()
    }

    pub fn render(&self, site: &Site<'_>, module: &str) -> Result<String, RtlError> {
        let MacArray { simd, x, w, .. } = *self.mac;
        let ([x_range, w_range, sum_range], blank) =
            ranges([simd * x.bits as usize, simd * w.bits as usize, self.sum.bits]);
        let title = format!("dot product of {simd} activations ({x}) and weights ({w})");
        let levels = self.mac.levels_of_products();
        let text = Module {
            header: site.header(module, &title, &[]),
            module,
            blank,
            x_range,
            w_range,
            sum_range,
            simd,
            product_bits: self.product.layout.bits,
            multiplication: &self.product,
            registers_products: levels.products,
            count: self.count(),
            source: self.source(),
            terms: self.mac.terms(),
            term_bits: self.term.bits,
            sum_bits: self.sum.bits,
            signed: u8::from(self.term.signed),
            levels: levels.adders,
            per_stage: self.mac.per_stage,
        };
        Ok(text.render()?)
    }

    fn count(&self) -> Option<Count> {
        let radix = MacArray::COUNTED.min(self.mac.simd);
        let missing = self.mac.terms() * radix - self.mac.simd;
        let source = if missing == 0 { "product".to_owned() } else { format!("{{{missing}'d0, product}}") };
        self.mac.is_xnor().then_some(Count { radix, source })
    }

    /// What the adder tree adds.
    fn source(&self) -> &'static str {
        match (self.mac.is_xnor(), self.mac.registers_products()) {
            (true, _) => "counts",
            (false, true) => "product_q",
            (false, false) => "product",
        }
    }
}

/// Bits of the sum: they grow with the range of the terms, but not beyond the accumulator, to which all wrap.
fn sum_bits(mac: &MacArray, product: &Product) -> usize {
    let simd = mac.simd as i64;
    if mac.is_xnor() {
        return bits_of(0, simd);
    }
    bits_of(product.range.min * simd, product.range.max * simd).min(mac.acc.bits as usize)
}

fn bits_of(min: i64, max: i64) -> usize {
    IntType::smallest(min, max).bits as usize
}
