//! Biases that make up for what quantization moves on average, and biases of few bits.
//!
//! Nagel et al., ICCV 2019 (section 4.2), measured: layer by layer, producers first, the mean of what a channel puts out in the
//! float network less its mean in the quantized one is added to the channel's bias.

use crate::assemble::Subject;
use crate::calibrate::Frames;
use crate::fold::{bias, channel_axis, replace};
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::network::{Network, Op};
use mpqc_ir::number::IntType;
use mpqc_ir::reference::Executor;
use mpqc_ir::tensor::{AxisParam, Constant};
use ndarray::{ArrayD, Axis, IxDyn};
use petgraph::graph::NodeIndex;
use rayon::prelude::*;

/// Frames that means are taken over, at most.
const FRAMES: usize = 64;

/// The quantized network with corrected biases; layers that have no bias of their own (`MatMul`) stay.
///
/// # Errors
/// What the executor says of the frames.
pub fn correct_biases(subject: &Subject, network: &Network, frames: &Frames) -> Result<Network, Diagnostic> {
    let frames = &frames[..frames.len().min(FRAMES)];
    let mut corrected = network.clone();
    let outputs: Vec<&str> = subject.model.layers.iter().map(|layer| layer.output.as_str()).collect();
    let float = means(&subject.model.network, frames, &outputs)?;
    for (layer, float) in subject.model.layers.iter().zip(float) {
        let Some(node) = node(&corrected, &layer.name) else { continue };
        if channel_axis(&corrected.graph[node].op).is_none() {
            continue;
        }
        let now = means(&corrected, frames, &[&layer.output])?.remove(0);
        let Some(old) = bias(&corrected, node, float.len()) else { continue };
        replace(&mut corrected, node, 2, old + float - now);
    }
    Ok(crate::edit::pruned(&corrected))
}

fn node(network: &Network, name: &str) -> Option<NodeIndex> {
    network.graph.node_indices().find(|node| network.graph[*node].name == name)
}

/// The mean of each channel (axis 1) of tensors, over frames and pixels.
fn means(network: &Network, frames: &Frames, tensors: &[&str]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
    let executor = Executor::new(network);
    let of_frame = |frame: &Vec<ArrayD<f64>>| -> Result<Vec<ArrayD<f64>>, Diagnostic> {
        let run = executor.keep(frame)?;
        let channels = |name: &&str| run.tensor(name).map_or(ArrayD::zeros(IxDyn(&[0])), channel_means);
        Ok(tensors.iter().map(channels).collect())
    };
    let all: Vec<Vec<ArrayD<f64>>> = frames.par_iter().map(of_frame).collect::<Result<_, _>>()?;
    let mean = |tensor: usize| {
        let sum = all.iter().map(|frame| &frame[tensor]).fold(None, |sum: Option<ArrayD<f64>>, part| {
            Some(sum.map_or_else(|| part.clone(), |sum| sum + part))
        });
        sum.unwrap_or_else(|| ArrayD::zeros(IxDyn(&[0]))) / all.len().max(1) as f64
    };
    Ok((0..tensors.len()).map(mean).collect())
}

/// The mean of each channel (axis 1).
pub(crate) fn channel_means(tensor: &ArrayD<f64>) -> ArrayD<f64> {
    if tensor.ndim() < 2 {
        return tensor.clone();
    }
    let means = tensor.axis_iter(Axis(1)).map(|channel| channel.mean().unwrap_or(0.0));
    means.collect::<ndarray::Array1<f64>>().into_dyn()
}

/// The quantized network with biases of so many bits, in steps of the product of a weight's step and an activation's.
/// Biases beyond are clipped. Layers whose activations have a zero point, or none in front of them, stay.
pub fn round_biases(network: &Network, bits: u32) -> Network {
    let mut rounded = network.clone();
    for node in network.topological() {
        if channel_axis(&network.graph[node].op).is_some() {
            let _ = round_bias(&mut rounded, node, bits);
        }
    }
    rounded
}

fn round_bias(network: &mut Network, node: NodeIndex, bits: u32) -> Option<()> {
    let operands: Vec<NodeIndex> =
        network.operands(node).into_iter().flatten().map(|(node, _)| node).collect();
    let [x, w, b] = operands[..] else { return None };
    let Op::Constant(Constant::Quantized { scale, .. }) = &network.graph[w].op else { return None };
    let step = step_before(network, x)?;
    let steps: Vec<f64> = scale.values.iter().map(|scale| f64::from((scale * step) as f32)).collect();
    let ty = IntType::quantizer(true, bits, false);
    let Op::Constant(data) = &network.graph[b].op else { return None };
    let real = data.to_real();
    let along = if steps.len() == real.len() && real.ndim() == 1 { Some(0) } else { None };
    let scale = AxisParam { axis: along.filter(|_| steps.len() > 1), values: steps };
    let code = |(i, v): (usize, &f64)| ((v / scale.at(i)).round_ties_even() as i64).clamp(ty.min, ty.max);
    let codes = real.iter().enumerate().map(code).collect();
    let codes = ArrayD::from_shape_vec(real.raw_dim(), codes).ok()?;
    let data = Constant::Quantized { codes, ty, scale, zero_point: AxisParam::scalar(0.0) };
    network.graph[b].op = Op::Constant(data);
    Some(())
}

/// The step of the quantizer before a tensor, behind operators that move its elements.
fn step_before(network: &Network, node: NodeIndex) -> Option<f64> {
    match &network.graph[node].op {
        Op::Quantize { quantizer, .. } => {
            Some(quantizer.scale.at(0)).filter(|_| quantizer.zero_point.at(0) == 0.0)
        }
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Identity | Op::MaxPool(_) | Op::Pad { .. } => {
            step_before(network, network.operands(node).first().copied().flatten()?.0)
        }
        _ => None,
    }
}
