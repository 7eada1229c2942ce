//! `Network`: the ONNX graph as a petgraph, typed and shaped; floats and quantizers as the user wrote them.
//!
//! Nodes are [`Node`]s in the vocabulary of [`Op`]; an edge is one use of a tensor ([`Wire`]), from output
//! `from` of its producer to input `to` of its consumer. Constants are nodes.

mod describe;
mod op;
mod render;

pub use op::{ConvAttributes, Op, PoolAttributes, QuantizedAs, Quantizer};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::{Deserialize, Serialize};

/// An operator with the name that the model gives it (made up from type and position where it has none).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Unique name.
    pub name: String,
    /// ONNX operator type, as in the file (several file types may share one [`Op`]).
    pub operator: String,
    /// What it computes.
    pub op: Op,
}

/// One use of a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wire {
    /// The tensor's name in the model.
    pub tensor: String,
    /// Its shape; the batch dimension, where symbolic in the model, is 1.
    pub shape: Vec<usize>,
    /// Which output of the producer.
    pub from: usize,
    /// Which input of the consumer.
    pub to: usize,
}

/// A graph of operators on real tensors; the specification.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Network {
    /// The model's (graph's) name.
    pub name: String,
    /// Operators and tensors.
    pub graph: DiGraph<Node, Wire>,
    /// [`Op::Input`] nodes, in the model's order.
    pub inputs: Vec<NodeIndex>,
    /// [`Op::Output`] nodes, in the model's order.
    pub outputs: Vec<NodeIndex>,
}

impl Network {
    /// The producers of a node's inputs, by input position; an optional input that is absent is `None`.
    pub fn operands(&self, node: NodeIndex) -> Vec<Option<(NodeIndex, &Wire)>> {
        let mut operands = Vec::new();
        for edge in self.graph.edges_directed(node, Direction::Incoming) {
            let to = edge.weight().to;
            if operands.len() <= to {
                operands.resize(to + 1, None);
            }
            operands[to] = Some((edge.source(), edge.weight()));
        }
        operands
    }

    /// All nodes, producers before consumers, in an order that depends on the graph alone.
    ///
    /// # Panics
    /// If the graph has a cycle: importers refuse cycles.
    pub fn topological(&self) -> Vec<NodeIndex> {
        petgraph::algo::toposort(&self.graph, None)
            .expect("a network is acyclic, the importer refuses cycles")
    }
}
