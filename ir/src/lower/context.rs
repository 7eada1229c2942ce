//! The state of one lowering.

use super::names::Names;
use super::requantize::Requantized;
use super::value::{IntValue, Tensor, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::int_network::{InputPort, IntEdge, IntNode, IntOp};
use crate::network::{Network, Op};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::HashMap;

/// What is known so far.
pub(crate) struct Lowering<'a> {
    pub network: &'a Network,
    pub graph: DiGraph<IntNode, IntEdge>,
    pub names: Names,
    /// Input ports and the host tensors behind them.
    pub inputs: Vec<(InputPort, Tensor)>,
    /// What became of streams behind their quantizers: consumers of the same codes share one requantizer.
    pub requantized: HashMap<NodeIndex, Vec<Requantized>>,
    values: HashMap<Tensor, Value>,
    diagnostics: Diagnostics,
}

/// One operand of a node.
pub(crate) struct Operand {
    pub tensor: Tensor,
    pub value: Value,
    pub shape: Vec<usize>,
}

/// One node with its operands.
pub(crate) struct Call<'a> {
    pub node: NodeIndex,
    pub op: &'a Op,
    pub operands: Vec<Option<Operand>>,
    /// Shape of the first output, where it is used.
    pub output_shape: Option<Vec<usize>>,
}

impl<'a> Lowering<'a> {
    pub fn new(network: &'a Network) -> Self {
        Lowering {
            network,
            graph: DiGraph::new(),
            names: Names::default(),
            inputs: Vec::new(),
            requantized: HashMap::new(),
            values: HashMap::new(),
            diagnostics: Diagnostics::default(),
        }
    }

    /// The node with its operands' values.
    pub fn call(&self, node: NodeIndex) -> Call<'a> {
        let network = self.network;
        let operand = |(producer, wire): (NodeIndex, &crate::network::Wire)| {
            let tensor = (producer, wire.from);
            Operand { tensor, value: self.value(tensor), shape: wire.shape.clone() }
        };
        let operands = network.operands(node).into_iter().map(|o| o.map(operand)).collect();
        let mut outgoing = network.graph.edges(node);
        let output_shape = outgoing.find(|e| e.weight().from == 0).map(|e| e.weight().shape.clone());
        Call { node, op: &network.graph[node].op, operands, output_shape }
    }

    /// What is known of a tensor; failed if nothing is.
    pub fn value(&self, tensor: Tensor) -> Value {
        self.values.get(&tensor).cloned().unwrap_or(Value::Failed)
    }

    /// Records a node's outputs.
    pub fn store(&mut self, node: NodeIndex, values: Vec<Value>) {
        self.values.extend(values.into_iter().enumerate().map(|(port, value)| ((node, port), value)));
    }

    /// Records a problem.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.0.push(diagnostic);
    }

    /// All problems so far.
    pub fn take_diagnostics(&mut self) -> Diagnostics {
        std::mem::take(&mut self.diagnostics)
    }

    /// Adds an integer node that reads `operands` in port order.
    pub fn add(&mut self, name: &str, origin: Vec<String>, op: IntOp, operands: &[&IntValue]) -> NodeIndex {
        let name = self.names.unique(name);
        let node = self.graph.add_node(IntNode { name, origin, op });
        for (to, value) in operands.iter().enumerate() {
            self.connect(value, node, to);
        }
        node
    }

    /// Adds an integer node that reads `operand`, or takes the equal one that is there.
    pub fn add_shared(
        &mut self,
        name: &str,
        origin: Vec<String>,
        op: IntOp,
        operand: &IntValue,
    ) -> NodeIndex {
        let mut readers = self.graph.edges(operand.node).filter(|e| e.weight().shape == operand.shape);
        match readers.find(|e| alike(&self.graph[e.target()].op, &op)).map(|e| e.target()) {
            Some(node) => node,
            None => self.add(name, origin, op, &[operand]),
        }
    }

    /// Feeds `value`'s stream to input `to` of `node`.
    pub fn connect(&mut self, value: &IntValue, node: NodeIndex, to: usize) {
        let edge = IntEdge { ty: value.ty, shape: value.shape, scale: value.scale(), to };
        self.graph.add_edge(value.node, node, edge);
    }
}

/// Whether two operators move or join elements alike.
fn alike(a: &IntOp, b: &IntOp) -> bool {
    match (a, b) {
        (IntOp::Reorder(a), IntOp::Reorder(b)) => a == b,
        (IntOp::Pad(a), IntOp::Pad(b)) => a == b,
        (IntOp::Pool(a), IntOp::Pool(b)) => a == b,
        _ => false,
    }
}

impl IntValue {
    /// Step and zero code, where the stream holds codes of a uniform quantizer.
    fn scale(&self) -> Option<(f64, f64)> {
        use crate::scalar::f64_of;
        let (mul, add) = self.function.as_affine()?;
        let (scale, offset) = (f64_of(mul.first()?), f64_of(add.first()?));
        // Adding zero turns a negative zero into zero.
        (scale != 0.0).then_some((scale, -offset / scale + 0.0))
    }
}

impl Call<'_> {
    /// The node's name in the model.
    pub fn name(&self, network: &Network) -> String {
        network.graph[self.node].name.clone()
    }

    /// Operand `i`, if it is there.
    pub fn operand(&self, i: usize) -> Option<&Operand> {
        self.operands.get(i).and_then(Option::as_ref)
    }

    /// The operator runs on the host; its result is behind the hardware if an operand is.
    pub fn on_host(&self) -> Vec<Value> {
        let after = self.operands.iter().flatten().find_map(|o| match &o.value {
            Value::Host { after } => *after,
            Value::Int(_) | Value::Top { .. } => Some(self.node),
            _ => None,
        });
        vec![Value::Host { after }; 2]
    }
}
