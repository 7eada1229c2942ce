//! The vocabulary of a [`super::Network`].

use crate::number::Rounding;
use crate::tensor::{AxisParam, Constant};
use serde::{Deserialize, Serialize};

/// A uniform quantizer. As [`QuantizedAs::Real`] (QONNX), `code = round(clamp(x / scale + zero_point))`; as
/// [`QuantizedAs::Codes`] (ONNX), `code = clamp(round(x / scale) + zero_point)`. With integer bounds and zero
/// points the two differ at ties only, where the zero point is odd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantizer {
    /// Step between codes, > 0.
    pub scale: AxisParam,
    /// Code of zero, before rounding.
    pub zero_point: AxisParam,
    /// Smallest code, per tensor or along an axis (per-channel bit widths).
    pub min: AxisParam,
    /// Largest code, likewise.
    pub max: AxisParam,
    /// How quotients become integers.
    pub rounding: Rounding,
}

/// What a quantizing node puts out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuantizedAs {
    /// The integer codes (`QuantizeLinear`); ONNX rounds before it adds the zero point.
    Codes,
    /// `scale · (code − zero_point)` (QONNX `Quant`); QONNX adds the zero point before it rounds.
    Real,
}

/// Attributes of convolutions over `n` spatial axes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvAttributes {
    /// Kernel size per spatial axis.
    pub kernel: Vec<usize>,
    /// Stride per spatial axis.
    pub strides: Vec<usize>,
    /// Dilation per spatial axis.
    pub dilations: Vec<usize>,
    /// Padding: all begins, then all ends.
    pub pads: Vec<usize>,
    /// Number of groups.
    pub group: usize,
}

/// Attributes of pools over `n` spatial axes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolAttributes {
    /// Window size per spatial axis.
    pub kernel: Vec<usize>,
    /// Stride per spatial axis.
    pub strides: Vec<usize>,
    /// Dilation per spatial axis.
    pub dilations: Vec<usize>,
    /// Padding: all begins, then all ends.
    pub pads: Vec<usize>,
    /// Whether an incomplete last window counts.
    pub ceil_mode: bool,
    /// Whether an average counts padded elements in its divisor.
    pub count_include_pad: bool,
}

/// An operator on real tensors. Operand order is ONNX's; shapes are on the wires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// A graph input; `datatype` is a QONNX/FINN annotation such as `INT8` or `BIPOLAR` that promises
    /// that every value is such an integer.
    Input {
        /// Promised integer type.
        datatype: Option<crate::number::IntType>,
    },
    /// A graph output.
    Output,
    /// A constant.
    Constant(Constant),
    /// Matrix product; vectors and stacks of matrices as in ONNX `MatMul`.
    MatMul,
    /// `alpha · A' · B' + beta · C`.
    Gemm {
        /// Factor of the product.
        alpha: f64,
        /// Factor of the addend.
        beta: f64,
        /// Transpose A.
        trans_a: bool,
        /// Transpose B.
        trans_b: bool,
    },
    /// Convolution over N C spatial…, operands x, w, optional bias.
    Conv(ConvAttributes),
    /// Transposed convolution.
    ConvTranspose {
        /// Kernel, strides, dilations, pads, group.
        conv: ConvAttributes,
        /// Extra size at the end of each spatial axis.
        output_padding: Vec<usize>,
    },
    /// `scale·(x − mean)/√(var + epsilon) + bias` over axis 1; operands x, scale, bias, mean, var.
    BatchNormalization {
        /// Added to the variance.
        epsilon: f64,
    },
    /// Broadcast sum.
    Add,
    /// Broadcast difference.
    Sub,
    /// Broadcast product.
    Mul,
    /// Broadcast quotient.
    Div,
    /// Broadcast power.
    Pow,
    /// Square root.
    Sqrt,
    /// Negation.
    Neg,
    /// `max(x, 0)`.
    Relu,
    /// `x` where positive, else `slope·x`; slope per tensor or along an axis (`LeakyRelu`, `PRelu`).
    LeakyRelu {
        /// Factor of negative values.
        slope: AxisParam,
    },
    /// `clamp(x, min, max)`; absent bounds are infinite.
    Clip {
        /// Lower bound.
        min: Option<f64>,
        /// Upper bound.
        max: Option<f64>,
    },
    /// −1, 0 or +1.
    Sign,
    /// `1/(1 + e^−x)`.
    Sigmoid,
    /// `clamp(alpha·x + beta, 0, 1)`.
    HardSigmoid {
        /// Slope.
        alpha: f64,
        /// Offset.
        beta: f64,
    },
    /// Hyperbolic tangent.
    Tanh,
    /// Exponentials normalized over an axis.
    Softmax {
        /// The axis (≥ 0).
        axis: usize,
    },
    /// A uniform quantizer.
    Quantize {
        /// Its parameters.
        quantizer: Quantizer,
        /// Codes or real values.
        output: QuantizedAs,
    },
    /// `scale · (x − zero_point)`.
    Dequantize {
        /// Step between codes.
        scale: AxisParam,
        /// Code of zero.
        zero_point: AxisParam,
    },
    /// +scale where `x ≥ 0`, else −scale (QONNX `BipolarQuant`).
    BipolarQuantize {
        /// Magnitude of the output, > 0.
        scale: AxisParam,
    },
    /// `out_scale · #{k : x ≥ thresholds[channel][k]} + out_bias` (QONNX `MultiThreshold`).
    MultiThreshold {
        /// Thresholds, `[channels or 1][steps]`, each row ascending.
        thresholds: Vec<Vec<f64>>,
        /// Channel axis.
        axis: usize,
        /// Step of the output.
        out_scale: f64,
        /// Output of no threshold reached.
        out_bias: f64,
    },
    /// Maximum over windows.
    MaxPool(PoolAttributes),
    /// Average over windows.
    AveragePool(PoolAttributes),
    /// Mean over axes (`GlobalAveragePool`, `ReduceMean`).
    ReduceMean {
        /// Axes (≥ 0).
        axes: Vec<usize>,
        /// Whether reduced axes stay, with length 1.
        keep_dims: bool,
    },
    /// Constant padding: all begins, then all ends.
    Pad {
        /// Elements added per axis.
        pads: Vec<usize>,
        /// Value added.
        value: f64,
    },
    /// Joins along an axis.
    Concat {
        /// The axis (≥ 0).
        axis: usize,
    },
    /// Splits along an axis into outputs of the given lengths.
    Split {
        /// The axis (≥ 0).
        axis: usize,
        /// Length of each output.
        lengths: Vec<usize>,
    },
    /// Nearest-neighbour enlargement by whole factors, per axis.
    Upsample {
        /// Factor per axis.
        factors: Vec<usize>,
    },
    /// Moves spatial blocks into channels.
    SpaceToDepth {
        /// Block size.
        block: usize,
    },
    /// Moves channels into spatial blocks.
    DepthToSpace {
        /// Block size.
        block: usize,
        /// Column-row-depth order instead of depth-column-row.
        crd: bool,
    },
    /// Same elements in the same order, another shape (`Reshape`, `Flatten`, `Squeeze`, `Unsqueeze`);
    /// the shape is the output wire's, stored for the executor.
    Reshape {
        /// Output shape.
        shape: Vec<usize>,
    },
    /// Axes permuted.
    Transpose {
        /// Output axis `i` is input axis `perm[i]`.
        perm: Vec<usize>,
    },
    /// Unchanged (`Identity`, `Dropout` at inference, `Cast` between number types of real values).
    Identity,
    /// Index of the largest element along an axis.
    ArgMax {
        /// The axis (≥ 0).
        axis: usize,
        /// Whether the axis stays, with length 1.
        keep_dims: bool,
        /// Whether the last of equals wins instead of the first.
        last: bool,
    },
    /// The `k` largest elements along an axis (output 0) and their indices (output 1), sorted.
    TopK {
        /// The axis (≥ 0).
        axis: usize,
        /// How many.
        k: usize,
        /// Largest (else smallest).
        largest: bool,
    },
}
