//! The reference executor: a [`Network`](crate::network::Network) in float64, one frame at a time.
//!
//! This is the specification that lowering, simulator and hardware are held against. Operators have ONNX's and
//! QONNX's semantics with multidirectional broadcasting; at the steps of quantizers, thresholds and signs,
//! float64 decides as exact arithmetic would (module `tolerance`). `docs/reference.md` tells the whole.
//!
//! ```
//! use mpqc_ir::network::Op;
//! use ndarray::arr1;
//!
//! let (x, y) = (arr1(&[1.0, -2.0]).into_dyn(), arr1(&[0.5]).into_dyn());
//! let sum = mpqc_ir::reference::eval(&Op::Add, &[Some(&x), Some(&y)]).unwrap();
//! assert_eq!(sum, [arr1(&[1.5, -1.5]).into_dyn()]);
//! ```

mod conv;
mod elementwise;
mod executor;
pub mod frames;
mod linear;
mod operands;
mod pool;
mod quantize;
mod rerun;
mod runs;
mod shape;
mod tail;
#[cfg(test)]
mod tests;
mod tolerance;
mod window;

pub use executor::Executor;
pub use rerun::{Change, Run};

use crate::diagnostic::{Code, Diagnostic};
use crate::network::Op;
use ndarray::ArrayD;

/// The outputs of one operator, row-major, for operands in ONNX's order (`None` where an optional one is absent).
///
/// # Errors
/// [`Code::BadShape`] where operands or parameters do not fit together; the diagnostic names no node, since an
/// operator does not know its own. [`Op::Input`] has no value of its own: [`Code::BadInput`].
pub fn eval(op: &Op, inputs: &[Option<&ArrayD<f64>>]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
    let one = |y: Result<ArrayD<f64>, Diagnostic>| y.map(|y| vec![y]);
    match op {
        Op::Input { .. } => Err(Diagnostic::new(Code::BadInput, "", "the input has no value", "")),
        Op::Constant(constant) => Ok(vec![constant.to_real()]),

        // linear
        Op::MatMul => one(linear::mat_mul(inputs)),
        Op::Gemm { alpha, beta, trans_a, trans_b } => {
            one(linear::gemm(*alpha, *beta, [*trans_a, *trans_b], inputs))
        }
        Op::Conv(conv) => one(conv::conv(conv, inputs)),
        Op::ConvTranspose { conv, output_padding } => one(conv::conv_transpose(conv, output_padding, inputs)),
        Op::BatchNormalization { epsilon } => one(linear::batch_normalization(*epsilon, inputs)),

        // element by element
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Pow => one(elementwise::binary(op, inputs)),
        Op::Sqrt | Op::Neg | Op::Relu | Op::Clip { .. } | Op::Sign => one(elementwise::unary(op, inputs)),
        Op::Sigmoid | Op::HardSigmoid { .. } | Op::Tanh => one(elementwise::unary(op, inputs)),
        Op::Identity | Op::Output => one(elementwise::unary(op, inputs)),
        Op::LeakyRelu { slope } => one(elementwise::leaky_relu(slope, inputs)),

        // quantizers
        Op::Quantize { quantizer, output } => one(quantize::quantize(quantizer, *output, inputs)),
        Op::Dequantize { scale, zero_point } => one(quantize::dequantize(scale, zero_point, inputs)),
        Op::BipolarQuantize { scale } => one(quantize::bipolar(scale, inputs)),
        Op::MultiThreshold { thresholds, axis, out_scale, out_bias } => {
            one(quantize::multi_threshold(thresholds, *axis, [*out_scale, *out_bias], inputs))
        }

        // pools
        Op::MaxPool(pool) => one(pool::max_pool(pool, inputs)),
        Op::AveragePool(pool) => one(pool::average_pool(pool, inputs)),
        Op::ReduceMean { axes, keep_dims } => one(pool::reduce_mean(axes, *keep_dims, inputs)),

        // moves
        Op::Pad { pads, value } => one(shape::pad(pads, *value, inputs)),
        Op::Concat { axis } => one(shape::concat(*axis, inputs)),
        Op::Split { axis, lengths } => shape::split(*axis, lengths, inputs),
        Op::Upsample { factors } => one(shape::upsample(factors, inputs)),
        Op::SpaceToDepth { block } => one(shape::space_to_depth(*block, inputs)),
        Op::DepthToSpace { block, crd } => one(shape::depth_to_space(*block, *crd, inputs)),
        Op::Reshape { shape } => one(shape::reshape(shape, inputs)),
        Op::Transpose { perm } => one(shape::transpose(perm, inputs)),

        // at the end of classifiers
        Op::Softmax { axis } => one(tail::softmax(*axis, inputs)),
        Op::ArgMax { axis, keep_dims, last } => one(tail::arg_max(*axis, *keep_dims, *last, inputs)),
        Op::TopK { axis, k, largest } => tail::top_k(*axis, *k, *largest, inputs),
    }
}
