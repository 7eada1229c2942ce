//! MAC array: a module with control, weights and accumulators, and one for the dot product of a row.

mod dot;
mod rows;
mod weights;

use crate::flow::Flow;
use crate::text::{aligned, constant, counter_bits, ranges, resized};
use crate::{Library, Rtl, RtlError, Site, Source, ToRtl};
use askama::Template;
use mpqc_ir::design::blocks::{BlockSpec, MacArray, MemoryStyle, RowClass};
use rows::Rows;
use weights::{WeightConstant, WeightMemory, Weights};

#[derive(Template)]
#[template(path = "mac_array.v")]
struct Module<'a> {
    header: String,
    module: String,
    blank: String,
    s_data: String,
    m_data: String,
    flow: Flow,
    mac: &'a MacArray,
    rows: &'a Rows<'a>,
    x_bits: usize,
    w_bits: usize,
    word_bits: usize,
    operand_stages: usize,
    operands: [String; 2],
    dot_bits: usize,
    acc_bits: usize,
    address_bits: usize,
    rom: &'static str,
    memories: Vec<WeightMemory>,
    constants: Vec<WeightConstant>,
    /// Whether vectors are several pixels, or weights several taps; then the counter of a row's vectors, …
    overlaps: bool,
    column_bits: usize,
    column_pad: String,
    first_column: String,
    /// … what says that an arriving beat is the last of a vector, or of a pass, and that one in a stage is, …
    vector_ends: &'static str,
    pass_ends: &'static str,
    ends: &'static str,
    /// … the wire of the activations, and the bits of a row's sums.
    x: &'static str,
    dots: &'static str,
    acc_lanes: &'static str,
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
        let rows = Rows::new(self);
        let text = module(self, site, &rows, &weights).render()?;
        let mut rtl = site.own_block(text, library(self, &rows));
        if let Some(dot) = &rows.dot {
            let module = format!("{}_dot", site.module());
            let text = dot.render(site, &module)?;
            rtl.modules.push(Source::new(module, &text));
        }
        rtl.memories = weights.images(site);
        Ok(rtl)
    }
}

fn check(mac: &MacArray, site: &Site<'_>) -> Result<(), RtlError> {
    if mac.dsp.rows > mac.pe || (mac.dsp.rows > 0 && mac.packing().is_none()) {
        return Err(site.contradiction("the rows in DSP slices are some of its rows, and fit the slices"));
    }
    if !mac.has_sound_rows() {
        return Err(site.contradiction("every row is as wide as its weights"));
    }
    if mac.groups == 0 || !mac.outputs().is_multiple_of(mac.groups) {
        return Err(site.contradiction("groups have as many outputs each"));
    }
    if mac.groups > 1 && !(mac.outputs() / mac.groups).is_multiple_of(mac.pe) {
        return Err(site.contradiction("the rows divide the outputs of a group"));
    }
    if !mac.has_sound_overlap() {
        return Err(site.contradiction("vectors of several pixels are whole in beats, passes and rows"));
    }
    if mac.memory == MemoryStyle::Constant && mac.depth() > 1 {
        return Err(site.contradiction("constant weights are one word per row"));
    }
    site.check_operands(mac.operand_stages, mac.memory, mac.depth())?;
    Ok(())
}

fn module<'a>(mac: &'a MacArray, site: &Site<'_>, rows: &'a Rows<'a>, weights: &Weights) -> Module<'a> {
    let (x_bits, acc_bits) = (mac.simd * mac.x.bits as usize, mac.acc.bits as usize);
    let ([s_data, m_data], blank) = ranges([x_bits, mac.sums() * acc_bits]);
    let (overlaps, column_bits) = (!mac.overlap.is_none(), counter_bits(mac.overlap.columns));
    let vector_ends = if mac.neuron_fold() > 1 { "last_word" } else { "last" };
    let early = |n: usize| (n > 0).then(|| format!("column >= {column_bits}'d{n}"));
    let flow = Flow::new(mac, mac.stages(), mac.synapse_fold(), mac.sums() * acc_bits).reducing();
    let address_bits = counter_bits(mac.depth());
    let start = start(mac);
    let last_rows = mac.outputs() % mac.pe;
    Module {
        header: header(mac, site),
        module: site.module(),
        blank,
        s_data,
        m_data,
        overlaps,
        column_bits,
        column_pad: " ".repeat(vector_ends.len() - 3),
        first_column: format!("column == {column_bits}'d0"),
        vector_ends,
        pass_ends: flow.completes(),
        ends: if mac.overlap.taps > 1 { "ends" } else { "emit" },
        x: rows::x_name(mac),
        dots: if overlaps { "ROW_BITS" } else { "DOT_BITS" },
        acc_lanes: if overlaps { "PIXELS*PE" } else { "PE" },
        flow: flow.only_if(early(mac.overlap.early())),
        mac,
        rows,
        x_bits,
        w_bits: mac.row_weights() * mac.w.bits as usize,
        word_bits: mac.row_start(mac.pe),
        operand_stages: mac.operand_stages,
        operands: aligned(["[X_BITS-1:0]", if mac.is_even() { "[PE*W_BITS-1:0]" } else { "[WORD-1:0]" }]),
        dot_bits: rows.sum.bits,
        acc_bits,
        address_bits,
        rom: rom(mac.memory).name(),
        memories: weights.memories(site),
        constants: weights.constants(),
        ragged: (last_rows > 0 && mac.w.is_bipolar()).then_some(last_rows),
        last_group: format!("address >= {address_bits}'d{}", mac.depth() - mac.synapse_fold()),
        term: term(mac, rows),
        unused: unused(mac, rows),
        start: constant(acc_bits, start),
        has_start: start != 0,
    }
}

fn library(mac: &MacArray, rows: &Rows<'_>) -> Vec<Library> {
    let mut library = rows.library();
    library.push(Library::buffer(mac.output_depth()));
    if mac.depth() > 1 {
        library.push(rom(mac.memory));
    }
    library.extend((mac.overlap.taps > 1).then_some(Library::Delay));
    library
}

fn header(mac: &MacArray, site: &Site<'_>) -> String {
    let (outputs, inputs) = mac.weights.dim();
    let title = format!(
        "{outputs} dot products of {inputs} inputs, {} rows (PE) of {} multipliers (SIMD)",
        mac.pe, mac.simd
    );
    let (beats, sendings, words) = (mac.synapse_fold(), mac.neuron_fold() / mac.groups, mac.depth());
    let groups = match mac.groups {
        1 => String::new(),
        n => format!(" {n} groups of outputs, of a vector each."),
    };
    let facts = [
        format!("Activations {}, weights {}, sums {}.{groups}", mac.x, mac.w, mac.acc),
        arithmetic(mac) + &widths(mac),
        format!("Beats of a vector: {beats}. Sendings of it: {sendings}. Words of weights: {words}."),
    ];
    site.header(&site.module(), &title, &facts)
}

/// What multiplies.
fn arithmetic(mac: &MacArray) -> String {
    let lut = match (mac.is_xnor(), mac.allows_classes()) {
        (true, _) => "by XNOR and counting",
        (_, true) => "in look-up tables, by bit planes",
        (_, false) => "in look-up tables",
    };
    match (mac.dsp.rows, mac.lut_rows()) {
        (0, all) => format!("All {all} rows {lut}."),
        (rows, others) => {
            let slices = format!("{rows} rows in DSP slices of {} products each", mac.dsp.products);
            if others > 0 { format!("The first {slices}, {others} {lut}.") } else { format!("All {slices}.") }
        }
    }
}

/// How wide the weights of its rows are, where they differ.
fn widths(mac: &MacArray) -> String {
    let class = |class: RowClass| format!("{} of {} bits", class.rows.len(), class.bits);
    let classes: Vec<String> = mac.lut_classes().into_iter().map(class).collect();
    if mac.is_even() { String::new() } else { format!(" Rows by the width of their weights: {}.", classes.join(", ")) }
}

fn rom(style: MemoryStyle) -> Library {
    if style == MemoryStyle::Block { Library::RomBlock } else { Library::Rom }
}

/// Where a sum begins: a count `p` of equal signs among `n` stands for `p − (n − p) = 2p − n`.
fn start(mac: &MacArray) -> i64 {
    if mac.is_xnor() { -(mac.inputs() as i64) } else { 0 }
}

/// A dot product as the accumulator adds it.
fn term(mac: &MacArray, rows: &Rows<'_>) -> String {
    let acc_bits = mac.acc.bits as usize;
    if !mac.is_xnor() {
        return resized("dot", rows.sum.bits, rows.sum.signed, acc_bits);
    }
    match acc_bits {
        1 => "1'b0".to_owned(),
        n => format!("{{{}, 1'b0}}", resized("dot", rows.sum.bits, false, n - 1)),
    }
}

/// The bits of a dot product that the accumulator leaves off.
fn unused(mac: &MacArray, rows: &Rows<'_>) -> Option<String> {
    let (bits, kept) = (rows.sum.bits, mac.acc.bits as usize - usize::from(mac.is_xnor()));
    (bits > kept).then(|| format!("dot[{}:{kept}]", bits - 1))
}
