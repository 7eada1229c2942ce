//! Random networks: ONNX models drawn from a seed, for campaigns that hold specification, simulator and RTL
//! against each other.
//!
//! A case is a stack of fully connected layers in one of two dialects (QONNX or QDQ): bit widths 1 to 8 on each
//! side, signed, unsigned, bipolar, narrow, zero points, per-channel scales, batch normalizations with negative
//! gains, residual sums, and a tail (logits, `ArgMax`, `Softmax`). The same seed gives the same bytes.

mod layer;
mod qdq;
mod qonnx;
mod writer;

use mpqc_ir::design::testing::Random;
use ndarray::{ArrayD, IxDyn};
use writer::Writer;

/// A drawn case.
pub struct RandomNetwork {
    /// What was drawn, in a line.
    pub description: String,
    /// The ONNX file.
    pub model: Vec<u8>,
    /// Inputs, frame by frame, each of shape `[1, K]`.
    pub frames: Vec<ArrayD<f64>>,
    /// How far to fold: 0 is the smallest design, 1 the largest; between, a rate of that fraction (in logarithm).
    pub fold: f64,
}

/// How many frames a case has.
const FRAMES: usize = 4;

/// Draws the case of a seed.
pub fn draw(seed: u64) -> RandomNetwork {
    let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x6d70_7163);
    let inputs = random.within(1, 24) as usize;
    let mut writer = Writer::default();
    let dialect = if random.within(0, 2) == 0 { qdq::stack } else { qonnx::stack };
    let outputs = dialect(&mut writer, &mut random, inputs);
    let tail = tail(&mut writer, &mut random, outputs);
    let frames = (0..FRAMES).map(|_| frame(&mut random, inputs)).collect();
    let fold = random.within(0, 8) as f64 / 8.0;
    let description = format!("{inputs} inputs; {}; {tail}; fold {fold}", writer.notes.join("; "));
    RandomNetwork { description, model: writer.finish(inputs), frames, fold }
}

/// Values that reach beyond every input quantizer's range, on both sides.
fn frame(random: &mut Random, inputs: usize) -> ArrayD<f64> {
    let mut value = || f64::from((random.within(-6_000_000, 6_000_000) as f32) / 1_000_000.0);
    ArrayD::from_shape_simple_fn(IxDyn(&[1, inputs]), &mut value)
}

fn tail(writer: &mut Writer, random: &mut Random, outputs: usize) -> &'static str {
    match random.within(0, 4) {
        0 if outputs > 1 => {
            writer.unary("ArgMax", |n| n.attr_int("axis", 1).attr_int("keepdims", 0));
            "argmax"
        }
        1 => {
            writer.unary("Softmax", |n| n.attr_int("axis", 1));
            "softmax"
        }
        _ => "logits",
    }
}
