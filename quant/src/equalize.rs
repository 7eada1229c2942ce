//! Cross-layer equalization: the ranges of a channel's weights before and behind an activation made equal.
//!
//! Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019. Where only functions
//! `f` with `f(s·x) = s·f(x)` for `s > 0` lie between two layers, channel `c` of the first may be divided by `s_c` and
//! what the second multiplies it by multiplied by `s_c`. With `s_c = √(r1_c / r2_c)`, `r` being the largest
//! magnitudes of the channel's weights, both become `√(r1_c · r2_c)`.

use crate::edit::{constant, uses};
use crate::fold::{bias, channel_axis, replace};
use mpqc_ir::network::{Network, Op};
use ndarray::{ArrayD, Axis};
use petgraph::graph::NodeIndex;

/// Rounds: a layer is the second of one pair and the first of another.
const ROUNDS: usize = 8;
/// Most that a channel is scaled in a round.
const MOST: f64 = 64.0;

/// The network with all pairs of `Conv` or `Gemm` equalized that are joined by `Relu`, `LeakyRelu`, max pools and nothing else.
pub fn equalize(network: &Network) -> Network {
    let mut equal = network.clone();
    let pairs: Vec<(NodeIndex, NodeIndex)> =
        equal.topological().into_iter().filter_map(|first| Some((first, second(&equal, first)?))).collect();
    for _ in 0..ROUNDS {
        for (first, second) in &pairs {
            let _ = pair(&mut equal, *first, *second);
        }
    }
    crate::edit::pruned(&equal)
}

/// The layer that alone reads what a layer puts out, behind functions that scale.
fn second(network: &Network, first: NodeIndex) -> Option<NodeIndex> {
    channel_axis(&network.graph[first].op)?;
    let mut at = first;
    loop {
        let [(_, next)] = uses(network, at, 0)[..] else { return None };
        match &network.graph[next].op {
            Op::Relu | Op::LeakyRelu { .. } | Op::MaxPool(_) => at = next,
            Op::Conv(_) | Op::Gemm { .. } if reads_first(network, next, at) => return Some(next),
            _ => return None,
        }
    }
}

fn reads_first(network: &Network, layer: NodeIndex, producer: NodeIndex) -> bool {
    network.operands(layer).first().copied().flatten().is_some_and(|(node, _)| node == producer)
}

/// The axis of the second layer's weights along which its input channels run: none where groups share them.
fn input_axis(op: &Op, weights: &ArrayD<f64>) -> Option<usize> {
    match op {
        Op::Conv(conv) if conv.group == 1 => Some(1),
        // Depthwise: an output channel for each input channel.
        Op::Conv(conv) if conv.group == weights.shape()[0] && weights.shape()[1] == 1 => Some(0),
        Op::Gemm { trans_b, .. } => Some(usize::from(*trans_b)),
        _ => None,
    }
}

fn pair(network: &mut Network, first: NodeIndex, second: NodeIndex) -> Option<()> {
    let weights = |network: &Network, layer: NodeIndex| constant(network, network.operands(layer)[1]?.0);
    let (mut a, mut b) = (weights(network, first)?, weights(network, second)?);
    let (out, into) = (channel_axis(&network.graph[first].op)?, input_axis(&network.graph[second].op, &b)?);
    if a.shape()[out] != b.shape()[into] {
        return None;
    }
    let mut shift = bias(network, first, a.shape()[out])?;
    let largest = |part: ndarray::ArrayViewD<'_, f64>| part.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    for channel in 0..a.shape()[out] {
        let (r1, r2) =
            (largest(a.index_axis(Axis(out), channel)), largest(b.index_axis(Axis(into), channel)));
        if r1 == 0.0 || r2 == 0.0 {
            continue;
        }
        let scale = (r1 / r2).sqrt().clamp(1.0 / MOST, MOST);
        a.index_axis_mut(Axis(out), channel).mapv_inplace(|v| v / scale);
        b.index_axis_mut(Axis(into), channel).mapv_inplace(|v| v * scale);
        shift[channel] /= scale;
    }
    replace(network, first, 1, a);
    replace(network, first, 2, shift);
    replace(network, second, 1, b);
    Some(())
}
