//! The file under construction: nodes and initializers in the order in which they are needed.

use super::{Format, dims, quantizers};
use crate::network::{Network, Op};
use crate::number::IntType;
use crate::onnx::build::{
    GraphBuilder, Message, NodeBuilder, TensorBuilder, graph, model, tensor_f32, tensor_i64,
};
use crate::tensor::Constant;
use petgraph::graph::NodeIndex;
use std::collections::HashMap;

/// QONNX's domain.
pub(super) const QONNX: &str = "qonnx.custom_op.general";
/// The operator set that files are written for.
const OPSET: i64 = 13;
/// The file format's version, the one of operator set 18's time: readers of today take it.
const IR_VERSION: i64 = 8;

/// A graph under construction.
pub(super) struct Writer<'a> {
    network: &'a Network,
    /// How quantizers are written.
    pub format: Format,
    graph: GraphBuilder,
    /// Tensors that hold a constant, by its node.
    constants: HashMap<NodeIndex, String>,
    numbers: HashMap<String, usize>,
}

impl<'a> Writer<'a> {
    /// An empty file for a network.
    pub fn new(network: &'a Network, format: Format) -> Self {
        let graph = graph().name(&network.name);
        Writer { network, format, graph, constants: HashMap::new(), numbers: HashMap::new() }
    }

    fn change(&mut self, change: impl FnOnce(GraphBuilder) -> GraphBuilder) {
        self.graph = change(std::mem::take(&mut self.graph));
    }

    /// Adds a node.
    pub fn node(&mut self, node: NodeBuilder) {
        self.change(|graph| graph.node(node));
    }

    /// Adds a graph input.
    pub fn input(&mut self, info: Message) {
        self.change(|graph| graph.input(info));
    }

    /// Adds a graph output.
    pub fn output(&mut self, info: Message) {
        self.change(|graph| graph.output(info));
    }

    /// Adds an initializer.
    pub fn initializer(&mut self, tensor: TensorBuilder) {
        self.change(|graph| graph.initializer(tensor));
    }

    /// Notes the integer type that a tensor's values promise to have.
    pub fn annotate(&mut self, tensor: &str, ty: IntType) {
        let name = match (ty.is_bipolar(), ty.is_signed()) {
            (true, _) => "BIPOLAR".to_owned(),
            (false, true) => format!("INT{}", ty.bits),
            (false, false) => format!("UINT{}", ty.bits),
        };
        self.change(|graph| graph.annotation(tensor, &[("finn_datatype", &name)]));
    }

    /// A name that no other tensor has: that of a tensor and what belongs to it, numbered from the second on.
    pub fn name(&mut self, tensor: &str, part: &str) -> String {
        let name = format!("{tensor}.{part}");
        let number = self.numbers.entry(name.clone()).or_default();
        *number += 1;
        if *number == 1 { name } else { format!("{name}.{number}") }
    }

    /// Adds a float initializer that belongs to a tensor; returns its name.
    pub fn floats(&mut self, tensor: &str, part: &str, shape: &[usize], values: &[f64]) -> String {
        let name = self.name(tensor, part);
        let values: Vec<f32> = values.iter().map(|v| *v as f32).collect();
        self.initializer(tensor_f32(&name, &dims(shape), &values));
        name
    }

    /// Adds a vector of integers that belongs to a tensor; returns its name.
    pub fn integers(&mut self, tensor: &str, part: &str, values: &[usize]) -> String {
        let name = self.name(tensor, part);
        self.initializer(tensor_i64(&name, &[values.len() as i64], &dims(values)));
        name
    }

    /// The tensors of a node's operands, empty where one is absent. Constants are written when they are first met.
    pub fn operands(&mut self, node: NodeIndex) -> Vec<String> {
        let network = self.network;
        let operands = network.operands(node).into_iter();
        operands
            .map(|operand| match operand {
                None => String::new(),
                Some((producer, wire)) => match &network.graph[producer].op {
                    Op::Constant(constant) => self.constant(producer, &wire.tensor, constant),
                    _ => wire.tensor.clone(),
                },
            })
            .collect()
    }

    fn constant(&mut self, node: NodeIndex, tensor: &str, constant: &Constant) -> String {
        if let Some(name) = self.constants.get(&node) {
            return name.clone();
        }
        let name = match constant {
            Constant::Quantized { codes, ty, scale, zero_point } => {
                quantizers::constant(self, tensor, codes, *ty, [scale, zero_point])
            }
            plain => {
                let real = plain.to_real();
                let values: Vec<f32> = real.iter().map(|v| *v as f32).collect();
                self.initializer(tensor_f32(tensor, &dims(real.shape()), &values));
                tensor.to_owned()
            }
        };
        self.constants.insert(node, name.clone());
        name
    }

    /// The names of a node's outputs, up to the last that something reads.
    pub fn outputs(&self, node: NodeIndex) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for edge in self.network.graph.edges(node) {
            let wire = edge.weight();
            names.resize(names.len().max(wire.from + 1), String::new());
            names[wire.from].clone_from(&wire.tensor);
        }
        names
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        let file = model(self.graph).ir_version(IR_VERSION).producer("mpqc", env!("CARGO_PKG_VERSION"));
        let file = file.opset("", OPSET);
        if self.format == Format::Qonnx { file.opset(QONNX, 1) } else { file }.to_bytes()
    }
}
