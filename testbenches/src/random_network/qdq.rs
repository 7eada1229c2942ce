//! Layers in QDQ: `QuantizeLinear` and `DequantizeLinear` pairs, int8 or uint8.

use super::layer::scale;
use super::writer::Writer;
use mpqc_ir::design::testing::Random;
use mpqc_ir::onnx::testing::{tensor_i8, tensor_i32, tensor_u8};

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
fn quantize_dequantize(writer: &mut Writer, random: &mut Random, spread: f64) -> f64 {
    let step = scale(random, spread / 100.0);
    let step_name = writer.floats("scale", &[], &[step]);
    let zero_name = writer.name("zero");
    let zero = if random.within(0, 1) == 0 {
        let zero = random.within(-128, 127);
        writer.constant(tensor_i8(&zero_name, &[], &[zero as i8]));
        zero
    } else {
        let zero = random.within(0, 255);
        writer.constant(tensor_u8(&zero_name, &[], &[zero as u8]));
        zero
    };
    writer.then("QuantizeLinear", &[&step_name, &zero_name], |n| n);
    writer.then("DequantizeLinear", &[&step_name, &zero_name], |n| n);
    writer.notes.push(format!("8 bits zero {zero}"));
    f64::from(step)
}

/// `Gemm` with int8 weights (per tensor or per output) and an int32 bias; the size of its sums.
fn gemm(writer: &mut Writer, random: &mut Random, inputs: usize, outputs: usize, step: f64) -> f64 {
    let per_channel = random.within(0, 1) == 0;
    let count = if per_channel { outputs } else { 1 };
    let scales: Vec<f32> = (0..count).map(|_| scale(random, 0.01)).collect();
    let weight: Vec<i8> = (0..outputs * inputs).map(|_| random.within(-127, 127) as i8).collect();
    let bias: Vec<i32> = (0..outputs).map(|_| random.within(-3000, 3000) as i32).collect();
    let bias_scales: Vec<f32> = scales.iter().map(|s| (f64::from(*s) * step) as f32).collect();
    let dims: Vec<i64> = if per_channel { vec![outputs as i64] } else { Vec::new() };
    let (weight_name, bias_name) = (writer.name("weight"), writer.name("bias"));
    writer.constant(tensor_i8(&weight_name, &[outputs as i64, inputs as i64], &weight));
    writer.constant(tensor_i32(&bias_name, &[outputs as i64], &bias));
    let weight_scale = writer.floats("weight_scale", &dims, &scales);
    let bias_scale = writer.floats("bias_scale", &dims, &bias_scales);
    let weights = writer.apply("DequantizeLinear", &[&weight_name, &weight_scale], |n| n.attr_int("axis", 0));
    let biases = writer.apply("DequantizeLinear", &[&bias_name, &bias_scale], |n| n.attr_int("axis", 0));
    writer.then("Gemm", &[&weights, &biases], |n| n.attr_int("transB", 1));
    writer.notes.push(format!("{inputs}→{outputs} int8{}", if per_channel { " per channel" } else { "" }));
    60.0 * f64::from(scales[0]) * 60.0 * step * (inputs as f64).sqrt()
}
