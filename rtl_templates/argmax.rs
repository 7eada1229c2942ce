//! ArgMax and TopK.

use crate::flow::Flow;
use crate::text::{constant, ranges, resized};
use crate::{Library, Rtl, RtlError, Site, ToRtl};
use askama::Template;
use mpqc_ir::design::blocks::{ArgMax, BlockSpec};

#[derive(Template)]
#[template(path = "argmax.v")]
struct Module {
    header: String,
    module: String,
    blank: String,
    s_data: String,
    m_data: String,
    flow: Flow,
    sign: &'static str,
    value_bits: usize,
    index_bits: usize,
    code_bits: usize,
    with_value: bool,
    /// The value of each lane.
    lanes: Vec<String>,
    /// Lanes that no vector fills.
    unused: Option<String>,
    tree: Vec<Node>,
    best: String,
    best_lane: String,
    /// Ranks that are kept.
    ranks: Vec<usize>,
    codes: Vec<String>,
}

/// A comparison of two values with their lanes.
struct Node {
    name: String,
    left: String,
    left_lane: String,
    right: String,
    right_lane: String,
}

impl ToRtl for ArgMax {
    fn to_rtl(&self, site: &Site<'_>) -> Result<Rtl, RtlError> {
        if self.function.k == 0 || self.function.k > self.channels {
            return Err(site.contradiction("at least one and at most all channels are kept"));
        }
        if self.function.k > 1 && self.lanes > 1 {
            return Err(site.contradiction("several channels are kept of a stream of one lane only"));
        }
        let text = module(self, site).render()?;
        Ok(site.own_block(text, vec![Library::buffer(self.output_depth())]))
    }
}

fn module(block: &ArgMax, site: &Site<'_>) -> Module {
    let (k, code_bits) = (block.function.k, block.output.bits as usize);
    let (bits, lanes) = (block.input.bits as usize, block.lanes.min(block.channels));
    let ([s_data, m_data], blank) = ranges([block.lanes * bits, k * code_bits]);
    let index_bits = block.function.index_bits as usize;
    let (tree, best, best_lane) = tree(lanes, index_bits);
    let title = format!("the {k} largest of {} channels, ties to the lower", block.channels);
    let fact = format!(
        "Values are {} in beats of {} lanes; results are {}.",
        block.input, block.lanes, block.output
    );
    Module {
        header: site.header(&site.module(), &title, &[fact]),
        module: site.module(),
        blank,
        s_data,
        m_data,
        flow: Flow::new(block, ArgMax::STAGES, block.beats(), k * code_bits).reducing(),
        sign: if value_is_signed(block) { "signed " } else { "" },
        value_bits: value_bits(block),
        index_bits,
        code_bits,
        with_value: has_value(block),
        lanes: (0..lanes).map(|lane| value(block, lane)).collect(),
        unused: (lanes < block.lanes).then(|| format!("s_data[{}:{}]", block.lanes * bits - 1, lanes * bits)),
        tree,
        best,
        best_lane,
        ranks: (0..k).collect(),
        codes: (0..k).map(|rank| code(block, rank)).collect(),
    }
}

/// Whether values go along with their indices.
fn has_value(block: &ArgMax) -> bool {
    block.function.with_value || block.function.k > 1
}

/// ±1 compares as its bit, but is written as a number.
fn value_is_signed(block: &ArgMax) -> bool {
    block.input.is_signed()
}

fn value_bits(block: &ArgMax) -> usize {
    if block.input.is_bipolar() { 2 } else { block.input.bits as usize }
}

/// The value of a lane; padding is the least value, which never beats a lower channel.
fn value(block: &ArgMax, lane: usize) -> String {
    let bits = block.input.bits as usize;
    let slice = format!("s_data[{}:{}]", lane * bits + bits - 1, lane * bits);
    let value = if block.input.is_bipolar() { format!("{{!{slice}, 1'b1}}") } else { slice };
    let last_lanes = block.channels % block.lanes;
    let value = match last_lanes == 0 || lane < last_lanes {
        true => value,
        false => format!("last ? {} : {value}", constant(value_bits(block), block.input.min)),
    };
    if value_is_signed(block) { format!("$signed({value})") } else { value }
}

/// Comparisons that reduce the lanes to one, and the names of the best value and its lane.
fn tree(lanes: usize, index_bits: usize) -> (Vec<Node>, String, String) {
    let mut level: Vec<(String, String)> =
        (0..lanes).map(|lane| (format!("value_{lane}"), constant(index_bits, lane as i64))).collect();
    let mut nodes = Vec::new();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| join(pair, &mut nodes)).collect();
    }
    let (best, lane) = level.pop().unwrap_or_default();
    (nodes, best, lane)
}

fn join(pair: &[(String, String)], nodes: &mut Vec<Node>) -> (String, String) {
    let [left, right] = pair else { return pair[0].clone() };
    let name = format!("best_{}", nodes.len());
    nodes.push(Node {
        name: name.clone(),
        left: left.0.clone(),
        left_lane: left.1.clone(),
        right: right.0.clone(),
        right_lane: right.1.clone(),
    });
    (name.clone(), format!("{name}_lane"))
}

fn code(block: &ArgMax, rank: usize) -> String {
    let (bits, index_bits) = (block.output.bits as usize, block.function.index_bits as usize);
    let index = format!("index_new_{rank}");
    if !has_value(block) {
        return resized(&index, index_bits, false, bits);
    }
    let value =
        resized(&format!("value_new_{rank}"), value_bits(block), value_is_signed(block), bits - index_bits);
    format!("{{{value}, {index}}}")
}
