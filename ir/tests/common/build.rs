//! Small quantized networks, node by node.

use super::Random;
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::testing::{
    GraphBuilder, NodeBuilder, graph, model, node, tensor_f32, tensor_i8, tensor_i64, value_info,
};

/// A network under construction; every method that adds a node returns its output's name.
pub struct Net {
    graph: GraphBuilder,
    random: Random,
    count: usize,
}

impl Net {
    pub fn new(seed: u64) -> Net {
        Net { graph: graph().name("net"), random: Random(seed), count: 0 }
    }

    fn change(&mut self, change: impl FnOnce(GraphBuilder) -> GraphBuilder) {
        self.graph = change(std::mem::replace(&mut self.graph, graph()));
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}_{}", self.count)
    }

    /// A float input.
    pub fn input(&mut self, name: &str, dims: &[i64]) -> String {
        let info = value_info(name, ElemType::Float, dims.to_vec());
        self.change(|g| g.input(info));
        name.to_owned()
    }

    /// A float constant.
    pub fn constant(&mut self, dims: &[i64], values: &[f32]) -> String {
        let name = self.fresh("c");
        let tensor = tensor_f32(&name, dims, values);
        self.change(|g| g.initializer(tensor));
        name
    }

    /// An integer constant.
    pub fn integers(&mut self, values: &[i64]) -> String {
        let name = self.fresh("i");
        let tensor = tensor_i64(&name, &[values.len() as i64], values);
        self.change(|g| g.initializer(tensor));
        name
    }

    /// A node with one output.
    pub fn op(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: impl Fn(NodeBuilder) -> NodeBuilder,
    ) -> String {
        let name = self.fresh(operator);
        let built = attributes(node(operator, inputs.to_vec(), [name.as_str()]).name(&name));
        self.change(|g| g.node(built));
        name
    }

    /// A node with several outputs.
    pub fn split(&mut self, operator: &str, inputs: &[&str], outputs: usize, axis: i64) -> Vec<String> {
        let name = self.fresh(operator);
        let names: Vec<String> = (0..outputs).map(|i| format!("{name}_{i}")).collect();
        let built = node(operator, inputs.to_vec(), names.iter().map(String::as_str))
            .name(&name)
            .attr_int("axis", axis);
        self.change(|g| g.node(built));
        names
    }

    /// A QONNX quantizer.
    pub fn quant(&mut self, x: &str, scale: f32, zero: f32, bits: f32, signed: bool) -> String {
        let params = [scale, zero, bits].map(|v| self.constant(&[], &[v]));
        self.quant_by(x, &params, signed)
    }

    fn quant_by(&mut self, x: &str, params: &[String; 3], signed: bool) -> String {
        self.op("Quant", &[x, &params[0], &params[1], &params[2]], |n| {
            n.domain("qonnx.custom_op.general").attr_int("signed", i64::from(signed)).attr_int("narrow", 0)
        })
    }

    /// A ±1 quantizer.
    pub fn bipolar(&mut self, x: &str, scale: f32) -> String {
        let scale = self.constant(&[], &[scale]);
        self.op("BipolarQuant", &[x, &scale], |n| n.domain("qonnx.custom_op.general"))
    }

    /// `QuantizeLinear`, `DequantizeLinear` to int8.
    pub fn qdq(&mut self, x: &str, scale: f32, zero: i8) -> String {
        let scale = self.constant(&[], &[scale]);
        let zero = self.int8(&[], &[zero]);
        let codes = self.op("QuantizeLinear", &[x, &scale, &zero], |n| n);
        self.op("DequantizeLinear", &[&codes, &scale, &zero], |n| n)
    }

    /// An int8 constant.
    pub fn int8(&mut self, dims: &[i64], values: &[i8]) -> String {
        let name = self.fresh("b");
        let tensor = tensor_i8(&name, dims, values);
        self.change(|g| g.initializer(tensor));
        name
    }

    /// Random int8 weights behind a `DequantizeLinear` with a scale per output (axis 0).
    pub fn qdq_weights(&mut self, dims: &[i64]) -> String {
        let count = dims.iter().product::<i64>();
        let codes: Vec<i8> = (0..count).map(|_| self.random.real(-127.0, 127.0).round() as i8).collect();
        let scales: Vec<f32> = (0..dims[0]).map(|_| self.random.real(0.01, 0.03) as f32).collect();
        let (codes, scale) = (self.int8(dims, &codes), self.constant(&[dims[0]], &scales));
        let zero = self.int8(&[dims[0]], &vec![0; dims[0] as usize]);
        self.op("DequantizeLinear", &[&codes, &scale, &zero], |n| n.attr_int("axis", 0))
    }

    /// Random weights behind a quantizer of `bits`.
    pub fn weights(&mut self, dims: &[i64], bits: u32) -> String {
        let half = f64::from(1u32 << (bits - 1));
        let scale = 0.25 / half as f32;
        let values = self.reals(dims, -0.25, 0.25);
        let float = self.constant(dims, &values);
        self.quant(&float, scale, 0.0, bits as f32, true)
    }

    /// Random values.
    pub fn reals(&mut self, dims: &[i64], low: f64, high: f64) -> Vec<f32> {
        (0..dims.iter().product::<i64>()).map(|_| self.random.real(low, high) as f32).collect()
    }

    /// A convolution by random weights of 4 bits.
    pub fn conv(&mut self, x: &str, dims: &[i64], attributes: impl Fn(NodeBuilder) -> NodeBuilder) -> String {
        let weights = self.weights(dims, 4);
        self.op("Conv", &[x, &weights], attributes)
    }

    /// A batch normalization, with gains from `low` to `high`.
    pub fn batch_norm(&mut self, x: &str, channels: i64, low: f64, high: f64) -> String {
        let dims = [channels];
        let params = [(low, high), (-0.3, 0.3), (-0.2, 0.2), (0.5, 2.0)];
        let params = params.map(|(low, high)| {
            let values = self.reals(&dims, low, high);
            self.constant(&dims, &values)
        });
        self.op("BatchNormalization", &[x, &params[0], &params[1], &params[2], &params[3]], |n| n)
    }

    /// The model with `outputs`, as a file.
    pub fn finish(mut self, outputs: &[&str], rank: usize) -> Vec<u8> {
        for output in outputs {
            let dims: Vec<String> = (0..rank).map(|i| format!("d{i}")).collect();
            let info = value_info(output, ElemType::Float, dims.iter().map(String::as_str));
            self.change(|g| g.output(info));
        }
        model(self.graph).opset("", 13).opset("qonnx.custom_op.general", 1).to_bytes()
    }
}
