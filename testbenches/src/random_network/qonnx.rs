//! Layers in QONNX: `Quant` and `BipolarQuant` nodes on floats.

use super::layer::{Weights, activation, batch_normalization, extents, halvings, range, scale};
use super::writer::Writer;
use mpqc_ir::design::testing::Random;

const DOMAIN: &str = "qonnx.custom_op.general";
const ROUNDINGS: [&str; 6] = ["ROUND", "ROUND", "FLOOR", "CEIL", "HALF_UP", "DOWN"];

/// A whole stack; the number of its outputs.
pub(super) fn stack(writer: &mut Writer, random: &mut Random, inputs: usize) -> usize {
    writer.notes.push("QONNX".into());
    let mut features = inputs;
    let mut spread = activation_quantizer(writer, random, 3.0, true);
    for _ in 0..random.within(1, 3) {
        let outputs = random.within(1, 20) as usize;
        let sum = linear(writer, random, features, outputs) * spread * (features as f64).sqrt();
        if random.within(0, 1) == 0 {
            batch_normalization(writer, random, outputs, sum);
            spread = 1.5;
        } else {
            spread = sum;
        }
        activation(writer, random);
        features = outputs;
        spread = activation_quantizer(writer, random, spread, false);
        if random.within(0, 3) == 0 {
            spread = residual(writer, random, features, spread);
        }
    }
    let outputs = random.within(1, 12) as usize;
    linear(writer, random, features, outputs);
    outputs
}

/// `Quant` or `BipolarQuant` of the current tensor; the size of its values.
pub(super) fn activation_quantizer(
    writer: &mut Writer,
    random: &mut Random,
    spread: f64,
    first: bool,
) -> f64 {
    if random.within(0, 5) == 0 {
        let size = scale(random, 1.0);
        let name = writer.floats("scale", &[], &[size]);
        writer.then("BipolarQuant", &[&name], |n| n.domain(DOMAIN));
        writer.notes.push("±1".into());
        return f64::from(size);
    }
    let bits = random.within(2, 8);
    let signed = first || random.within(0, 1) == 0;
    let narrow = random.within(0, 2) == 0;
    let (low, high) = range(signed, bits, narrow);
    let zero = if random.within(0, 3) == 0 { random.within(low, high) } else { 0 };
    let step = scale(random, 2.0 * spread / (high - low) as f64);
    let rounding = ROUNDINGS[random.within(0, ROUNDINGS.len() as i64 - 1) as usize];
    let params = [("scale", step), ("zero", zero as f32), ("bits", bits as f32)]
        .map(|(stem, v)| writer.floats(stem, &[], &[v]));
    let params: Vec<&str> = params.iter().map(String::as_str).collect();
    quant(writer, &params, signed, narrow, rounding);
    writer.notes.push(format!("{}{bits} zero {zero} {rounding}", if signed { 'i' } else { 'u' }));
    spread
}

fn quant(writer: &mut Writer, params: &[&str], signed: bool, narrow: bool, rounding: &str) {
    let attributes = |n: mpqc_ir::onnx::testing::NodeBuilder| {
        n.domain(DOMAIN)
            .attr_int("signed", i64::from(signed))
            .attr_int("narrow", i64::from(narrow))
            .attr_string("rounding_mode", rounding)
    };
    writer.then("Quant", params, attributes);
}

/// Quantized weights and a product; the size of a weight.
pub(super) fn linear(writer: &mut Writer, random: &mut Random, inputs: usize, outputs: usize) -> f64 {
    let weights = weights(writer, random, &[outputs, inputs], 0);
    product(writer, random, &weights.name, outputs);
    writer.notes.push(format!("{inputs}→{outputs} {}", weights.note));
    weights.size
}

/// Quantized weights of a shape, their outputs along `axis`.
pub(super) fn weights(writer: &mut Writer, random: &mut Random, dims: &[usize], axis: usize) -> Weights {
    let bits = random.within(1, 8);
    let per_channel = random.within(0, 1) == 0;
    let count = if per_channel { dims[axis] } else { 1 };
    let scales: Vec<f32> = (0..count).map(|_| scale(random, 0.2)).collect();
    let narrow = bits > 1 && random.within(0, 1) == 0;
    let (low, high) = if bits == 1 { (-1, 1) } else { range(true, bits, narrow) };
    let code =
        |random: &mut Random| if bits == 1 { 2 * random.within(0, 1) - 1 } else { random.within(low, high) };
    let inner: usize = dims[axis + 1..].iter().product();
    // Stored beside the grid, never on a tie: Quant brings them back.
    let values: Vec<f32> = (0..dims.iter().product())
        .map(|i: usize| {
            let code = code(random) >> if bits > 2 { halvings(i, dims, axis) } else { 0 };
            code as f32 * scales[(i / inner) % scales.len()] * 1.01
        })
        .collect();
    let stored = writer.floats("weight", &extents(dims), &values);
    let name = quantized(writer, stored, &scales, per_channel.then_some((dims.len(), axis)), bits, narrow);
    let note = format!("w{bits}{}", if per_channel { " per channel" } else { "" });
    Weights { name, size: f64::from(scales[0]) * high.max(1) as f64 / 2.0, note, scales }
}

/// `Quant` of stored weights; `along` is their rank and the axis that the scales run along.
fn quantized(
    writer: &mut Writer,
    stored: String,
    scales: &[f32],
    along: Option<(usize, usize)>,
    bits: i64,
    narrow: bool,
) -> String {
    let mut dims = vec![1; along.map_or(0, |(rank, _)| rank)];
    if let Some((_, axis)) = along {
        dims[axis] = scales.len() as i64;
    }
    let scale_name = writer.floats("weight_scale", &dims, scales);
    let zero = writer.floats("zero", &[], &[0.0]);
    let width = writer.floats("bits", &[], &[bits as f32]);
    let current = std::mem::replace(&mut writer.current, stored);
    quant(writer, &[&scale_name, &zero, &width], true, narrow, "ROUND");
    std::mem::replace(&mut writer.current, current)
}

fn product(writer: &mut Writer, random: &mut Random, weights: &str, outputs: usize) {
    if random.within(0, 1) == 0 {
        let transposed = writer.apply("Transpose", &[weights], |n| n.attr_ints("perm", &[1, 0]));
        writer.then("MatMul", &[&transposed], |n| n);
    } else {
        let bias: Vec<f32> = (0..outputs).map(|_| random.within(-1000, 1000) as f32 / 700.0).collect();
        let bias = writer.floats("bias", &[outputs as i64], &bias);
        writer.then("Gemm", &[weights, &bias], |n| n.attr_int("transB", 1));
    }
}

/// A product around which the input goes too, and a quantizer of the sum.
fn residual(writer: &mut Writer, random: &mut Random, features: usize, spread: f64) -> f64 {
    let skip = writer.current.clone();
    let size = linear(writer, random, features, features) * spread * (features as f64).sqrt();
    activation_quantizer(writer, random, size, false);
    writer.then("Add", &[&skip], |n| n);
    writer.notes.push("residual".into());
    activation_quantizer(writer, random, size + spread, false)
}
