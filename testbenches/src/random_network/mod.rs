//! Random networks: ONNX models drawn from a seed, for campaigns that hold specification, simulator and RTL
//! against each other.
//!
//! A case is a stack of layers in one of three dialects (QONNX, QDQ, operators on codes): bit widths 1 to 8 on each
//! side, signed, unsigned, bipolar, narrow, zero points, per-channel scales, batch normalizations with negative
//! gains, residual sums, and a tail (logits, `ArgMax`, `Softmax`). Even seeds draw fully connected layers, odd ones
//! networks over images. The same seed gives the same bytes.

mod images;
mod layer;
mod qdq;
mod qonnx;
mod writer;

use mpqc_ir::design::testing::Random;
use mpqc_ir::onnx::ElemType;
use ndarray::{ArrayD, IxDyn};
use writer::Writer;

/// A drawn case.
pub struct RandomNetwork {
    /// What was drawn, in a line.
    pub description: String,
    /// The ONNX file.
    pub model: Vec<u8>,
    /// Inputs, frame by frame.
    pub frames: Vec<ArrayD<f64>>,
    /// How far to fold: 0 is the smallest design, 1 the largest; between, a rate of that fraction (in logarithm).
    pub fold: f64,
}

/// How many frames a case has.
const FRAMES: usize = 4;

/// How many frames a case over images has.
const IMAGES: usize = 3;

/// Which scales are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scales {
    /// Powers of two, and float32 numbers without pattern.
    #[default]
    Any,
    /// Powers of two alone: products and sums of codes are exact in float32, too.
    PowersOfTwo,
}

/// Draws the case of a seed.
pub fn draw(seed: u64) -> RandomNetwork {
    draw_with(seed, Scales::Any)
}

/// Draws the case of a seed, with scales of a kind.
pub fn draw_with(seed: u64, scales: Scales) -> RandomNetwork {
    let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x6d70_7163);
    let mut writer = Writer::new(scales);
    let over_images = seed % 2 == 1;
    let (shape, outputs) = match over_images {
        true => images::stack(&mut writer, &mut random),
        false => fully_connected(&mut writer, &mut random),
    };
    let tail = match outputs {
        Some(outputs) => tail(&mut writer, &mut random, outputs),
        None => "image",
    };
    let count = if over_images { IMAGES } else { FRAMES };
    let frames = (0..count).map(|_| frame(&mut random, &shape)).collect();
    let fold = random.within(0, 8) as f64 / 8.0;
    let description = format!("{}; {tail}; fold {fold}", writer.notes.join("; "));
    RandomNetwork { description, model: writer.finish(&shape), frames, fold }
}

/// The input's shape and the number of outputs.
fn fully_connected(writer: &mut Writer, random: &mut Random) -> (Vec<usize>, Option<usize>) {
    let inputs = random.within(1, 24) as usize;
    writer.notes.push(format!("{inputs} inputs"));
    let dialect = if random.within(0, 2) == 0 { qdq::stack } else { qonnx::stack };
    let outputs = dialect(writer, random, inputs);
    (vec![1, inputs], Some(outputs))
}

/// Values that reach beyond every input quantizer's range, on both sides.
fn frame(random: &mut Random, shape: &[usize]) -> ArrayD<f64> {
    let mut value = || f64::from((random.within(-6_000_000, 6_000_000) as f32) / 1_000_000.0);
    ArrayD::from_shape_simple_fn(IxDyn(shape), &mut value)
}

fn tail(writer: &mut Writer, random: &mut Random, outputs: usize) -> &'static str {
    match random.within(0, 4) {
        0 if outputs > 1 => {
            writer.output = ElemType::Int64;
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
