//! Streams in the layout that a consumer walks: one reordering where the positions are not so already.

use super::channels::select;
use super::context::Lowering;
use super::value::{IntValue, stream_layout};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{IntOp, Reorder, Shape};
use crate::scalar::ScalarFn;
use ndarray::ArrayD;
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
    let source = |i: usize| value.channel(order[i]);
    if (channels..order.len()).any(|i| source(i) != source(i % channels)) {
        let reason = "channels of different scales are mixed in front of it";
        let help = "use one scale for the whole tensor, or quantize behind the reshape";
        return Err(Diagnostic::new(Code::ScaleNotFoldable, node, reason, help));
    }
    Ok(select(&value.function, &(0..channels).map(source).collect::<Vec<_>>()))
}
