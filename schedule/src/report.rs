//! What was chosen for every layer.

use crate::feed::Feed;
use crate::fold::Requantizer;
use crate::layer::Problem;
use crate::planner::Solution;
use mpqc_ir::design::blocks::{Block, BlockSpec, DspRows, MemoryStyle, Multiplier};
use mpqc_ir::design::{BlockNode, Design, Resources};
use mpqc_ir::int_network::IntNetwork;
use petgraph::graph::NodeIndex;
use serde::Serialize;

/// A dot product or a depthwise convolution with everything that serves it: converters, replay buffer or window, array,
/// requantizer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerReport {
    /// Name of the MAC array.
    pub name: String,
    /// ONNX nodes that it computes.
    pub origin: Vec<String>,
    /// Rows: outputs computed at once.
    pub pe: usize,
    /// Multipliers per row: inputs taken at once.
    pub simd: usize,
    /// Beats per dot product.
    pub sf: usize,
    /// Passes over the input vector.
    pub nf: usize,
    /// Vectors per frame.
    pub vectors: usize,
    /// Output pixels computed at once: those of a vector.
    pub pixels: usize,
    /// Neighbouring pixels that share multipliers: those of a vector too.
    pub neighbours: usize,
    /// Taps of a row of the kernel that they are multiplied by together.
    pub taps: usize,
    /// What sends its vectors to it.
    pub feed: Feed,
    /// What multiplies, in most rows.
    pub multiplier: Multiplier,
    /// Rows that multiply in DSP slices, and the products of a slice.
    pub dsp: DspRows,
    /// Where the weights live.
    pub memory: MemoryStyle,
    /// How the sums become codes; `None` where something else than a requantizer follows.
    pub requantizer: Option<Requantizer>,
    /// Bits of an activation.
    pub x_bits: u32,
    /// Bits of a weight.
    pub w_bits: u32,
    /// Bits of an accumulator.
    pub acc_bits: u32,
    /// Multiply-accumulates per frame.
    pub macs: u64,
    /// Cycles per frame.
    pub cycles: u64,
    /// What it takes of the target.
    pub resources: Resources,
}

/// The reports of all layers, in the order of the pipeline.
pub(crate) fn layers(network: &IntNetwork, problem: &Problem, solution: &Solution) -> Vec<LayerReport> {
    let design = &solution.built.design;
    let mut all = dots(network, problem, solution);
    let blocks_of = design.layers();
    all.extend(design.graph.node_indices().filter_map(|id| Some((id, depthwise(design, id, &blocks_of)?))));
    let order = design.topological();
    all.sort_by_key(|(id, _)| order.iter().position(|it| it == id));
    all.into_iter().map(|(_, report)| report).collect()
}

/// The dot products' reports, with their arrays.
fn dots(network: &IntNetwork, problem: &Problem, solution: &Solution) -> Vec<(NodeIndex, LayerReport)> {
    let graph = &solution.built.design.graph;
    let costs = solution.built.layer_resources.iter().zip(&solution.built.layer_cycles);
    let chosen = solution.choices.iter().zip(costs);
    let mut reports = Vec::new();
    for ((id, layer), (choice, (resources, cycles))) in
        solution.built.arrays.iter().zip(&problem.layers).zip(chosen)
    {
        let node = &graph[*id];
        let Block::MacArray(array) = &node.block else { continue };
        let mut origin = node.origin.clone();
        origin.extend(layer.follower.iter().flat_map(|(n, _)| network.graph[*n].origin.clone()));
        let report = LayerReport {
            name: node.name.clone(),
            origin,
            pe: array.pe,
            simd: array.simd,
            sf: array.synapse_fold(),
            nf: array.neuron_fold(),
            vectors: array.vectors,
            pixels: choice.fold.pixels,
            neighbours: choice.fold.neighbours,
            taps: array.overlap.taps,
            feed: choice.feed,
            multiplier: array.multiplier(),
            dsp: array.dsp,
            memory: array.memory,
            requantizer: choice.requantizer,
            x_bits: array.x.bits,
            w_bits: array.w.bits,
            acc_bits: array.acc.bits,
            macs: (layer.dot.weights.len() * layer.vectors) as u64,
            cycles: *cycles,
            resources: *resources,
        };
        reports.push((*id, report));
    }
    reports
}

/// The report of a depthwise convolution: its lanes are rows of one multiplier, a tap of a slice of channels a beat.
fn depthwise(design: &Design, id: NodeIndex, layers: &[NodeIndex]) -> Option<LayerReport> {
    let node = &design.graph[id];
    let Block::Depthwise(array) = &node.block else { return None };
    let own: Vec<&BlockNode> = design
        .graph
        .node_indices()
        .filter(|it| layers[it.index()] == id)
        .map(|it| &design.graph[it])
        .collect();
    let feed = own.iter().find_map(|it| match &it.block {
        Block::Window(window) => Some(Feed::Window(window.memory)),
        _ => None,
    });
    let rows = if array.multiplier == Multiplier::Dsp { array.lanes } else { 0 };
    let mut origin = node.origin.clone();
    origin.extend(own.iter().filter(|it| requantizer(&it.block).is_some()).flat_map(|it| it.origin.clone()));
    Some(LayerReport {
        name: node.name.clone(),
        origin,
        pe: array.lanes,
        simd: 1,
        sf: array.taps(),
        nf: array.slices(),
        vectors: array.vectors,
        pixels: 1,
        neighbours: 1,
        taps: 1,
        feed: feed.unwrap_or(Feed::Replay),
        multiplier: array.multiplier,
        dsp: DspRows { rows, products: 1 },
        memory: array.memory,
        requantizer: own.iter().find_map(|it| requantizer(&it.block)),
        x_bits: array.x.bits,
        w_bits: array.product.weight_type.bits,
        acc_bits: array.product.accumulator.bits,
        macs: (array.product.weights.len() * array.vectors) as u64,
        cycles: array.cycles_per_frame(),
        resources: own.iter().map(|it| it.block.spec().cost(&design.target)).sum(),
    })
}

/// How a block turns sums into codes, if it does.
fn requantizer(block: &Block) -> Option<Requantizer> {
    match block {
        Block::Thresholds(_) => Some(Requantizer::Thresholds),
        Block::ScaleShift(it) if it.dsp => Some(Requantizer::ScaleDsp),
        Block::ScaleShift(_) => Some(Requantizer::ScaleLut),
        _ => None,
    }
}
