//! How quantizers, weights and biases are written.

use super::super::layer::Weights;
use super::super::writer::Writer;
use super::super::{qdq, qonnx};
use mpqc_ir::design::testing::Random;

/// A family of quantization operators.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dialect {
    /// `Quant` and `BipolarQuant`.
    Qonnx,
    /// `QuantizeLinear` and `DequantizeLinear`.
    Qdq,
}

impl Dialect {
    /// A quantizer of the current tensor, whose values are of size `spread`; the size of its values.
    pub fn codes(self, writer: &mut Writer, random: &mut Random, spread: f64, input: bool) -> f64 {
        match self {
            Dialect::Qonnx => qonnx::activation_quantizer(writer, random, spread, input),
            Dialect::Qdq => qdq::TYPICAL_CODE * qdq::quantize_dequantize(writer, random, spread),
        }
    }

    /// Weights of a shape, their outputs along `axis`.
    pub fn weights(self, writer: &mut Writer, random: &mut Random, dims: &[usize], axis: usize) -> Weights {
        match self {
            Dialect::Qonnx => qonnx::weights(writer, random, dims, axis),
            Dialect::Qdq => qdq::weights(writer, random, dims, axis),
        }
    }

    /// A bias of products of these weights with values of size `spread`.
    pub fn bias(
        self,
        writer: &mut Writer,
        random: &mut Random,
        outputs: usize,
        weights: &Weights,
        spread: f64,
    ) -> String {
        match self {
            Dialect::Qdq => qdq::bias(writer, random, outputs, weights, spread / qdq::TYPICAL_CODE),
            Dialect::Qonnx => {
                let bias: Vec<f32> =
                    (0..outputs).map(|_| random.within(-1000, 1000) as f32 / 700.0).collect();
                writer.floats("bias", &[outputs as i64], &bias)
            }
        }
    }

    /// A fully connected layer on values of size `spread`; the size of its sums.
    pub fn linear(
        self,
        writer: &mut Writer,
        random: &mut Random,
        inputs: usize,
        outputs: usize,
        spread: f64,
    ) -> f64 {
        match self {
            Dialect::Qdq => qdq::gemm(writer, random, inputs, outputs, spread / qdq::TYPICAL_CODE),
            Dialect::Qonnx => {
                qonnx::linear(writer, random, inputs, outputs) * spread * (inputs as f64).sqrt()
            }
        }
    }
}
