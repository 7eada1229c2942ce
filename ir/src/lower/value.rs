//! What is known of a tensor while lowering.

use crate::int_network::{Shape, Window};
use crate::network::Network;
use crate::number::IntType;
use crate::scalar::{ScalarFn, Step, zip};
use crate::tensor::Constant;
use ndarray::ArrayD;
use num_traits::Signed;
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// An output of a network node.
pub(crate) type Tensor = (NodeIndex, usize);

/// A tensor: known now, computed on the host, or computed by hardware.
#[derive(Clone)]
pub(crate) enum Value {
    /// A constant.
    Constant(Arc<Constant>),
    /// Float on the host; behind the hardware if an operator that depends on it is named.
    Host {
        /// The operator that took the value out of the hardware.
        after: Option<NodeIndex>,
    },
    /// Integers in hardware.
    Int(IntValue),
    /// One half of a TopK: the indices or the values of a stream that carries both.
    Top {
        /// The stream; its function is the value's meaning.
        stream: IntValue,
        /// Which half.
        half: TopHalf,
    },
    /// Could not be lowered; its diagnostic is recorded.
    Failed,
}

/// What a consumer of a TopK wants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TopHalf {
    Value,
    Index,
}

/// A real tensor as a scalar function of a hardware stream.
#[derive(Clone)]
pub(crate) struct IntValue {
    /// The integer node that produces the stream.
    pub node: NodeIndex,
    /// Type of the stream.
    pub ty: IntType,
    /// Extent of the stream.
    pub shape: Shape,
    /// Real value of channel `c`'s integer `q`: `function(c, q)`.
    pub function: ScalarFn,
    /// Stream position of every element of the real tensor; the array has the tensor's shape.
    pub index: Arc<ArrayD<u32>>,
    /// ONNX nodes folded into `function` since the stream.
    pub pending: Vec<String>,
    /// A maximum over windows of the tensor in front of some of `function`'s steps, none of them a code: it is
    /// taken of what the stream becomes (`pool.rs`). `shape` and `index` are those behind it.
    pub pool: Option<PendingPool>,
}

/// A maximum over windows that is still to be taken.
#[derive(Clone)]
pub(crate) struct PendingPool {
    /// Which windows, over a stream in the canonical layout.
    pub window: Window,
    /// Extent of the stream.
    pub input: Shape,
    /// Channels (or the single entry) in which the steps behind the maximum fall.
    pub falls: Vec<bool>,
    /// The node that asked for it.
    pub node: String,
}

impl IntValue {
    /// A new stream and the tensor that it carries.
    pub fn stream(
        node: NodeIndex,
        ty: IntType,
        shape: Shape,
        function: ScalarFn,
        index: ArrayD<u32>,
    ) -> IntValue {
        IntValue { node, ty, shape, function, index: Arc::new(index), pending: Vec::new(), pool: None }
    }

    /// The same stream with its elements at other positions of the real tensor.
    pub fn moved(&self, index: ArrayD<u32>) -> IntValue {
        IntValue { index: Arc::new(index), ..self.clone() }
    }

    /// The stream itself, in front of a maximum that waits.
    pub fn unpooled(&self) -> IntValue {
        let shape = self.pool.as_ref().map_or(self.shape, |pool| pool.input);
        IntValue { shape, pool: None, ..self.clone() }
    }

    /// Channel of the stream position of each element.
    pub fn channel(&self, position: u32) -> usize {
        position as usize % self.shape.channels
    }

    /// The same stream under a further scalar step.
    pub fn then(&self, step: Step, node: &str) -> IntValue {
        let mut next = self.clone();
        if let (Some(pool), Step::Affine { mul, .. }) = (&mut next.pool, &step) {
            let negative: Vec<bool> = mul.iter().map(Signed::is_negative).collect();
            pool.falls = zip(&pool.falls, &negative, |a, b| a != b);
        }
        next.function = next.function.then(step);
        if next.pending.last().is_none_or(|last| last != node) {
            next.pending.push(node.to_owned());
        }
        next
    }
}

/// How a real tensor of a host part lies in a stream: pixels outermost, channels innermost.
///
/// Rank 1: one vector; rank 2: rows are pixels; rank ≥ 3: axis 1 is channels (N C spatial…), everything else
/// pixels in order. Returns the extent and each element's position.
pub(crate) fn stream_layout(shape: &[usize]) -> (Shape, ArrayD<u32>) {
    let positions = |shape: &[usize]| {
        let count = shape.iter().product::<usize>() as u32;
        ArrayD::from_shape_vec(shape.to_vec(), (0..count).collect()).expect("as many positions as elements")
    };
    match shape {
        [] => (Shape::vector(1), positions(shape)),
        [n] => (Shape::vector(*n), positions(shape)),
        [rows, n] => (Shape { height: *rows, width: 1, channels: *n }, positions(shape)),
        _ => channels_last(shape, positions),
    }
}

fn channels_last(shape: &[usize], positions: impl Fn(&[usize]) -> ArrayD<u32>) -> (Shape, ArrayD<u32>) {
    let channels = shape[1];
    let width = shape[shape.len() - 1];
    let height = shape.iter().product::<usize>() / channels / width;
    // Stream order is the row-major order of N spatial… C.
    let mut last: Vec<usize> = shape.to_vec();
    last.remove(1);
    last.push(channels);
    let mut order: Vec<usize> = (0..shape.len() - 1).collect();
    order.insert(1, shape.len() - 1);
    let index = positions(&last).permuted_axes(order).as_standard_layout().into_owned();
    (Shape { height, width, channels }, index)
}

/// How many of a node's outputs are used (at least one).
pub(crate) fn output_count(network: &Network, node: NodeIndex) -> usize {
    use petgraph::Direction::Outgoing;
    network.graph.edges_directed(node, Outgoing).map(|e| e.weight().from + 1).max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_streamed_channels_innermost() {
        let (shape, index) = stream_layout(&[1, 3, 2, 4]);
        assert_eq!(shape, Shape { height: 2, width: 4, channels: 3 });
        assert_eq!(index[[0, 2, 1, 3].as_slice()], (4 + 3) * 3 + 2);
    }
}
