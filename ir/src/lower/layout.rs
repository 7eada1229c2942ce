//! Streams in the layout that a consumer walks: one reordering where the positions are not so already.

use super::channels::{classes, select};
use super::context::Lowering;
use super::value::{IntValue, Tensor, stream_layout};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{IntOp, Reorder, Shape};
use crate::network::{Network, Op};
use crate::scalar::ScalarFn;
use ndarray::ArrayD;
use petgraph::visit::EdgeRef;
use std::sync::Arc;

impl Lowering<'_> {
    /// The tensor in the layout of its shape: pixels outermost, channels (axis 1) innermost. `value` is
    /// materialized.
    pub fn canonical(&mut self, value: &IntValue, node: &str) -> Result<IntValue, Diagnostic> {
        let (shape, index) = stream_layout(value.index.shape());
        self.arranged(value, shape, index, node)
    }

    /// The tensor with element `i` at position `index[i]`, every position taken, of a stream of extent `shape`.
    pub fn arranged(
        &mut self,
        value: &IntValue,
        shape: Shape,
        index: ArrayD<u32>,
        node: &str,
    ) -> Result<IntValue, Diagnostic> {
        if shape == value.shape && index == *value.index {
            return Ok(value.clone());
        }
        let mut order = vec![0u32; shape.elements()];
        index.iter().zip(value.index.iter()).for_each(|(to, from)| order[*to as usize] = *from);
        let function = rearranged(value, &order, shape.channels, node)?;
        let stays = order.len() == value.shape.elements() && order.iter().copied().eq(0..order.len() as u32);
        let mut result = IntValue { shape, function, index: Arc::new(index), ..value.clone() };
        if !stays {
            let name = format!("{}_reorder", self.graph[value.node].name);
            let op = IntOp::Reorder(Reorder { order: Arc::new(order) });
            result.node = self.add_shared(&name, value.pending.clone(), op, value);
            result.pending = Vec::new();
        }
        Ok(result)
    }
}

/// The function by the channels of a stream whose element `i` was element `order[i]`.
fn rearranged(value: &IntValue, order: &[u32], channels: usize, node: &str) -> Result<ScalarFn, Diagnostic> {
    if value.function.is_uniform() {
        return Ok(value.function.clone());
    }
    let classes = classes(&value.function, value.shape.channels);
    let source = |i: usize| classes[value.channel(order[i])];
    if (channels..order.len()).any(|i| source(i) != source(i % channels)) {
        let reason = "channels of different scales are mixed in front of it";
        let help = "use one scale for the whole tensor, or quantize behind the reshape";
        return Err(Diagnostic::new(Code::ScaleNotFoldable, node, reason, help));
    }
    Ok(select(&value.function, &(0..channels).map(source).collect::<Vec<_>>()))
}

/// The axis of channels of an image whose other axes hold pixels, where `spatial` are some of these: the first or the
/// last axis behind a batch of one.
pub(crate) fn channel_axis(spatial: &[usize], shape: &[usize]) -> Option<usize> {
    let image = (3..=4).contains(&shape.len()) && shape[0] == 1 && !spatial.contains(&0);
    [1, shape.len().wrapping_sub(1)].into_iter().find(|axis| image && !spatial.contains(axis))
}

/// The array with axis `from` at place `to`, the others in order.
pub(crate) fn moved_axis(index: &ArrayD<u32>, from: usize, to: usize) -> ArrayD<u32> {
    let mut order: Vec<usize> = (0..index.ndim()).filter(|axis| *axis != from).collect();
    order.insert(to, from);
    index.view().permuted_axes(order).as_standard_layout().into_owned()
}

/// The layout of a stream that enters the hardware as `tensor`: the canonical one of the first rearrangement or
/// product that it meets, so that images with channels last (NHWC) need none.
pub(crate) fn entering_layout(network: &Network, tensor: Tensor, shape: &[usize]) -> (Shape, ArrayD<u32>) {
    let Some(order) = entering_order(network, tensor, shape) else { return stream_layout(shape) };
    let moved: Vec<usize> = order.iter().map(|axis| shape[*axis]).collect();
    let (extent, index) = stream_layout(&moved);
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(to, from)| back[*from] = to);
    (extent, index.permuted_axes(back).as_standard_layout().into_owned())
}

/// The order of axes that brings channels to axis 1, if the tensor's first use says where they are.
fn entering_order(network: &Network, tensor: Tensor, shape: &[usize]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..shape.len()).collect();
    let mut edge = network.graph.edges(tensor.0).find(|e| e.weight().from == tensor.1)?;
    while order.len() > 2 {
        let here = &edge.weight().shape;
        match &network.graph[edge.target()].op {
            Op::Transpose { perm } => order = perm.iter().map(|axis| order[*axis]).collect(),
            Op::MatMul if edge.weight().to == 0 => {
                let last = order.pop()?;
                order.insert(1, last);
                return Some(order);
            }
            Op::Conv(_) | Op::ConvTranspose { .. } | Op::MaxPool(_) | Op::AveragePool(_) => {
                return Some(order);
            }
            _ => {
                network.graph.edges(edge.target()).next().filter(|e| e.weight().shape == *here)?;
            }
        }
        edge = network.graph.edges(edge.target()).next()?;
    }
    None
}
