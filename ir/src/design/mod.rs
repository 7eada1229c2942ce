//! `Design`: hardware blocks joined by valid/ready streams; the single source for Verilog, simulator, cost
//! and reports.
//!
//! Every block is an elastic process: a handshake happens in a cycle in which `valid` and `ready` are both
//! high; `ready` and `valid` come from registers, so no combinational path joins two handshakes; and when a
//! handshake happens depends on counts, never on values. `docs/blocks.md` states each block's cycles.

pub mod blocks;
mod check;
mod cost;
mod layers;
mod lut_terms;
mod stream;
mod target;
#[doc(hidden)]
pub mod testing;

pub use blocks::Block;
pub use cost::Resources;
pub use stream::Stream;
pub use target::{DspSlice, Family, Pipeline, Target};

use crate::int_network::Host;
use petgraph::Direction;
use petgraph::graph::EdgeIndex;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::{Deserialize, Serialize};

/// A block in its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BlockNode {
    /// Instance name: unique, a legal Verilog identifier.
    pub name: String,
    /// ONNX nodes that it computes.
    pub origin: Vec<String>,
    /// What it is, with all its parameters.
    pub block: Block,
}

/// A hardware design, with the host parts around it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Design {
    /// Name of the top module: a legal Verilog identifier.
    pub name: String,
    /// The target it was scheduled for.
    pub target: Target,
    /// Blocks and streams.
    pub graph: DiGraph<BlockNode, Stream>,
    /// Input adapters, in port order.
    pub inputs: Vec<NodeIndex>,
    /// Output adapters, in port order.
    pub outputs: Vec<NodeIndex>,
    /// What runs on the host.
    pub host: Host,
}

impl Design {
    /// A block's input streams, by port.
    pub fn inputs_of(&self, node: NodeIndex) -> Vec<EdgeIndex> {
        self.ports(node, Direction::Incoming, |s| s.to)
    }

    /// A block's output streams, by port.
    pub fn outputs_of(&self, node: NodeIndex) -> Vec<EdgeIndex> {
        self.ports(node, Direction::Outgoing, |s| s.from)
    }

    /// All blocks, producers before consumers.
    ///
    /// # Panics
    /// If the graph has a cycle; the scheduler makes none.
    pub fn topological(&self) -> Vec<NodeIndex> {
        petgraph::algo::toposort(&self.graph, None).expect("a design is acyclic")
    }

    fn ports(
        &self,
        node: NodeIndex,
        direction: Direction,
        port: impl Fn(&Stream) -> usize,
    ) -> Vec<EdgeIndex> {
        let mut edges: Vec<_> =
            self.graph.edges_directed(node, direction).map(|e| (port(e.weight()), e.id())).collect();
        edges.sort();
        edges.into_iter().map(|(_, id)| id).collect()
    }
}
