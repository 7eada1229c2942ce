//! MAC array: a module with control, weights and accumulators, and one for the dot product of a row.

mod dot;
mod weights;

use crate::flow::Flow;
use crate::text::{constant, counter_bits, ranges, resized};
use crate::{Library, Rtl, RtlError, Site, Source, ToRtl};
use askama::Template;
use dot::Dot;
use mpqc_ir::design::blocks::{MacArray, MemoryStyle, Multiplier};
use weights::{WeightMemory, Weights};

#[derive(Template)]
#[template(path = "mac_array.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    s_data: String,
    m_data: String,
    flow: Flow,
    pe: usize,
    simd: usize,
    x: String,
    w: String,
    x_bits: usize,
    w_bits: usize,
    dot_bits: usize,
    acc_bits: usize,
    depth: usize,
    address_bits: usize,
    synapse_fold: usize,
    neuron_fold: usize,
    rom: &'static str,
    memories: Vec<WeightMemory>,
    constants: Vec<String>,
    /// First row that the last group does not have, where zero weights cannot express that.
    ragged: Option<usize>,
    last_group: String,
    term: String,
    unused: Option<String>,
    start: String,
    has_start: bool,
}

impl ToRtl for MacArray {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        check(self, site)?;
        let weights = Weights::new(self);
        let dot = Dot::new(self);
        let dot_module = format!("{}_dot", site.module());
        let module = self.module(site, &dot, &weights);
        let mut rtl = site.own_block(module.render()?, self.library(&dot));
        let text = dot.render(site, &dot_module)?;
        rtl.modules.push(Source::new(dot_module, &text));
        rtl.memories = weights.images(site);
        Ok(rtl)
    }
}

fn check(mac: &MacArray, site: &Site<'_>) -> Result<(), RtlError> {
    if mac.multiplier == Multiplier::Xnor && !is_xnor(mac) {
        return Err(site.contradiction("XNOR multiplies bipolar with bipolar"));
    }
    if mac.memory == MemoryStyle::Constant && mac.depth() > 1 {
        return Err(site.contradiction("constant weights are one word per row"));
    }
    Ok(())
}

/// Whether products are XNORs and sums are counts: ±1 times ±1, by whatever multiplier.
fn is_xnor(mac: &MacArray) -> bool {
    mac.x.is_bipolar() && mac.w.is_bipolar()
}

/// What the template needs to know of a [`MacArray`].
trait Context {
    fn module(&self, site: &Site<'_>, dot: &Dot, weights: &Weights) -> Module;
    fn library(&self, dot: &Dot) -> Vec<Library>;
    fn header(&self, site: &Site<'_>) -> String;
}

impl Context for MacArray {
    fn module(&self, site: &Site<'_>, dot: &Dot, weights: &Weights) -> Module {
        let (x_bits, acc_bits) = (self.simd * self.x.bits as usize, self.acc.bits as usize);
        let ([s_data, m_data], blank) = ranges([x_bits, self.pe * acc_bits]);
        let flow = Flow::new(self, self.stages(), self.synapse_fold(), self.pe * acc_bits).reducing();
        let address_bits = counter_bits(self.depth());
        let start = start(self);
        let rows = self.outputs() % self.pe;
        let last = format!("address >= {address_bits}'d{}", self.depth() - self.synapse_fold());
        Module {
            header: self.header(site),
            module: site.module(),
            blank,
            s_data,
            m_data,
            pe: self.pe,
            simd: self.simd,
            x: self.x.to_string(),
            w: self.w.to_string(),
            x_bits,
            w_bits: self.simd * self.w.bits as usize,
            dot_bits: dot.sum.bits,
            acc_bits,
            depth: self.depth(),
            address_bits,
            synapse_fold: self.synapse_fold(),
            neuron_fold: self.neuron_fold(),
            rom: rom(self.memory).name(),
            memories: weights.memories(site),
            constants: weights.constants(),
            ragged: (rows > 0 && self.w.is_bipolar()).then_some(rows),
            last_group: last,
            flow,
            term: term(self, dot),
            unused: (dot.term_bits() > acc_bits).then(|| dot.unused(acc_bits)),
            start: constant(acc_bits, start),
            has_start: start != 0,
        }
    }

    fn library(&self, dot: &Dot) -> Vec<Library> {
        let mut library = dot.library();
        library.push(Library::buffer(mpqc_ir::design::blocks::BlockSpec::output_depth(self)));
        if self.depth() > 1 {
            library.push(rom(self.memory));
        }
        library
    }

    fn header(&self, site: &Site<'_>) -> String {
        let (outputs, inputs) = self.weights.dim();
        let title = format!(
            "{outputs} dot products of {inputs} inputs, {} rows (PE) of {} multipliers (SIMD)",
            self.pe, self.simd
        );
        let facts = [
            format!("Activations {}, weights {}, sums {}.", self.x, self.w, self.acc),
            format!(
                "A vector takes {} beats and is sent {} times: {} words of weights.",
                self.synapse_fold(),
                self.neuron_fold(),
                self.depth()
            ),
        ];
        site.header(&site.module(), &title, &facts)
    }
}

fn rom(style: MemoryStyle) -> Library {
    if style == MemoryStyle::Block { Library::RomBlock } else { Library::Rom }
}

/// Where a sum begins: a count `p` of equal signs among `n` stands for `p − (n − p) = 2p − n`.
fn start(mac: &MacArray) -> i64 {
    if is_xnor(mac) { -(mac.inputs() as i64) } else { 0 }
}

/// A dot product as the accumulator adds it.
fn term(mac: &MacArray, dot: &Dot) -> String {
    let acc_bits = mac.acc.bits as usize;
    if !is_xnor(mac) {
        return resized("dot", dot.sum.bits, dot.sum.signed, acc_bits);
    }
    match acc_bits {
        1 => "1'b0".to_owned(),
        n => format!("{{{}, 1'b0}}", resized("dot", dot.sum.bits, false, n - 1)),
    }
}
