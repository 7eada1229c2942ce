//! Depthwise MAC array.

use crate::flow::Flow;
use crate::product::Product;
use crate::text::{aligned, ranges, resized};
use crate::{Library, Memory, Rtl, RtlError, Site, ToRtl, Word};
use askama::Template;
use mpqc_ir::design::blocks::{BlockSpec, Depthwise, MemoryStyle, Multiplier};

#[derive(Template)]
#[template(path = "depthwise.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    s_data: String,
    m_data: String,
    flow: Flow,
    operand_stages: usize,
    operands: [String; 2],
    lanes: usize,
    slices: usize,
    taps: usize,
    /// Whether an arriving beat is of a window's first tap.
    first: String,
    x_bits: usize,
    w_bits: usize,
    acc_bits: usize,
    rom: &'static str,
    path: String,
    /// The weights where there is but one word of them.
    word: String,
    multiplication: Product,
    term: String,
    unused: Option<String>,
}

impl ToRtl for Depthwise {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        site.check_lanes(self.lanes, self.channels())?;
        site.check_operands(self.operand_stages, self.memory, self.beats())?;
        let module = module(self, site);
        if self.multiplier == Multiplier::Xnor && !is_xnor(self) {
            return Err(site.contradiction("XNOR multiplies bipolar with bipolar"));
        }
        let mut library = vec![Library::buffer(self.output_depth())];
        library.extend(module.multiplication.library());
        library.extend((self.taps() > 1).then_some(Library::Delay));
        library.extend((self.beats() > 1).then_some(rom(self)));
        let mut rtl = site.own_block(module.render()?, library);
        if self.beats() > 1 {
            let words = (0..self.beats()).map(|beat| word(self, beat)).collect();
            rtl.memories.push(Memory { path: module.path, words });
        }
        Ok(rtl)
    }
}

fn module(block: &Depthwise, site: &Site<'_>) -> Module {
    let (w, acc_bits) = (block.product.weight_type, block.product.accumulator.bits as usize);
    let x_bits = block.lanes * block.x.bits as usize;
    let ([s_data, m_data], blank) = ranges([x_bits, block.lanes * acc_bits]);
    let flow = Flow::new(block, block.stages(), block.beats(), block.lanes * acc_bits);
    let multiplication = Product::new(("x1", block.x), ("w1", w), block.multiplier);
    let product_bits = multiplication.layout.bits;
    Module {
        header: header(block, site),
        module: site.module(),
        blank,
        s_data,
        m_data,
        operand_stages: block.operand_stages,
        operands: aligned(["[X_BITS-1:0]", "[W_BITS-1:0]"]),
        lanes: block.lanes,
        slices: block.slices(),
        taps: block.taps(),
        first: format!("beat < {}'d{}", flow.beat_bits, block.slices()),
        x_bits,
        w_bits: block.lanes * w.bits as usize,
        acc_bits,
        rom: rom(block).name(),
        path: site.memory("weights"),
        word: word(block, 0).literal(),
        term: term(block, &multiplication),
        unused: (product_bits > acc_bits).then(|| format!("p[{}:{acc_bits}]", product_bits - 1)),
        multiplication,
        flow: flow.reducing_to(block.slices()),
    }
}

fn header(block: &Depthwise, site: &Site<'_>) -> String {
    let (taps, channels) = block.product.weights.dim();
    let (w, acc) = (block.product.weight_type, block.product.accumulator);
    let facts = [
        format!("Activations {}, weights {w}, sums {acc}.", block.x),
        format!("Windows of {taps} taps, each of {} beats of {} lanes.", block.slices(), block.lanes),
    ];
    site.header(&site.module(), &format!("{channels} channels, a kernel of its own for each"), &facts)
}

fn rom(block: &Depthwise) -> Library {
    if block.memory == MemoryStyle::Block { Library::RomBlock } else { Library::Rom }
}

/// The weights of a beat, the lowest channel in the lowest bits.
fn word(block: &Depthwise, beat: usize) -> Word {
    let (tap, first) = (beat / block.slices(), beat % block.slices() * block.lanes);
    let weight = |channel: usize| block.product.weights.get((tap, channel)).copied().unwrap_or(0);
    Word::of(block.product.weight_type, (first..first + block.lanes).map(weight))
}

/// Whether products are whether two signs are equal.
fn is_xnor(block: &Depthwise) -> bool {
    block.x.is_bipolar() && block.product.weight_type.is_bipolar()
}

/// The product `p` of a lane as the accumulator adds it.
fn term(block: &Depthwise, product: &Product) -> String {
    let acc_bits = block.product.accumulator.bits as usize;
    match (is_xnor(block), acc_bits) {
        (true, 1) => "p | 1'b1".to_owned(),
        (true, n) => format!("{{{{{}{{!p[0]}}}}, 1'b1}}", n - 1),
        (false, n) => resized("p", product.layout.bits, product.layout.signed, n),
    }
}
