//! The importer as a whole: real models, every operator, every diagnostic, and mutated files.

mod models;

use super::{Options, import};
use crate::diagnostic::Diagnostics;
use crate::network::{Network, Node, Op};
use crate::onnx::ElemType;
use crate::onnx::testing::*;

/// The one node of an operator type.
fn only<'n>(network: &'n Network, operator: &str) -> &'n Node {
    let mut all = network.graph.node_weights().filter(|node| node.operator == operator);
    let first = all.next().unwrap_or_else(|| panic!("no {operator} in {}", names(network)));
    assert!(all.next().is_none(), "several {operator}");
    first
}

fn names(network: &Network) -> String {
    network.graph.node_weights().map(|node| node.name.as_str()).collect::<Vec<_>>().join(" ")
}

fn count(network: &Network, is: impl Fn(&Op) -> bool) -> usize {
    network.graph.node_weights().filter(|node| is(&node.op)).count()
}
