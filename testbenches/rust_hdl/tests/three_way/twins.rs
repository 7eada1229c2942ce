//! A rust-hdl model for every block that has one, held against what the simulator says flows.

use mpqc_ir::design::blocks::{MacArray, ScaleShift, Thresholds};
use mpqc_ir::design::{Block, Design};
use mpqc_ir::number::{self, IntType};
use mpqc_rust_hdl::Requantizer;
use mpqc_rust_hdl::mac_element::mac_element;
use mpqc_rust_hdl::operand::{Encoding, Format};
use mpqc_rust_hdl::scale_shift::{Affine, scale_shift};
use mpqc_rust_hdl::threshold_counter::{Comparisons, threshold_counter};
use mpqc_sim::function::{Evaluator, FrameData};
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::collections::HashSet;

/// A frame's elements into a block to its elements out.
type Model = Box<dyn FnMut(&[i64]) -> Vec<i64>>;

/// A block's model, and where the block is.
struct Twin {
    name: String,
    input: EdgeIndex,
    output: EdgeIndex,
    model: Model,
    /// What was held already: a model has no memory from one frame to the next.
    seen: HashSet<Vec<i64>>,
}

/// The models of a design's blocks.
pub struct Twins(Vec<Twin>);

/// What was held.
pub struct Held {
    /// Blocks that have a model.
    pub blocks: usize,
    /// Values compared.
    pub values: usize,
    /// Blocks and frames that differ.
    pub differences: Vec<String>,
}

impl Twins {
    /// Models with the constants of a design.
    pub fn of(design: &Design) -> Twins {
        Twins(design.graph.node_indices().filter_map(|node| Twin::of(design, node)).collect())
    }

    /// Compares with what the simulator makes of a design with the same streams.
    pub fn hold(mut self, design: &Design, frames: &[Vec<Vec<i64>>]) -> Held {
        let evaluator = Evaluator::new(design);
        let mut held = Held { blocks: self.0.len(), values: 0, differences: Vec::new() };
        for frame in frames {
            let data = evaluator.frame(frame);
            self.0.iter_mut().for_each(|twin| twin.hold(&data, &mut held));
        }
        held
    }
}

impl Twin {
    fn of(design: &Design, node: NodeIndex) -> Option<Twin> {
        let model = match &design.graph[node].block {
            Block::MacArray(mac) => mac_array(mac),
            Block::Thresholds(thresholds) => threshold_requantizer(thresholds),
            Block::ScaleShift(scale) => scale_shift_requantizer(scale),
            _ => return None,
        };
        let (input, output) = (design.inputs_of(node)[0], design.outputs_of(node)[0]);
        let name = design.graph[node].name.clone();
        Some(Twin { name, input, output, model, seen: HashSet::new() })
    }

    fn hold(&mut self, data: &FrameData, held: &mut Held) {
        let (x, simulated) = (data.stream(self.input), data.stream(self.output));
        if !self.seen.insert(x.to_vec()) {
            return;
        }
        let modelled = (self.model)(x);
        held.values += modelled.len();
        if modelled != simulated {
            let name = &self.name;
            held.differences.push(format!("{name}: of {x:?} rust-hdl makes {modelled:?}, not {simulated:?}"));
        }
    }
}

fn format(ty: IntType) -> Format {
    let encoding = match ty.encoding {
        number::Encoding::Unsigned => Encoding::Unsigned,
        number::Encoding::Signed => Encoding::Signed,
        number::Encoding::Bipolar => Encoding::Bipolar,
    };
    Format { encoding, bits: ty.bits }
}

fn mac_array(mac: &MacArray) -> Model {
    let mut element = mac_element(format(mac.x), format(mac.w));
    let (simd, columns) = (mac.simd, mac.inputs());
    let rows: Vec<Vec<i64>> = mac.weights.outer_iter().map(|row| row.to_vec()).collect();
    Box::new(move |x| {
        let pairs = x.chunks(columns).flat_map(|x| rows.iter().map(move |row| (x, row)));
        pairs.map(|(x, row)| element.dot(x, row, simd)).collect()
    })
}

/// A requantizer, with the constants of every channel.
fn per_channel<P: 'static>(mut requantizer: Box<dyn Requantizer<P>>, channels: Vec<P>) -> Model {
    Box::new(move |x| {
        x.iter().zip(channels.iter().cycle()).map(|(x, channel)| requantizer.code(*x, channel)).collect()
    })
}

fn threshold_requantizer(block: &Thresholds) -> Model {
    let table = &block.table;
    let step = if block.output.is_bipolar() { 2 } else { 1 };
    let channel = |channel| Comparisons {
        thresholds: table.table.row(channel % table.table.nrows()).to_vec(),
        falls: table.falling[channel % table.falling.len()],
        base: table.base,
        step,
    };
    per_channel(threshold_counter(format(block.input)), (0..block.channels).map(channel).collect())
}

fn scale_shift_requantizer(block: &ScaleShift) -> Model {
    let f = &block.function;
    let channel = |channel| Affine {
        mul: f.mul[channel % f.mul.len()],
        add: f.add[channel % f.add.len()],
        shift: f.shift,
        lowest: f.min,
        highest: f.max,
    };
    per_channel(scale_shift(format(block.input)), (0..block.channels).map(channel).collect())
}
