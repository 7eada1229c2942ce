//! What was chosen for every layer.

use crate::feed::Feed;
use crate::fold::Requantizer;
use crate::layer::Problem;
use crate::planner::Solution;
use mpqc_ir::design::Resources;
use mpqc_ir::design::blocks::{Block, DspRows, MemoryStyle, Multiplier};
use mpqc_ir::int_network::IntNetwork;
use serde::Serialize;

/// A dot product with everything that serves it: converters, replay buffer, MAC array, requantizer.
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

/// The reports, in the layers' order.
pub(crate) fn layers(network: &IntNetwork, problem: &Problem, solution: &Solution) -> Vec<LayerReport> {
    let graph = &solution.built.design.graph;
    let placed = solution.built.arrays.iter().map(|id| &graph[*id]);
    let costs = solution.built.layer_resources.iter().zip(&solution.built.layer_cycles);
    let chosen = solution.choices.iter().zip(costs);
    let mut reports = Vec::new();
    for ((node, layer), (choice, (resources, cycles))) in placed.zip(&problem.layers).zip(chosen) {
        let Block::MacArray(array) = &node.block else { continue };
        let mut origin = node.origin.clone();
        origin.extend(layer.follower.iter().flat_map(|(n, _)| network.graph[*n].origin.clone()));
        reports.push(LayerReport {
            name: node.name.clone(),
            origin,
            pe: array.pe,
            simd: array.simd,
            sf: array.synapse_fold(),
            nf: array.neuron_fold(),
            vectors: array.vectors,
            pixels: choice.fold.pixels,
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
        });
    }
    reports
}
