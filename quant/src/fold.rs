//! Batch normalization folded into the convolution or product before it.

use crate::edit::{add_constant, constant, pruned, single, take_over, uses};
use mpqc_ir::network::{Network, Op};
use ndarray::{ArrayD, Axis, IxDyn};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

/// The network with every batch normalization that follows a `Conv`, `ConvTranspose` (of one group) or `Gemm` alone
/// folded into its weights and bias. Constants become float32, as they are written.
pub fn fold_batch_norms(network: &Network) -> Network {
    let mut folded = network.clone();
    for node in network.topological() {
        if matches!(folded.graph[node].op, Op::BatchNormalization { .. }) {
            let _ = fold(&mut folded, node);
        }
    }
    pruned(&folded)
}

/// The axis of a layer's weights (operand 1) along which its output channels run; `None` for other operators.
pub(crate) fn channel_axis(op: &Op) -> Option<usize> {
    match op {
        Op::Conv(_) => Some(0),
        Op::ConvTranspose { conv, .. } if conv.group == 1 => Some(1),
        Op::Gemm { trans_b, .. } => Some(usize::from(!trans_b)),
        _ => None,
    }
}

/// Folds one normalization; `None` where it stays.
fn fold(network: &mut Network, norm: NodeIndex) -> Option<()> {
    let Op::BatchNormalization { epsilon } = network.graph[norm].op else { return None };
    let operands: Vec<NodeIndex> =
        network.operands(norm).into_iter().map(|o| o.map(|o| o.0)).collect::<Option<_>>()?;
    let layer = operands[0];
    let axis = channel_axis(&network.graph[layer].op)?;
    if uses(network, layer, 0).len() != 1 {
        return None;
    }
    let [gain, shift, mean, variance] = [1, 2, 3, 4].map(|at| constant(network, operands[at]));
    let (gain, shift, mean, variance) = (gain?, shift?, mean?, variance?);
    let factor = gain / variance.mapv(|v| (v + epsilon).sqrt());
    let weights = network.operands(layer)[1]?.0;
    let mut scaled = constant(network, weights)?;
    for (mut part, factor) in scaled.axis_iter_mut(Axis(axis)).zip(&factor) {
        part *= *factor;
    }
    let bias = bias(network, layer, factor.len())?;
    replace(network, layer, 1, scaled);
    replace(network, layer, 2, (bias - mean) * &factor + shift);
    take_over(network, norm, layer);
    Some(())
}

/// The bias of a layer, zeros where it has none; `None` where it is no constant of a value a channel.
pub(crate) fn bias(network: &Network, layer: NodeIndex, channels: usize) -> Option<ArrayD<f64>> {
    let Some(Some((node, _))) = network.operands(layer).get(2).copied() else {
        return Some(ArrayD::zeros(IxDyn(&[channels])));
    };
    let beta = if let Op::Gemm { beta, .. } = network.graph[layer].op { beta } else { 1.0 };
    let bias = constant(network, node)? * beta;
    let flat: Vec<f64> = bias.iter().copied().collect();
    let values = if flat.len() == 1 { vec![flat[0]; channels] } else { flat };
    ArrayD::from_shape_vec(IxDyn(&[channels]), values).ok()
}

/// Replaces operand `to` of a layer by a constant of its own. A `Gemm`'s factors become 1.
pub(crate) fn replace(network: &mut Network, layer: NodeIndex, to: usize, values: ArrayD<f64>) {
    let mut operands = network.graph.edges_directed(layer, Direction::Incoming);
    if let Some(edge) = operands.find(|edge| edge.weight().to == to).map(|edge| edge.id()) {
        network.graph.remove_edge(edge);
    }
    if let (2, Op::Gemm { beta, .. }) = (to, &mut network.graph[layer].op) {
        *beta = 1.0;
    }
    let part = if to == 2 { "bias" } else { "weight" };
    let name = format!("{}.{part}", network.graph[layer].name);
    add_constant(network, name, single(values), layer, to);
}
