//! `IntNetwork`: integer operators only, each proved equal to the network's real arithmetic.
//!
//! A tensor on an edge is a stack of *pixels* of *channels* (fully connected: one pixel), channel innermost:
//! element `(p, c)` of a frame is at `p · channels + c`. Real values come back through the affine or scalar
//! functions stored at the outputs.

mod execute;
mod host;
mod op;
mod render;
mod spatial;

pub use host::HostRunner;
pub use op::{Add, ArgMax, Decode, Dot, InputPort, IntOp, OutputPort, Requantize, ScaleShift, Thresholds};
pub use spatial::{Depthwise, Pad, Pool, PoolFunction, Reorder, Window, concat};

use crate::network::Network;
use crate::number::IntType;
use petgraph::graph::{DiGraph, NodeIndex};
use serde::{Deserialize, Serialize};

/// Extent of a tensor: `height · width` pixels of `channels` elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Elements per pixel.
    pub channels: usize,
}

impl Shape {
    /// A single vector.
    pub fn vector(channels: usize) -> Self {
        Shape { height: 1, width: 1, channels }
    }

    /// Pixels per frame.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Elements per frame.
    pub fn elements(&self) -> usize {
        self.pixels() * self.channels
    }
}

/// An integer operator, under the names of the ONNX nodes that it computes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntNode {
    /// Unique, a legal Verilog identifier in lower case.
    pub name: String,
    /// ONNX nodes that it computes, in order.
    pub origin: Vec<String>,
    /// What it computes.
    pub op: IntOp,
}

/// A use of an integer tensor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntEdge {
    /// Type with the exact range.
    pub ty: IntType,
    /// Extent.
    pub shape: Shape,
    /// Real value of one step and the code of real zero, where the values are codes of a uniform
    /// quantizer (for reports; per-channel scales show their first).
    pub scale: Option<(f64, f64)>,
    /// Which input of the consumer.
    pub to: usize,
}

/// The integer part of a network between two host parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntNetwork {
    /// The model's name.
    pub name: String,
    /// Operators and tensors.
    pub graph: DiGraph<IntNode, IntEdge>,
    /// What surrounds the hardware.
    pub host: Host,
}

/// The float operators around the hardware, and how real tensors become streams and back.
///
/// A frame goes: model inputs → `prefix` (float64) → [`InputPort`]s → hardware → [`OutputPort`]s →
/// `suffix` (float64) → model outputs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Host {
    /// From the model's inputs to the real tensors behind the input ports, in port order.
    pub prefix: Network,
    /// Integers that enter the hardware.
    pub inputs: Vec<InputPort>,
    /// Integers that leave it.
    pub outputs: Vec<OutputPort>,
    /// From the output ports' real tensors (in port order, then the model's inputs and prefix tensors
    /// that it needs as further inputs) to the model's outputs.
    pub suffix: Network,
}

impl IntNetwork {
    /// All nodes, producers before consumers.
    ///
    /// # Panics
    /// If the graph has a cycle; lowering makes none.
    pub fn topological(&self) -> Vec<NodeIndex> {
        petgraph::algo::toposort(&self.graph, None).expect("lowering makes no cycles")
    }
}
