//! What every layer may take at a frame rate, whatever the others are: costs for those who choose bit widths.

use crate::fold::{Candidate, depthwise_ways, divisor_from};
use crate::layer::{Layer, Problem};
use crate::{Options, check};
use mpqc_ir::design::blocks::BlockSpec;
use mpqc_ir::design::{Resources, Target};
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::int_network::{self, IntNetwork, IntOp};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use serde::Serialize;

/// A layer's costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerCost {
    /// ONNX nodes that it computes.
    pub origin: Vec<String>,
    /// Bits of an activation.
    pub x_bits: u32,
    /// Bits of a weight.
    pub w_bits: u32,
    /// What it takes with its feed and its requantizer (a depthwise layer: alone), in every way that is fast enough and
    /// that no other way beats in every resource.
    pub ways: Vec<Resources>,
}

/// The costs of all layers at [`Options::fps`] (or as slow as they may be), layers of dot products first.
///
/// # Errors
/// As [`crate::schedule`] for options and shapes.
pub fn layer_costs(network: &IntNetwork, options: &Options) -> Result<Vec<LayerCost>, Diagnostic> {
    check(options)?;
    let target = &options.target;
    let clock = options.clock_mhz.unwrap_or(target.clock_mhz);
    let limit = options.fps.map_or(u64::MAX / 4, |fps| (clock * 1e6 / fps) as u64);
    let problem = Problem::new(network)?;
    let mut costs: Vec<LayerCost> =
        problem.layers.iter().map(|layer| of_dot(network, layer, limit, target)).collect();
    for node in network.topological() {
        if let IntOp::Depthwise(product) = &network.graph[node].op {
            costs.extend(of_depthwise(network, node, product, limit, target));
        }
    }
    Ok(costs)
}

fn of_dot(network: &IntNetwork, layer: &Layer, limit: u64, target: &Target) -> LayerCost {
    let slowest = layer.cycles(layer.narrowest());
    // A wider layer may be the cheaper one, because its buffers are less deep.
    let limits = [limit.min(slowest), limit.min(slowest) / 2];
    let all: Vec<Candidate> = limits.iter().flat_map(|limit| layer.candidates(*limit, target)).collect();
    LayerCost {
        origin: network.graph[layer.node].origin.clone(),
        x_bits: layer.x.bits,
        w_bits: layer.dot.weight_type.bits,
        ways: unbeaten(all.into_iter().map(|candidate| candidate.cost)),
    }
}

fn of_depthwise(
    network: &IntNetwork,
    node: NodeIndex,
    product: &int_network::Depthwise,
    limit: u64,
    target: &Target,
) -> Option<LayerCost> {
    let edge = network.graph.edges_directed(node, Direction::Incoming).next()?.weight();
    let (taps, channels) = product.weights.dim();
    let vectors = network.graph.edges(node).next()?.weight().shape.pixels();
    let beats = (limit / (taps * vectors).max(1) as u64).clamp(1, channels as u64) as usize;
    let lanes = divisor_from(channels, channels.div_ceil(beats));
    let ways = depthwise_ways(product, edge.ty, lanes, vectors, target.pipeline);
    Some(LayerCost {
        origin: network.graph[node].origin.clone(),
        x_bits: edge.ty.bits,
        w_bits: product.weight_type.bits,
        ways: unbeaten(ways.map(|way| way.cost(target))),
    })
}

/// Those that no other one beats, in order.
fn unbeaten(all: impl Iterator<Item = Resources>) -> Vec<Resources> {
    let mut kept: Vec<Resources> = Vec::new();
    for cost in all {
        if !kept.iter().any(|other| other.fits(&cost)) {
            kept.retain(|other| !cost.fits(other));
            kept.push(cost);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets;
    use crate::testing::chain;
    use mpqc_ir::number::IntType;

    #[test]
    fn more_frames_and_more_bits_cost_more() {
        let target = targets::find("ultra96").unwrap();
        let least = |bits: u32, fps: f64| {
            let (x, w) = (IntType::quantizer(false, bits, false), IntType::quantizer(true, bits, false));
            let network = chain(7, &[64, 64, 10], x, w);
            let costs =
                layer_costs(&network, &Options { fps: Some(fps), ..Options::new(target.clone()) }).unwrap();
            assert_eq!((costs.len(), costs[0].x_bits), (2, bits));
            assert!(costs.iter().all(|layer| !layer.ways.is_empty()));
            costs[0].ways.iter().map(|way| way.lut).min().unwrap()
        };
        assert!(least(4, 1e6) > least(4, 1e5) && least(4, 1e6) > least(2, 1e6));
    }

    #[test]
    fn ways_that_another_one_beats_are_left_out() {
        let way = |lut, dsp| Resources { lut, dsp, ..Resources::default() };
        assert_eq!(
            unbeaten([way(5, 5), way(9, 1), way(5, 4), way(9, 2)].into_iter()),
            [way(9, 1), way(5, 4)]
        );
    }
}
