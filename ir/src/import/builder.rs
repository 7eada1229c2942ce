//! The network under construction: unique names, and limits on what is added.

use super::limits;
use super::value::Value;
use crate::network::{Network, Node, Op, Wire};
use crate::onnx::ElemType;
use crate::tensor::Constant;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use std::collections::{HashMap, HashSet};

/// Why nothing could be added.
#[derive(Clone, Debug)]
pub(super) enum Excess {
    /// A tensor without elements, or with more than [`limits::TENSOR_ELEMENTS`].
    Tensor(Vec<usize>),
    /// All wires together exceed [`limits::NETWORK_ELEMENTS`].
    Network,
    /// Folded constants exceed [`limits::folded_elements`].
    Folding,
}

/// A network and what is left of its limits.
pub(super) struct Builder {
    network: Network,
    names: Names,
    elements: usize,
    folding: usize,
}

impl Builder {
    /// An empty network for a file of so many bytes.
    pub(super) fn new(name: &str, file_bytes: usize) -> Self {
        let network = Network { name: name.to_owned(), ..Network::default() };
        let (elements, folding) = (limits::NETWORK_ELEMENTS, limits::folded_elements(file_bytes));
        Builder { network, names: Names::default(), elements, folding }
    }

    /// A name that no other node has: `wanted`, or `wanted` with a number behind it.
    pub(super) fn reserve(&mut self, wanted: &str) -> String {
        self.names.reserve(wanted)
    }

    /// Adds a node under a reserved name, joined to its operands in order.
    pub(super) fn add(&mut self, name: String, operator: &str, op: Op, operands: &[&Value]) -> NodeIndex {
        let node = self.network.graph.add_node(Node { name, operator: operator.to_owned(), op });
        for (to, value) in operands.iter().enumerate() {
            let (tensor, shape) = (value.tensor.clone(), value.shape.clone());
            self.network.graph.add_edge(value.node, node, Wire { tensor, shape, from: value.from, to });
        }
        node
    }

    /// Adds a constant that the file holds.
    pub(super) fn add_constant(
        &mut self,
        name: String,
        operator: &str,
        data: Constant,
        elem: ElemType,
    ) -> Value {
        let (shape, tensor) = (data.shape().to_vec(), name.clone());
        let node = self.add(name, operator, Op::Constant(data), &[]);
        Value { node, from: 0, shape, elem, range: None, tensor }
    }

    /// Marks a graph input.
    pub(super) fn mark_input(&mut self, node: NodeIndex) {
        self.network.inputs.push(node);
    }

    /// Marks a graph output.
    pub(super) fn mark_output(&mut self, node: NodeIndex) {
        self.network.outputs.push(node);
    }

    /// The data of a value, if it is constant.
    pub(super) fn constant(&self, value: &Value) -> Option<&Constant> {
        match &self.network.graph[value.node].op {
            Op::Constant(data) => Some(data),
            _ => None,
        }
    }

    /// The operator that gives a value.
    pub(super) fn op(&self, value: &Value) -> &Op {
        &self.network.graph[value.node].op
    }

    /// The first operand of the node that gives a value.
    pub(super) fn source(&self, value: &Value) -> Option<Value> {
        let (node, wire) = self.network.operands(value.node).into_iter().next().flatten()?;
        let Wire { tensor, shape, from, .. } = wire.clone();
        Some(Value { node, from, shape, elem: ElemType::Float, range: None, tensor })
    }

    /// Writes a constant in another form of the same real values.
    pub(super) fn restate(&mut self, value: &Value, data: Constant) {
        self.network.graph[value.node].op = Op::Constant(data);
    }

    /// Takes a tensor's elements out of the network's limit.
    pub(super) fn charge(&mut self, shape: &[usize]) -> Result<(), Excess> {
        let elements = limits::elements(shape).filter(|elements| *elements > 0);
        let elements = elements.ok_or_else(|| Excess::Tensor(shape.to_vec()))?;
        self.elements = self.elements.checked_sub(elements).ok_or(Excess::Network)?;
        Ok(())
    }

    /// Takes a folded tensor's elements (and one for the node itself) out of the limit for folding.
    pub(super) fn charge_folding(&mut self, shape: &[usize]) -> Result<(), Excess> {
        let elements = limits::elements(shape).ok_or_else(|| Excess::Tensor(shape.to_vec()))?;
        self.folding = self.folding.checked_sub(elements + 1).ok_or(Excess::Folding)?;
        Ok(())
    }

    /// The network without what no output needs; inputs stay.
    pub(super) fn finish(self) -> Network {
        let Network { name, graph, inputs, outputs } = self.network;
        let mut needed = vec![false; graph.node_count()];
        let mut stack: Vec<NodeIndex> = outputs.iter().chain(&inputs).copied().collect();
        while let Some(node) = stack.pop() {
            if !std::mem::replace(&mut needed[node.index()], true) {
                stack.extend(graph.neighbors_directed(node, Direction::Incoming));
            }
        }
        let mut kept =
            graph.filter_map_owned(|index, node| needed[index.index()].then_some(node), |_, wire| Some(wire));
        kept.shrink_to_fit();
        let moved = renumbered(&needed);
        let to_new = |old: Vec<NodeIndex>| old.into_iter().map(|node| moved[node.index()]).collect();
        Network { name, graph: kept, inputs: to_new(inputs), outputs: to_new(outputs) }
    }
}

/// The new index of every node when those not needed are left out.
fn renumbered(needed: &[bool]) -> Vec<NodeIndex> {
    let mut next = 0;
    let number = |kept: &bool| {
        let index = NodeIndex::new(next);
        next += usize::from(*kept);
        index
    };
    needed.iter().map(number).collect()
}

/// Names in use.
#[derive(Default)]
struct Names {
    used: HashSet<String>,
    /// The next number to try behind a name: retrying from 1 would be quadratic in equal names.
    next: HashMap<String, usize>,
}

impl Names {
    fn reserve(&mut self, wanted: &str) -> String {
        if self.used.insert(wanted.to_owned()) {
            return wanted.to_owned();
        }
        let next = self.next.entry(wanted.to_owned()).or_insert(1);
        loop {
            let name = format!("{wanted}_{next}");
            *next += 1;
            if self.used.insert(name.clone()) {
                return name;
            }
        }
    }
}
