//! Small designs by hand, for the tests of code generation, simulation and lock-step.
//!
//! A [`Chain`] is a stack of open streams. `input` opens one, `fork` copies the top, `add` joins the top two,
//! every other method extends the top; `finish` puts an output adapter on each that is left:
//!
//! ```
//! use mpqc_ir::design::testing::{Chain, Mac};
//! use mpqc_ir::number::IntType;
//!
//! let u4 = IntType::quantizer(false, 4, false);
//! let design = Chain::new("small").input(u4, 2, 10).mac(Mac::new(6, 4, 3)).thresholds(u4, true).finish();
//! assert_eq!(design.graph.node_count(), 6); // input, width converter, replay, MAC array, thresholds, output
//! ```
//!
//! Weights, thresholds and factors are random, and the same in every run.

mod cases;
mod images;
mod mac;
mod spatial;

pub use cases::cases;
pub use images::images;
pub use mac::Mac;

use super::blocks::{
    Add, ArgMax, AxisInput, AxisOutput, Fifo, Fork, MacArray, MemoryStyle, Replay, ScaleShift, Thresholds,
    WidthConverter,
};
use super::{Block, BlockNode, Design, DspSlice, Family, Pipeline, Resources, Stream, Target};
use crate::int_network::{self, Decode, Host, InputPort, OutputPort, Shape};
use crate::network::Network;
use crate::number::IntType;
use crate::scalar::FloatFn;
use ndarray::Array2;
use petgraph::graph::{DiGraph, NodeIndex};
use std::sync::Arc;

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A value of `min ..= max`.
    pub fn within(&mut self, min: i64, max: i64) -> i64 {
        min + (self.bits() % (max.abs_diff(min) + 1)) as i64
    }

    /// A value of a type.
    pub fn value(&mut self, ty: IntType) -> i64 {
        if ty.is_bipolar() { 2 * self.within(0, 1) - 1 } else { self.within(ty.min, ty.max) }
    }

    /// A matrix of values of a type.
    pub fn matrix(&mut self, rows: usize, columns: usize, ty: IntType) -> Array2<i64> {
        Array2::from_shape_simple_fn((rows, columns), || self.value(ty))
    }
}

/// An open stream: the producer's output port, and what flows there.
#[derive(Clone, Debug)]
struct Head {
    node: NodeIndex,
    port: usize,
    elem: IntType,
    lanes: usize,
    vector: usize,
    vectors: usize,
    repeats: usize,
    /// Cycles between beats that the producer guarantees.
    interval: usize,
}

impl Head {
    fn beats(&self) -> usize {
        self.vector.div_ceil(self.lanes)
    }

    fn beats_per_frame(&self) -> usize {
        self.beats() * self.repeats * self.vectors
    }
}

/// Builder of a design; see the module's documentation.
///
/// Its methods panic where the chain makes no sense: a test that is wrong.
#[derive(Clone, Debug)]
pub struct Chain {
    name: String,
    graph: DiGraph<BlockNode, Stream>,
    inputs: Vec<NodeIndex>,
    heads: Vec<Head>,
    vectors: usize,
    /// Steps of a threshold's search from one register to the next.
    per_stage: usize,
    random: Random,
}

impl Chain {
    /// An empty design of one vector per frame.
    pub fn new(name: &str) -> Self {
        Chain {
            name: name.into(),
            graph: DiGraph::new(),
            inputs: Vec::new(),
            heads: Vec::new(),
            vectors: 1,
            per_stage: 1,
            random: Random(1),
        }
    }

    /// Vectors per frame; to be said before the first input.
    pub fn vectors(mut self, vectors: usize) -> Self {
        self.vectors = vectors;
        self
    }

    /// Steps of the searches to come from one register to the next.
    pub fn search_steps(mut self, per_stage: usize) -> Self {
        self.per_stage = per_stage;
        self
    }

    /// Seed of weights, thresholds and factors to come.
    pub fn seed(mut self, seed: u64) -> Self {
        self.random = Random(seed);
        self
    }

    /// Opens an input of vectors of `vector` elements in beats of `lanes`.
    pub fn input(mut self, elem: IntType, lanes: usize, vector: usize) -> Self {
        let vectors = self.vectors;
        let beats_per_frame = vector.div_ceil(lanes) * vectors;
        let node = self.add_block(AxisInput { elem, lanes, beats_per_frame }.into());
        self.inputs.push(node);
        self.heads.push(Head { node, port: 0, elem, lanes, vector, vectors, repeats: 1, interval: 1 });
        self
    }

    /// Converts to beats of `lanes`, through their greatest common divisor where neither divides the other.
    pub fn lanes(self, lanes: usize) -> Self {
        let from = self.top().lanes;
        if from == lanes {
            return self;
        }
        if !from.is_multiple_of(lanes) && !lanes.is_multiple_of(from) {
            return self.lanes(num_integer::gcd(from, lanes)).lanes(lanes);
        }
        let head = self.top().clone();
        let (elem, vector) = (head.elem, head.vector);
        let vectors = head.vectors * head.repeats;
        let block = WidthConverter { elem, in_lanes: from, out_lanes: lanes, vector, vectors };
        let interval =
            if block.is_up() && super::blocks::BlockSpec::output_depth(&block) == 1 { 2 } else { 1 };
        self.extend(block.into(), |head| Head { lanes, interval, ..head })
    }

    /// Sends each vector `repeats` times out of a buffer of `capacity` beats.
    pub fn replay(self, repeats: usize, capacity: usize) -> Self {
        let head = self.top();
        let (elem, lanes, beats, vectors) = (head.elem, head.lanes, head.beats(), head.vectors);
        assert!(head.repeats == 1 && capacity >= beats, "a replay buffer holds at least one vector");
        let block = Replay { elem, lanes, beats, repeats, capacity, vectors };
        self.extend(block.into(), |head| Head { repeats, interval: 1, ..head })
    }

    /// A MAC array of random weights, with the width converter and the replay buffer (of two vectors) that
    /// it needs.
    pub fn mac(mut self, mac: Mac) -> Self {
        let columns = self.top().vector / mac.overlap.pixels * mac.overlap.taps;
        let mut weights = self.random.matrix(mac.outputs, columns, mac.w);
        if mac.narrowing && !mac.w.is_bipolar() {
            weights.indexed_iter_mut().for_each(|((output, _), w)| *w >>= output % mac.pe);
        }
        self.mac_of(mac, weights)
    }

    /// As [`Chain::mac`], of the weights given, `[outputs][inputs]`.
    pub fn mac_of(self, mac: Mac, weights: Array2<i64>) -> Self {
        let chain = self.lanes(mac.simd);
        let Head { elem: x, vectors: groups_vectors, .. } = *chain.top();
        let mut block = MacArray {
            groups: mac.groups,
            acc: accumulator(&weights, x),
            weights: Arc::new(weights),
            x,
            w: mac.w,
            simd: mac.simd,
            pe: mac.pe,
            dsp: mac.dsp,
            slice: DspSlice::default(),
            memory: mac.memory,
            row_bits: MacArray::even_rows(mac.pe, mac.w),
            vectors: groups_vectors / mac.groups,
            operand_stages: 1,
            per_stage: mac.per_stage,
            overlap: mac.overlap,
        };
        if mac.narrowing {
            block.row_bits = block.narrowest_rows();
        }
        let (passes, beats) = (block.neuron_fold() / mac.groups, block.synapse_fold());
        let chain = if passes > chain.top().repeats { chain.replay(passes, 2 * beats) } else { chain };
        let (elem, lanes, vectors) = (block.acc, block.sums(), block.vectors_out());
        let vector = block.outputs() * mac.overlap.pixels;
        chain.extend(block.into(), |head| Head {
            elem,
            vector,
            vectors,
            lanes,
            repeats: 1,
            interval: beats,
            ..head
        })
    }

    /// Thresholds to `output`: a row per channel of which every third falls, or one for all.
    pub fn thresholds(mut self, output: IntType, per_channel: bool) -> Self {
        let head = self.top().clone();
        let rows = if per_channel { head.vector } else { 1 };
        let falling: Vec<bool> = (0..rows).map(|row| row % 3 == 1).collect();
        let mut table = Array2::zeros((rows, output.levels() as usize - 1));
        for (mut row, falls) in table.outer_iter_mut().zip(&falling) {
            let (min, max) =
                if *falls { (!head.elem.max, !head.elem.min) } else { (head.elem.min, head.elem.max) };
            let mut sorted: Vec<i64> = row.iter().map(|_| self.random.within(min, max + 1)).collect();
            sorted.sort_unstable();
            row.assign(&ndarray::Array1::from(sorted));
        }
        let table = int_network::Thresholds { base: output.min, falling, table: Arc::new(table) };
        self.thresholds_of(output, table)
    }

    /// The thresholds given.
    pub fn thresholds_of(self, output: IntType, table: int_network::Thresholds) -> Self {
        let head = self.top().clone();
        let block = Thresholds {
            table: Arc::new(table),
            input: head.elem,
            output,
            lanes: head.lanes,
            channels: head.vector,
            vectors: head.vectors,
            interval: head.interval,
            per_stage: self.per_stage,
        };
        self.extend(block.into(), |head| Head { elem: output, ..head })
    }

    /// Multiply, add, shift, clamp to `output`, with factors of both signs: per channel, or one for all.
    pub fn scale_shift(mut self, output: IntType, per_channel: bool, dsp: bool) -> Self {
        let head = self.top().clone();
        let rows = if per_channel { head.vector } else { 1 };
        let mul: Vec<i64> = (0..rows).map(|_| self.random.within(-100, 127)).collect();
        let shift = (head.elem.bits + 7).saturating_sub(output.bits);
        let half = 1i64 << shift.saturating_sub(1);
        let add = (0..rows).map(|_| half + self.random.within(-half, half)).collect();
        let (min, max) = (output.min, output.max);
        let block = ScaleShift {
            function: Arc::new(int_network::ScaleShift { mul, add, shift, min, max }),
            input: head.elem,
            output,
            lanes: head.lanes,
            channels: head.vector,
            vectors: head.vectors,
            interval: head.interval,
            dsp,
        };
        self.extend(block.into(), |head| Head { elem: output, ..head })
    }

    /// The `k` largest channels; with `k > 1` the stream must have one lane.
    pub fn argmax(self, k: usize, with_value: bool) -> Self {
        let head = self.top().clone();
        let top = head.vector as i64 - 1;
        let index_bits = IntType::smallest(0, top).bits;
        let output = match (k, with_value) {
            (1, false) => IntType::smallest(0, top),
            _ => IntType::smallest(head.elem.min << index_bits, (head.elem.max << index_bits) + top),
        };
        let block = ArgMax {
            function: int_network::ArgMax { k, with_value, index_bits },
            input: head.elem,
            output,
            lanes: head.lanes,
            channels: head.vector,
            vectors: head.vectors,
        };
        let interval = head.beats();
        self.extend(block.into(), |head| Head { elem: output, lanes: k, vector: k, interval, ..head })
    }

    /// Registers what the arrays so far read from block memory once more.
    pub fn slow_memory(mut self) -> Self {
        for node in self.graph.node_weights_mut() {
            match &mut node.block {
                Block::MacArray(mac) if mac.memory == MemoryStyle::Block => mac.operand_stages = 2,
                Block::Depthwise(array) if array.memory == MemoryStyle::Block => array.operand_stages = 2,
                _ => {}
            }
        }
        self
    }

    /// A FIFO of `depth` beats.
    pub fn fifo(self, depth: usize) -> Self {
        let head = self.top();
        let beats_per_frame = head.beats_per_frame();
        let block = Fifo { elem: head.elem, lanes: head.lanes, depth, beats_per_frame };
        self.extend(block.into(), |head| Head { interval: 1, ..head })
    }

    /// Copies the top stream to `ways` streams.
    pub fn fork(mut self, ways: usize) -> Self {
        let head = self.pop();
        let beats_per_frame = head.beats_per_frame();
        let block = Fork { elem: head.elem, lanes: head.lanes, ways, beats_per_frame };
        let node = self.add_block(block.into());
        self.connect(&head, node, 0);
        self.heads.extend((0..ways).map(|port| Head { node, port, interval: 1, ..head.clone() }));
        self
    }

    /// Exchanges the top two streams: the lower one is extended next.
    pub fn swap(mut self) -> Self {
        let (b, a) = (self.pop(), self.pop());
        self.heads.extend([b, a]);
        self
    }

    /// Joins the top two streams, the lower one first.
    #[expect(clippy::should_implement_trait, reason = "named as the block that it makes")]
    pub fn add(mut self, gains: [i64; 2]) -> Self {
        let (b, a) = (self.pop(), self.pop());
        assert!(a.lanes == b.lanes && a.vector == b.vector, "an adder joins equal layouts");
        let end = |f: fn(i64, i64) -> i64| {
            let of = |ty: IntType, gain: i64| f(gain * ty.min, gain * ty.max);
            of(a.elem, gains[0]) + of(b.elem, gains[1])
        };
        let output = IntType::smallest(end(i64::min), end(i64::max));
        let beats_per_frame = a.beats_per_frame();
        let block = Add { operands: [a.elem, b.elem], gains, output, lanes: a.lanes, beats_per_frame };
        let node = self.add_block(block.into());
        self.connect(&a, node, 0);
        self.connect(&b, node, 1);
        self.heads.push(Head { node, port: 0, elem: output, interval: 1, ..a });
        self
    }

    /// The design, with an output adapter on every open stream.
    pub fn finish(mut self) -> Design {
        let heads = std::mem::take(&mut self.heads);
        let outputs: Vec<NodeIndex> = heads.iter().map(|head| self.output(head)).collect();
        let mut host = Host {
            prefix: Network::default(),
            inputs: Vec::new(),
            outputs: heads.iter().map(output_port).collect(),
            suffix: Network::default(),
        };
        for (i, node) in self.inputs.iter().enumerate() {
            let stream = self.graph.edges(*node).next().expect("an input feeds something").weight();
            host.inputs.push(input_port(i, stream));
        }
        let Chain { name, graph, inputs, .. } = self;
        Design { name, target: target(), graph, inputs, outputs, host }
    }

    fn output(&mut self, head: &Head) -> NodeIndex {
        let beats_per_frame = head.beats_per_frame();
        let node = self.add_block(AxisOutput { elem: head.elem, lanes: head.lanes, beats_per_frame }.into());
        self.connect(head, node, 0);
        node
    }

    fn top(&self) -> &Head {
        self.heads.last().expect("a chain begins with an input")
    }

    fn pop(&mut self) -> Head {
        self.heads.pop().expect("a chain begins with an input")
    }

    fn extend(mut self, block: Block, after: impl Fn(Head) -> Head) -> Self {
        let head = self.pop();
        let node = self.add_block(block);
        self.connect(&head, node, 0);
        self.heads.push(Head { node, port: 0, ..after(head) });
        self
    }

    fn add_block(&mut self, block: Block) -> NodeIndex {
        let name = format!("{}_{}", block.kind(), self.graph.node_count());
        self.graph.add_node(BlockNode { origin: vec![format!("/{name}")], name, block })
    }

    fn connect(&mut self, head: &Head, to_node: NodeIndex, to: usize) {
        let stream = Stream {
            name: format!("s{}", self.graph.edge_count()),
            elem: head.elem,
            lanes: head.lanes,
            vector: head.vector,
            vectors: head.vectors,
            repeats: head.repeats,
            from: head.port,
            to,
        };
        self.graph.add_edge(head.node, to_node, stream);
    }
}

/// The smallest type of every row's sum.
fn accumulator(weights: &Array2<i64>, x: IntType) -> IntType {
    let sum = |f: fn(i64, i64) -> i64| {
        weights.outer_iter().map(move |row| row.iter().map(|w| f(w * x.min, w * x.max)).sum::<i64>())
    };
    IntType::smallest(sum(i64::min).min().unwrap_or(0), sum(i64::max).max().unwrap_or(0))
}

fn input_port(index: usize, stream: &Stream) -> InputPort {
    let shape = Shape { height: 1, width: stream.vectors, channels: stream.vector };
    InputPort {
        name: format!("input{index}"),
        ty: stream.elem,
        shape,
        tensor_shape: vec![1, shape.elements()],
        order: (0..shape.elements() as u32).collect(),
        scale: vec![1.0],
        zero: vec![0.0],
    }
}

fn output_port(head: &Head) -> OutputPort {
    let shape = Shape { height: 1, width: head.vectors, channels: head.vector };
    OutputPort {
        name: format!("output{}", head.node.index()),
        ty: head.elem,
        shape,
        tensor_shape: vec![1, shape.elements()],
        order: (0..shape.elements() as u32).collect(),
        decode: Decode::Real(FloatFn::default()),
    }
}

/// A target with room for everything.
fn target() -> Target {
    let plenty = 1 << 40;
    let resources = Resources { lut: plenty, ff: plenty, dsp: plenty, bram18: plenty, uram: plenty };
    Target {
        name: "testing".into(),
        part: "none".into(),
        family: Family::default(),
        resources,
        clock_mhz: 300.0,
        pipeline: Pipeline::default(),
    }
}
