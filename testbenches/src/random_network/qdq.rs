//! Layers in QDQ: `QuantizeLinear` and `DequantizeLinear` pairs, int8 or uint8.

use super::layer::{Weights, extents, halvings, scale};
use super::writer::Writer;
use mpqc_ir::design::testing::Random;
use mpqc_ir::onnx::testing::{tensor_i8, tensor_i32, tensor_u8};

/// Size of a typical code of eight bits.
pub(super) const TYPICAL_CODE: f64 = 60.0;

/// A whole stack; the number of its outputs.
pub(super) fn stack(writer: &mut Writer, random: &mut Random, inputs: usize) -> usize {
    writer.notes.push("QDQ".into());
    let mut features = inputs;
    let mut step = quantize_dequantize(writer, random, 3.0);
    for layer in (0..random.within(1, 3)).rev() {
        let outputs = random.within(1, 20) as usize;
        let spread = gemm(writer, random, features, outputs, step);
        if layer > 0 && random.within(0, 2) > 0 {
            writer.unary("Relu", |n| n);
        }
        features = outputs;
        step = quantize_dequantize(writer, random, spread);
    }
    features
}

/// The pair on the current tensor; the step between its codes.
pub(super) fn quantize_dequantize(writer: &mut Writer, random: &mut Random, spread: f64) -> f64 {
    let code = Code::draw(writer, random, spread, None);
    writer.then("QuantizeLinear", &[&code.scale, &code.zero], |n| n);
    writer.then("DequantizeLinear", &[&code.scale, &code.zero], |n| n);
    code.step
}

/// A code of eight bits in the graph.
#[derive(Clone)]
pub(super) struct Code {
    /// The tensor of its scale.
    pub scale: String,
    /// The tensor of its zero point.
    pub zero: String,
    /// The scale.
    pub step: f64,
}

impl Code {
    /// A code for values of size `spread`, signed or not as drawn where it is not said.
    pub fn draw(writer: &mut Writer, random: &mut Random, spread: f64, signed: Option<bool>) -> Self {
        let step = scale(random, spread / 100.0);
        let scale = writer.floats("scale", &[], &[step]);
        let zero = writer.name("zero");
        let point = if signed.unwrap_or_else(|| random.within(0, 1) == 0) {
            let point = random.within(-128, 127);
            writer.constant(tensor_i8(&zero, &[], &[point as i8]));
            point
        } else {
            let point = random.within(0, 255);
            writer.constant(tensor_u8(&zero, &[], &[point as u8]));
            point
        };
        writer.notes.push(format!("8 bits zero {point}"));
        Code { scale, zero, step: f64::from(step) }
    }
}

/// `Gemm` with int8 weights and an int32 bias; the size of its sums.
pub(super) fn gemm(
    writer: &mut Writer,
    random: &mut Random,
    inputs: usize,
    outputs: usize,
    step: f64,
) -> f64 {
    let weights = weights(writer, random, &[outputs, inputs], 0);
    let biases = bias(writer, random, outputs, &weights, step);
    writer.then("Gemm", &[&weights.name, &biases], |n| n.attr_int("transB", 1));
    writer.notes.push(format!("{inputs}→{outputs} {}", weights.note));
    weights.size * TYPICAL_CODE * step * (inputs as f64).sqrt()
}

/// Int8 weights of a shape, their scales per tensor or along `axis`, that of the outputs.
pub(super) fn weights(writer: &mut Writer, random: &mut Random, dims: &[usize], axis: usize) -> Weights {
    let per_channel = random.within(0, 1) == 0;
    let count = if per_channel { dims[axis] } else { 1 };
    let scales: Vec<f32> = (0..count).map(|_| scale(random, 0.01)).collect();
    let codes: Vec<i8> = (0..dims.iter().product())
        .map(|i: usize| (random.within(-127, 127) >> halvings(i, dims, axis)) as i8)
        .collect();
    let stored = writer.name("weight");
    writer.constant(tensor_i8(&stored, &extents(dims), &codes));
    let scale_dims: &[i64] = if per_channel { &[count as i64] } else { &[] };
    let scale_name = writer.floats("weight_scale", scale_dims, &scales);
    let along = |n: mpqc_ir::onnx::testing::NodeBuilder| n.attr_int("axis", axis as i64);
    let name = writer.apply("DequantizeLinear", &[&stored, &scale_name], along);
    let note = format!("int8{}", if per_channel { " per channel" } else { "" });
    Weights { name, size: TYPICAL_CODE * f64::from(scales[0]), note, scales }
}

/// An int32 bias in steps of the products' scales.
pub(super) fn bias(
    writer: &mut Writer,
    random: &mut Random,
    outputs: usize,
    weights: &Weights,
    step: f64,
) -> String {
    let bias: Vec<i32> = (0..outputs).map(|_| random.within(-3000, 3000) as i32).collect();
    let scales: Vec<f32> = weights.scales.iter().map(|s| (f64::from(*s) * step) as f32).collect();
    let stored = writer.name("bias");
    writer.constant(tensor_i32(&stored, &[outputs as i64], &bias));
    let dims: &[i64] = if scales.len() > 1 || outputs == 1 { &[scales.len() as i64] } else { &[] };
    let scale_name = writer.floats("bias_scale", dims, &scales);
    writer.apply("DequantizeLinear", &[&stored, &scale_name], |n| n.attr_int("axis", 0))
}
