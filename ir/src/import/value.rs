//! A tensor of the model during import: who produces it, and what is known of it.

use crate::onnx::ElemType;
use petgraph::graph::NodeIndex;

/// An output of a node of the network under construction.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// The producer.
    pub(super) node: NodeIndex,
    /// Which of its outputs.
    pub(super) from: usize,
    /// The shape, complete.
    pub(super) shape: Vec<usize>,
    /// The element type that ONNX gives the tensor: integer tensors divide and cast in their own way.
    pub(super) elem: ElemType,
    /// For constant codes that were clipped: the range of their narrower type.
    pub(super) range: Option<(i64, i64)>,
    /// The tensor's name in the model.
    pub(super) tensor: String,
}

impl Value {
    /// The same value as elements of another type.
    pub(super) fn with_elem(mut self, elem: ElemType) -> Self {
        self.elem = elem;
        self
    }

    /// Number of dimensions.
    pub(super) fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The range that the element type, or a clip of it, leaves to codes.
    pub(super) fn code_range(&self) -> Option<(i64, i64)> {
        self.range.or(self.elem.int_range())
    }

    /// Whether ONNX calculates with the elements as integers.
    pub(super) fn is_int(&self) -> bool {
        self.elem.int_range().is_some()
    }
}
