//! Where hardware begins and ends: input ports, output ports, and the float operators around them.

use super::Lowered;
use super::context::{Call, Lowering};
use super::layout::entering_layout;
use super::value::{IntValue, Tensor, TopHalf, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::int_network::{Decode, Host, InputPort, IntNetwork, IntOp, OutputPort};
use crate::network::{Network, Node, Op, Wire};
use crate::number::IntType;
use crate::scalar::{FloatFn, ScalarFn};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::{EdgeRef, Reversed};
use std::collections::{HashMap, HashSet};

/// A graph input: integers where the model promises them, else a host float.
pub(crate) fn input(lowering: &mut Lowering, call: &Call, datatype: Option<IntType>) -> Lowered {
    match (datatype, &call.output_shape) {
        (Some(ty), Some(shape)) => {
            let port = open_port(lowering, (call.node, 0), shape, ty);
            Ok(vec![Value::Int(describe_port(lowering, port, ScalarFn::default()))])
        }
        _ => Ok(vec![Value::Host { after: None }]),
    }
}

/// A new input port that carries `tensor`, of the given real shape, as codes of `ty`.
pub(crate) fn open_port(
    lowering: &mut Lowering,
    tensor: Tensor,
    real_shape: &[usize],
    ty: IntType,
) -> IntValue {
    let (shape, index) = entering_layout(lowering.network, tensor, real_shape);
    let name = tensor_name(lowering.network, tensor);
    let port = InputPort {
        name: name.clone(),
        ty,
        shape,
        tensor_shape: real_shape.to_vec(),
        order: index.iter().copied().collect(),
        scale: vec![1.0],
        zero: vec![0.0],
    };
    let origin = vec![lowering.network.graph[tensor.0].name.clone()];
    let node = lowering.add(&format!("in_{name}"), origin, IntOp::Input(lowering.inputs.len()), &[]);
    lowering.inputs.push((port, tensor));
    IntValue::stream(node, ty, shape, ScalarFn::default(), index)
}

/// States what the port's codes mean.
pub(crate) fn describe_port(lowering: &mut Lowering, value: IntValue, function: ScalarFn) -> IntValue {
    if let (Some((mul, add)), Some((port, _))) = (function.as_affine(), lowering.inputs.last_mut()) {
        port.scale = mul.iter().map(crate::scalar::f64_of).collect();
        port.zero = crate::scalar::zip(&add, &mul, |a, m| -a / m).iter().map(crate::scalar::f64_of).collect();
    }
    IntValue { function, ..value }
}

fn tensor_name(network: &Network, tensor: Tensor) -> String {
    let mut edges = network.graph.edges(tensor.0);
    let wire = edges.find(|e| e.weight().from == tensor.1).map(|e| e.weight().tensor.clone());
    wire.unwrap_or_else(|| network.graph[tensor.0].name.clone())
}

impl Lowering<'_> {
    /// Puts output ports where integers leave, cuts the host parts out of the network, drops what no output
    /// needs, and ends the walk.
    pub fn finish(mut self) -> Result<IntNetwork, Diagnostics> {
        let suffix = self.cut_suffix();
        let mut outputs = Vec::new();
        for tensor in &suffix.boundary {
            match self.output_port(*tensor, outputs.len()) {
                Ok(port) => outputs.push(port),
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        let diagnostics = self.take_diagnostics();
        if diagnostics.0.is_empty() && outputs.is_empty() {
            return Err(no_hardware(self.network).into());
        }
        self.drop_dead();
        let prefix =
            cut(self.network, &self.inputs.iter().map(|(_, t)| *t).collect::<Vec<_>>(), &HashSet::new());
        let inputs = self.inputs.iter().map(|(port, _)| port.clone()).collect();
        let host = Host { prefix: prefix.network, inputs, outputs, suffix: suffix.network };
        let name = super::names::identifier(&self.network.name);
        let mut network = IntNetwork { name, graph: self.graph, host };
        vectors_for_dots(&mut network);
        diagnostics.or_ok(network)
    }

    fn cut_suffix(&self) -> Cut {
        let network = self.network;
        let in_hardware = |t: &Tensor| matches!(self.value(*t), Value::Int(_) | Value::Top { .. });
        let tensors = network.graph.edge_references().map(|e| (e.source(), e.weight().from));
        let boundary: HashSet<Tensor> = tensors.filter(in_hardware).collect();
        let targets = network.outputs.iter().filter_map(|o| operand(network, *o)).collect::<Vec<_>>();
        cut(network, &targets, &boundary)
    }

    fn output_port(&mut self, tensor: Tensor, number: usize) -> Result<OutputPort, Diagnostic> {
        let name = tensor_name(self.network, tensor);
        let (value, half) = match self.value(tensor) {
            Value::Int(value) => (self.materialize(&value)?, None),
            Value::Top { stream, half } => (stream, Some(half)),
            _ => return Err(no_hardware(self.network)),
        };
        let real = value.function.to_float().unwrap_or_default();
        self.add(&format!("out_{name}"), value.pending.clone(), IntOp::Output(number), &[&value]);
        Ok(OutputPort {
            name,
            ty: value.ty,
            shape: value.shape,
            tensor_shape: value.index.shape().to_vec(),
            order: value.index.iter().copied().collect(),
            decode: self.decode(&value, half, real),
        })
    }

    /// Removes integer nodes, and input ports, that no output needs.
    fn drop_dead(&mut self) {
        let mut alive = HashSet::new();
        let is_output = |n: &NodeIndex| matches!(self.graph[*n].op, IntOp::Output(_));
        for output in self.graph.node_indices().filter(is_output) {
            let mut dfs = petgraph::visit::Dfs::new(Reversed(&self.graph), output);
            while let Some(node) = dfs.next(Reversed(&self.graph)) {
                alive.insert(node);
            }
        }
        self.graph.retain_nodes(|_, n| alive.contains(&n));
        let mut kept = Vec::new();
        for node in self.graph.node_weights_mut() {
            if let IntOp::Input(port) = &mut node.op {
                kept.push(std::mem::replace(port, kept.len()));
            }
        }
        self.inputs = kept.into_iter().map(|port| self.inputs[port].clone()).collect();
    }

    fn decode(&self, value: &IntValue, half: Option<TopHalf>, real: FloatFn) -> Decode {
        match (half, &self.graph[value.node].op) {
            (None, _) => Decode::Real(real),
            (Some(TopHalf::Index), IntOp::ArgMax(a)) => Decode::TopIndex { index_bits: a.index_bits },
            (Some(_), IntOp::ArgMax(a)) => Decode::TopValue { index_bits: a.index_bits, real },
            (Some(_), _) => Decode::Real(real),
        }
    }
}

fn no_hardware(network: &Network) -> Diagnostic {
    Diagnostic::new(
        Code::NoHardware,
        network.name.clone(),
        "nothing in this network can be hardware: no output depends on quantized values",
        "quantize inputs and weights (QONNX Quant, QuantizeLinear), or annotate the input's datatype",
    )
}

fn operand(network: &Network, node: NodeIndex) -> Option<Tensor> {
    network.graph.edges_directed(node, Direction::Incoming).next().map(|e| (e.source(), e.weight().from))
}

/// A part of a network.
struct Cut {
    network: Network,
    /// Tensors that became inputs, in order; the model's own inputs follow them.
    boundary: Vec<Tensor>,
}

/// The operators that `targets` need, down to `boundary` tensors and the model's inputs.
fn cut(network: &Network, targets: &[Tensor], boundary: &HashSet<Tensor>) -> Cut {
    let (needed, crossed) = reach(network, targets, boundary);
    let mut part = Part {
        source: network,
        result: Network { name: network.name.clone(), ..Network::default() },
        tensors: HashMap::new(),
    };
    let order = network.topological();
    let crossed: Vec<Tensor> =
        order.iter().flat_map(|n| crossed.iter().filter(move |t| t.0 == *n)).copied().collect();
    crossed.iter().for_each(|t| part.boundary_input(*t));
    network.inputs.iter().for_each(|i| part.model_input(*i));
    for node in order.into_iter().filter(|n| needed.contains(n) && !network.inputs.contains(n)) {
        part.clone_node(node);
    }
    targets.iter().for_each(|t| part.output(*t));
    Cut { network: part.result, boundary: crossed }
}

/// Nodes needed for `targets`, and the boundary tensors where the search stopped (sorted).
fn reach(
    network: &Network,
    targets: &[Tensor],
    boundary: &HashSet<Tensor>,
) -> (HashSet<NodeIndex>, Vec<Tensor>) {
    let (mut needed, mut crossed) = (HashSet::new(), HashSet::new());
    let mut todo: Vec<Tensor> = targets.to_vec();
    while let Some(tensor) = todo.pop() {
        if boundary.contains(&tensor) {
            crossed.insert(tensor);
        } else if needed.insert(tensor.0) {
            todo.extend(
                network
                    .graph
                    .edges_directed(tensor.0, Direction::Incoming)
                    .map(|e| (e.source(), e.weight().from)),
            );
        }
    }
    let mut crossed: Vec<_> = crossed.into_iter().collect();
    crossed.sort();
    (needed, crossed)
}

/// A part under construction.
struct Part<'a> {
    source: &'a Network,
    result: Network,
    /// Where each tensor of the source is in the part.
    tensors: HashMap<Tensor, Tensor>,
}

impl Part<'_> {
    fn boundary_input(&mut self, tensor: Tensor) {
        let name = tensor_name(self.source, tensor);
        let node = Node { name, operator: "Input".into(), op: Op::Input { datatype: None } };
        let node = self.result.graph.add_node(node);
        self.result.inputs.push(node);
        self.tensors.insert(tensor, (node, 0));
    }

    fn model_input(&mut self, node: NodeIndex) {
        let copy = self.result.graph.add_node(self.source.graph[node].clone());
        self.result.inputs.push(copy);
        self.tensors.entry((node, 0)).or_insert((copy, 0));
    }

    fn clone_node(&mut self, node: NodeIndex) {
        let copy = self.result.graph.add_node(self.source.graph[node].clone());
        for port in 0..super::value::output_count(self.source, node) {
            self.tensors.entry((node, port)).or_insert((copy, port));
        }
        for edge in self.source.graph.edges_directed(node, Direction::Incoming) {
            self.wire((edge.source(), edge.weight().from), edge.weight().clone(), copy);
        }
    }

    fn wire(&mut self, tensor: Tensor, wire: Wire, to: NodeIndex) {
        if let Some(&(from, port)) = self.tensors.get(&tensor) {
            self.result.graph.add_edge(from, to, Wire { from: port, ..wire });
        }
    }

    fn output(&mut self, tensor: Tensor) {
        let mut edges = self.source.graph.edges(tensor.0);
        let Some(wire) = edges.find(|e| e.weight().from == tensor.1).map(|e| e.weight().clone()) else {
            return;
        };
        let node = Node { name: wire.tensor.clone(), operator: "Output".into(), op: Op::Output };
        let node = self.result.graph.add_node(node);
        self.result.outputs.push(node);
        self.wire(tensor, Wire { to: 0, ..wire }, node);
    }
}

/// An input that only feeds products over its whole frame is one vector, whatever its real shape.
fn vectors_for_dots(network: &mut IntNetwork) {
    let whole_frame = |network: &IntNetwork, node: NodeIndex| {
        let mut uses = network.graph.edges(node).peekable();
        uses.peek().is_some()
            && uses.all(|e| {
                matches!(&network.graph[e.target()].op, IntOp::Dot(d) if d.weights.ncols() == e.weight().shape.elements())
            })
    };
    for node in network.graph.node_indices().collect::<Vec<_>>() {
        let IntOp::Input(port) = network.graph[node].op else { continue };
        if !whole_frame(network, node) {
            continue;
        }
        let vector = crate::int_network::Shape::vector(network.host.inputs[port].shape.elements());
        network.host.inputs[port].shape = vector;
        let edges: Vec<_> = network.graph.edges(node).map(|e| e.id()).collect();
        edges.into_iter().for_each(|e| network.graph[e].shape = vector);
    }
}
