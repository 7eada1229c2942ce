//! Changes to a [`Network`] under construction.

use mpqc_ir::network::{Network, Node, Op, Wire};
use mpqc_ir::tensor::Constant;
use ndarray::ArrayD;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::{HashMap, HashSet};

/// The uses of output `from` of a node, in the order of their consumers.
pub(crate) fn uses(network: &Network, node: NodeIndex, from: usize) -> Vec<(EdgeIndex, NodeIndex)> {
    let edges = network.graph.edges(node).filter(|edge| edge.weight().from == from);
    let mut uses: Vec<_> = edges.map(|edge| (edge.id(), edge.target())).collect();
    uses.sort_unstable_by_key(|(edge, target)| (*target, *edge));
    uses
}

/// The data of a constant node, in float64.
pub(crate) fn constant(network: &Network, node: NodeIndex) -> Option<ArrayD<f64>> {
    match &network.graph[node].op {
        Op::Constant(data) => Some(data.to_real()),
        _ => None,
    }
}

/// A constant of float32 values in float64.
pub(crate) fn single(values: ArrayD<f64>) -> Op {
    Op::Constant(Constant::Float(values.mapv_into(|v| f64::from(v as f32))))
}

/// Adds a constant under a name that its tensor has too, as operand `to` of a node.
pub(crate) fn add_constant(network: &mut Network, name: String, op: Op, node: NodeIndex, to: usize) {
    let Op::Constant(data) = &op else { return };
    let wire = Wire { tensor: name.clone(), shape: data.shape().to_vec(), from: 0, to };
    let constant = network.graph.add_node(Node { name, operator: "Constant".into(), op });
    network.graph.add_edge(constant, node, wire);
}

/// Puts a node between output `from` of a node and everything that reads it but the network's outputs.
pub(crate) fn insert_behind(network: &mut Network, (node, from): (NodeIndex, usize), name: String, op: Op) {
    let Some((edge, _)) = uses(network, node, from).first().copied() else { return };
    let wire = network.graph[edge].clone();
    let inserted = network.graph.add_node(Node { name: name.clone(), operator: "Quant".into(), op });
    redirect(network, (node, from), inserted, Some(&name));
    network.graph.add_edge(node, inserted, Wire { to: 0, ..wire });
}

/// Lets everything that reads output 0 of `node` read output 0 of `other`, under the tensor's old name.
pub(crate) fn take_over(network: &mut Network, node: NodeIndex, other: NodeIndex) {
    redirect(network, (node, 0), other, None);
}

/// Lets what reads a tensor read output 0 of `other`; the network's outputs too, unless the tensor is renamed.
fn redirect(network: &mut Network, (node, from): (NodeIndex, usize), other: NodeIndex, rename: Option<&str>) {
    let stays = |network: &Network, target: NodeIndex| {
        rename.is_some() && matches!(network.graph[target].op, Op::Output)
    };
    // Removing an edge gives its index to another one.
    while let Some((edge, target)) = uses(network, node, from).into_iter().find(|(_, t)| !stays(network, *t))
    {
        let wire = network.graph[edge].clone();
        let tensor = rename.map_or(wire.tensor.clone(), str::to_owned);
        network.graph.remove_edge(edge);
        network.graph.add_edge(other, target, Wire { tensor, from: 0, ..wire });
    }
}

/// The network without what no output needs.
pub(crate) fn pruned(network: &Network) -> Network {
    let mut needed: HashSet<NodeIndex> = network.inputs.iter().copied().collect();
    let mut open = network.outputs.clone();
    while let Some(node) = open.pop() {
        if needed.insert(node) || network.inputs.contains(&node) {
            let before = network.graph.neighbors_directed(node, petgraph::Direction::Incoming);
            open.extend(before.filter(|n| !needed.contains(n)));
        }
    }
    let mut kept = Network { name: network.name.clone(), ..Network::default() };
    let mut moved = HashMap::new();
    for node in network.graph.node_indices().filter(|node| needed.contains(node)) {
        moved.insert(node, kept.graph.add_node(network.graph[node].clone()));
    }
    for edge in network.graph.edge_references() {
        if let (Some(a), Some(b)) = (moved.get(&edge.source()), moved.get(&edge.target())) {
            kept.graph.add_edge(*a, *b, edge.weight().clone());
        }
    }
    kept.inputs = network.inputs.iter().map(|node| moved[node]).collect();
    kept.outputs = network.outputs.iter().map(|node| moved[node]).collect();
    kept
}
