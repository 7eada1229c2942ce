//! From an integer network and a choice for every layer to a design: blocks in their places, streams between.

mod convert;
mod flow;
mod names;
mod neighbours;
mod operators;
mod spatial;

pub(crate) use convert::conversion_cost;
pub(crate) use flow::Layout;
pub(crate) use names::identifier;

use crate::fold::Choice;
use crate::layer::{Front, Layer, uses};
use flow::Flow;
use mpqc_ir::design::blocks::{Block, Fifo, Fork};
use mpqc_ir::design::{BlockNode, Design, Resources, Target};
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::int_network::{IntNetwork, IntOp};
use names::Names;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use std::collections::BTreeMap;

/// What the design is built from.
pub(crate) struct Plan<'a> {
    /// The network.
    pub network: &'a IntNetwork,
    /// Its layers, as they are folded.
    pub layers: &'a [Layer],
    /// A choice per layer.
    pub choices: &'a [Choice],
    /// The target, at the clock that is planned for.
    pub target: &'a Target,
    /// Cycles per frame that every stream must sustain.
    pub limit: u64,
}

/// A design, and which layer each of its blocks serves.
pub(crate) struct Built {
    /// The design.
    pub design: Design,
    /// The MAC array of each layer, in the layers' order.
    pub arrays: Vec<NodeIndex>,
    /// Resources of each layer: its converters, what feeds it, MAC array and requantizer.
    pub layer_resources: Vec<Resources>,
    /// Cycles per frame of each layer: with a line buffer they are more than those of its blocks.
    pub layer_cycles: Vec<u64>,
    /// Cycles per frame by simulation, once that was done.
    pub measured: Option<u64>,
}

impl Built {
    /// Sum over all blocks.
    pub fn resources(&self) -> Resources {
        let design = &self.design;
        design.graph.node_weights().map(|n| n.block.spec().cost(&design.target)).sum()
    }

    /// Cycles per frame: measured, or before that those of the slowest block or layer.
    pub fn cycles(&self) -> u64 {
        if let Some(measured) = self.measured {
            return measured;
        }
        self.fewest_cycles().max(self.layer_cycles.iter().copied().max().unwrap_or(1))
    }

    /// Cycles per frame of the slowest block: nothing is faster.
    pub fn fewest_cycles(&self) -> u64 {
        let blocks = self.design.graph.node_weights();
        blocks.map(|n| n.block.spec().cycles_per_frame()).max().unwrap_or(1).max(1)
    }
}

/// Builds the design.
///
/// # Errors
/// `bad-shape` where an operator does not fit its operands.
pub(crate) fn build(plan: &Plan<'_>) -> Result<Built, Diagnostic> {
    let mut builder = Builder::new(plan);
    for node in plan.network.topological() {
        builder.operator(node)?;
    }
    Ok(builder.finish())
}

struct Builder<'a> {
    plan: &'a Plan<'a>,
    names: Names,
    graph: DiGraph<BlockNode, mpqc_ir::design::Stream>,
    /// Streams that wait for their consumer, by edge of the network.
    open: BTreeMap<EdgeIndex, Flow>,
    /// Index of the layer of a dot product's node.
    layer_of: BTreeMap<NodeIndex, usize>,
    /// Layer that a block serves.
    serves: BTreeMap<NodeIndex, usize>,
    arrays: Vec<NodeIndex>,
    inputs: BTreeMap<usize, NodeIndex>,
    outputs: BTreeMap<usize, NodeIndex>,
}

/// A block to be placed: its wanted names, and when a frame leaves it.
struct Placement<'n> {
    /// Wanted name of the block.
    name: &'n str,
    /// Wanted name of its output stream, before it is made unique.
    stream: &'n str,
    /// What it is.
    block: Block,
    /// Layout of the output stream.
    layout: Layout,
    /// Cycles between output beats that it guarantees.
    interval: usize,
    /// Cycles, roughly, from the design's first input beat to this block's first output beat.
    start: u64,
}

impl<'a> Builder<'a> {
    fn new(plan: &'a Plan<'a>) -> Builder<'a> {
        let layer_of = plan.layers.iter().enumerate().map(|(i, l)| (l.node, i)).collect();
        Builder {
            plan,
            names: Names::new(),
            graph: DiGraph::new(),
            open: BTreeMap::new(),
            layer_of,
            serves: BTreeMap::new(),
            arrays: vec![NodeIndex::end(); plan.layers.len()],
            inputs: BTreeMap::new(),
            outputs: BTreeMap::new(),
        }
    }

    fn layer(&self, node: NodeIndex) -> Option<(&'a Layer, &'a Choice)> {
        let index = *self.layer_of.get(&node)?;
        Some((&self.plan.layers[index], &self.plan.choices[index]))
    }

    /// Places a block behind its input streams (in port order) and opens its output stream.
    fn place(&mut self, node: NodeIndex, inputs: Vec<Flow>, p: Placement<'_>) -> Flow {
        let from = self.block(node, p.name, p.block, inputs);
        let name = self.names.unique(p.stream);
        Flow { from, port: 0, name, layout: p.layout, interval: p.interval, start: p.start }
    }

    /// Places a block behind its input streams.
    fn block(&mut self, node: NodeIndex, name: &str, block: Block, inputs: Vec<Flow>) -> NodeIndex {
        let name = self.names.unique(name);
        let origin = self.plan.network.graph[node].origin.clone();
        let id = self.graph.add_node(BlockNode { name, origin, block });
        if let Some(layer) = self.served_layer(node) {
            self.serves.insert(id, layer);
        }
        for (to, flow) in inputs.into_iter().enumerate() {
            self.graph.add_edge(flow.from, id, flow.stream(to));
        }
        id
    }

    /// The layer whose resources a block at `node` counts to: a dot product's, its window's, or its follower's.
    fn served_layer(&self, node: NodeIndex) -> Option<usize> {
        let serves = |l: &Layer| {
            let follows = l.follower.as_ref().is_some_and(|(n, _)| *n == node);
            follows || matches!(&l.front, Front::Image(image) if image.node == node)
        };
        let layers = self.plan.layers;
        self.layer_of.get(&node).copied().or_else(|| layers.iter().position(serves))
    }

    /// Gives a node's result to all its uses, through a fork where there are several.
    fn deliver(&mut self, node: NodeIndex, flow: Flow) {
        match uses(self.plan.network, node).as_slice() {
            [] => {}
            [only] => {
                self.open.insert(*only, flow);
            }
            many => self.fork(node, flow, many),
        }
    }

    fn fork(&mut self, node: NodeIndex, flow: Flow, uses: &[EdgeIndex]) {
        let (layout, start) = (flow.layout, flow.start + 1);
        let (elem, lanes) = (layout.elem, layout.lanes);
        let block = Fork { elem, lanes, ways: uses.len(), beats_per_frame: layout.beats() };
        let name = self.plan.network.graph[node].name.clone();
        let from = self.block(node, &format!("{name}_fork"), block.into(), vec![flow]);
        for (port, edge) in uses.iter().enumerate() {
            let name = self.names.unique(&format!("{name}_copy{port}"));
            self.open.insert(*edge, Flow { from, port, name, layout, interval: 1, start });
        }
    }

    /// Brings a stream to `lanes` elements per beat.
    fn convert(&mut self, node: NodeIndex, mut flow: Flow, lanes: usize) -> Flow {
        for step in convert::converters(&flow.layout, lanes, self.plan.limit) {
            let name = self.plan.network.graph[node].name.clone();
            let layout = Layout { lanes: step.out_lanes, ..flow.layout };
            let placement = Placement {
                name: &format!("{name}_width"),
                stream: &format!("{name}_lanes"),
                start: flow.start + 2,
                block: step.into(),
                layout,
                interval: 1,
            };
            flow = self.place(node, vec![flow], placement);
        }
        flow
    }

    /// Puts a FIFO of at least `depth` beats behind a stream; as deep as its memory is anyway.
    fn fifo(&mut self, node: NodeIndex, flow: Flow, depth: usize) -> Flow {
        let name = self.plan.network.graph[node].name.clone();
        let depth = if depth <= 32 { depth.next_power_of_two().max(2) } else { depth.next_multiple_of(64) };
        let layout = flow.layout;
        let (elem, lanes, beats_per_frame) = (layout.elem, layout.lanes, layout.beats());
        let placement = Placement {
            name: &format!("{name}_fifo"),
            stream: &format!("{name}_kept"),
            block: Fifo { elem, lanes, depth, beats_per_frame }.into(),
            layout,
            interval: 1,
            start: flow.start + 1,
        };
        self.place(node, vec![flow], placement)
    }

    fn finish(self) -> Built {
        let target = self.plan.target;
        let mut layer_resources = vec![Resources::default(); self.arrays.len()];
        for (node, layer) in &self.serves {
            layer_resources[*layer] += self.graph[*node].block.spec().cost(target);
        }
        let design = Design {
            name: identifier(&self.plan.network.name),
            target: target.clone(),
            graph: self.graph,
            inputs: self.inputs.into_values().collect(),
            outputs: self.outputs.into_values().collect(),
            host: self.plan.network.host.clone(),
        };
        let layers = self.plan.layers.iter().zip(self.plan.choices);
        let layer_cycles = layers.map(|(l, choice)| l.cycles(choice.fold)).collect();
        Built { design, arrays: self.arrays, layer_resources, layer_cycles, measured: None }
    }

    fn operator(&mut self, node: NodeIndex) -> Result<(), Diagnostic> {
        match &self.plan.network.graph[node].op {
            IntOp::Input(port) => self.input(node, *port),
            IntOp::Dot(_) => self.dot(node),
            IntOp::Requantize(r) => self.requantize(node, r),
            IntOp::Add(add) => self.add(node, add),
            IntOp::ArgMax(argmax) => self.argmax(node, argmax),
            IntOp::Output(port) => self.output(node, *port),
            IntOp::Window(window) => self.window(node, window),
            IntOp::Depthwise(product) => self.depthwise(node, product),
            IntOp::Pool(pool) => self.pool(node, pool),
            IntOp::Pad(pad) => self.pad(node, pad),
            IntOp::Concat => self.concat(node),
            IntOp::Reorder(reorder) => self.reorder(node, reorder),
        }
    }
}
