//! A model under construction: the current tensor, and helpers that extend it.

use super::Scales;
use super::layer::extents;
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::testing::{
    GraphBuilder, NodeBuilder, TensorBuilder, graph, model, node, tensor_f32, value_info,
};

/// The graph so far, and the tensor that it ends with.
pub(super) struct Writer {
    graph: GraphBuilder,
    /// Name of the tensor that the next operator reads.
    pub current: String,
    /// What was drawn, layer by layer.
    pub notes: Vec<String>,
    /// Which scales [`Writer::floats`] writes.
    scales: Scales,
    /// Type of the elements of the graph's output.
    pub output: ElemType,
    names: usize,
}

impl Writer {
    /// A graph of its input alone.
    pub fn new(scales: Scales) -> Self {
        Writer {
            graph: graph().name("random"),
            current: "x".into(),
            notes: Vec::new(),
            scales,
            output: ElemType::Float,
            names: 0,
        }
    }

    /// A new name.
    pub fn name(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}_{}", self.names)
    }

    /// Adds an initializer.
    pub fn constant(&mut self, tensor: TensorBuilder) {
        self.graph = std::mem::take(&mut self.graph).initializer(tensor);
    }

    /// Adds a float initializer and returns its name. A scale, by its stem, is of the writer's kind.
    pub fn floats(&mut self, stem: &str, dims: &[i64], values: &[f32]) -> String {
        let name = self.name(stem);
        let rounded = |value: &f32| value.log2().round().exp2();
        match self.scales {
            Scales::PowersOfTwo if stem.ends_with("scale") => {
                self.constant(tensor_f32(&name, dims, &values.iter().map(rounded).collect::<Vec<_>>()));
            }
            _ => self.constant(tensor_f32(&name, dims, values)),
        }
        name
    }

    /// Adds a node that makes one tensor, without moving on to it; returns the tensor.
    pub fn apply(
        &mut self,
        operator: &str,
        inputs: &[&str],
        change: impl FnOnce(NodeBuilder) -> NodeBuilder,
    ) -> String {
        self.apply_for(1, operator, inputs, change).remove(0)
    }

    /// Adds a node that makes `count` tensors; returns them.
    pub fn apply_for(
        &mut self,
        count: usize,
        operator: &str,
        inputs: &[&str],
        change: impl FnOnce(NodeBuilder) -> NodeBuilder,
    ) -> Vec<String> {
        let outputs: Vec<String> = (0..count).map(|_| self.name(&operator.to_lowercase())).collect();
        let names = outputs.iter().map(String::as_str);
        let built = node(operator, inputs.iter().copied(), names).name(&format!("{operator}_{}", outputs[0]));
        self.graph = std::mem::take(&mut self.graph).node(change(built));
        outputs
    }

    /// An operator of the current tensor and constants; its result becomes current.
    pub fn then(
        &mut self,
        operator: &str,
        constants: &[&str],
        change: impl FnOnce(NodeBuilder) -> NodeBuilder,
    ) {
        let current = self.current.clone();
        let inputs: Vec<&str> = [current.as_str()].into_iter().chain(constants.iter().copied()).collect();
        self.current = self.apply(operator, &inputs, change);
    }

    /// An operator of the current tensor alone.
    pub fn unary(&mut self, operator: &str, change: impl FnOnce(NodeBuilder) -> NodeBuilder) {
        self.then(operator, &[], change);
    }

    /// The file; `shape` is the input's.
    pub fn finish(self, shape: &[usize]) -> Vec<u8> {
        let graph =
            self.graph.input(value_info("x", ElemType::Float, extents(shape))).output(value_info::<i64>(
                &self.current,
                self.output,
                [],
            ));
        model(graph).opset("", 13).opset("qonnx.custom_op.general", 1).opset("com.microsoft", 1).to_bytes()
    }
}
