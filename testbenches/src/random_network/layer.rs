//! What both dialects draw.

use super::writer::Writer;
use mpqc_ir::design::testing::Random;

/// Quantized weights in the graph.
pub(super) struct Weights {
    /// Their tensor.
    pub name: String,
    /// Size of a typical one.
    pub size: f64,
    /// What was drawn.
    pub note: String,
    /// Their scales: one, or one per output.
    pub scales: Vec<f32>,
}

/// A shape as ONNX writes it.
pub(super) fn extents(dims: &[usize]) -> Vec<i64> {
    dims.iter().map(|dim| *dim as i64).collect()
}

/// A scale: a power of two, or a float32 without pattern, around `size`.
pub(super) fn scale(random: &mut Random, size: f64) -> f32 {
    let factor = 0.5 + random.within(0, 1000) as f64 / 1000.0;
    let value = size * factor;
    if random.within(0, 2) == 0 { value.log2().round().exp2() as f32 } else { value as f32 }
}

/// Code range of a type.
pub(super) fn range(signed: bool, bits: i64, narrow: bool) -> (i64, i64) {
    let n = i64::from(narrow);
    if signed { (-(1 << (bits - 1)) + n, (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1 - n) }
}

/// `gamma`, `beta`, `mean`, `variance` for `channels`, gains of either sign, around sums of size `spread`.
pub(super) fn batch_normalization(writer: &mut Writer, random: &mut Random, channels: usize, spread: f64) {
    let mut draw = |low: i64, high: i64, unit: f64| -> Vec<f32> {
        (0..channels).map(|_| (random.within(low, high) as f64 * unit / 100.0) as f32).collect()
    };
    let params =
        [("gamma", draw(-150, 150, 1.0)), ("beta", draw(-100, 100, 1.0)), ("mean", draw(-100, 100, spread))];
    let variance = draw(1, 300, spread * spread);
    let dims = [channels as i64];
    let mut names: Vec<String> =
        params.iter().map(|(stem, values)| writer.floats(stem, &dims, values)).collect();
    names.push(writer.floats("variance", &dims, &variance));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    writer.then("BatchNormalization", &names, |n| n.attr_float("epsilon", 1e-5));
    writer.notes.push("batch norm".into());
}

/// One of the activations.
pub(super) fn activation(writer: &mut Writer, random: &mut Random) {
    match random.within(0, 4) {
        0 | 1 => writer.unary("Relu", |n| n),
        2 => {
            writer.unary("LeakyRelu", |n| n.attr_float("alpha", 0.125));
            writer.notes.push("leaky".into());
        }
        _ => {}
    }
}

/// How often weight `i` of a tensor of `dims`, whose output channels run along `axis`, is halved: in every third matrix (by
/// the number of its outputs) channels differ in width.
pub(super) fn halvings(i: usize, dims: &[usize], axis: usize) -> u32 {
    let (outputs, inner) = (dims[axis], dims[axis + 1..].iter().product::<usize>());
    if outputs % 3 == 1 { (i / inner % outputs % 4) as u32 } else { 0 }
}
