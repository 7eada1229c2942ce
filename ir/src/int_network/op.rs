//! The vocabulary of an [`super::IntNetwork`].

use super::Shape;
use super::spatial::{Depthwise, Pad, Pool, Reorder, Window};
use crate::number::IntType;
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An integer operator.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntOp {
    /// Port `n` of the hardware's inputs.
    Input(usize),
    /// Matrix–vector product at every pixel.
    Dot(Dot),
    /// A scalar function per channel with a small integer range.
    Requantize(Requantize),
    /// Weighted sum of two tensors.
    Add(Add),
    /// Largest channel(s) of every pixel.
    ArgMax(ArgMax),
    /// The pixels under a kernel.
    Window(Window),
    /// A kernel for every channel, over windows.
    Depthwise(Depthwise),
    /// Rectangles of pixels joined to one.
    Pool(Pool),
    /// Pixels of one code around a tensor.
    Pad(Pad),
    /// Channels of several tensors side by side.
    Concat,
    /// Elements in another order.
    Reorder(Reorder),
    /// Port `n` of the hardware's outputs.
    Output(usize),
}

/// `y[o] = Σ_i weights[o][i] · x[i]`, with no bias: constants live in the function that follows.
///
/// Where one vector spans several pixels (a fully connected layer after a convolution), `x` is the whole
/// frame in stream order.
///
/// With `groups`, a vector is as many vectors of `weights`' columns, and output `o` of `n` multiplies vector
/// `⌊o · groups / n⌋`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dot {
    /// Weights, `[outputs][inputs of a group]`.
    #[serde(with = "crate::tensor::matrix")]
    pub weights: Arc<Array2<i64>>,
    /// Groups; divides the outputs.
    pub groups: usize,
    /// Narrowest type of the weights.
    pub weight_type: IntType,
    /// Smallest type of every output channel's sum over all inputs of the edge's range.
    pub accumulator: IntType,
}

/// A function from an integer to a code, per channel (or one for all), in one or both exact forms.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Requantize {
    /// Type of the result.
    pub output: IntType,
    /// As comparisons; absent where the result has too many levels for it.
    pub thresholds: Option<Arc<Thresholds>>,
    /// As multiply, add, shift, clamp; absent where no such form is exact.
    pub scale: Option<Arc<ScaleShift>>,
}

impl Requantize {
    /// The function of other channels: `sources` says of a table of so many entries (one per channel, or one for all) which
    /// entry stands where.
    pub fn select(&self, sources: impl Fn(usize) -> Vec<usize>) -> Requantize {
        let thresholds = |t: &Arc<Thresholds>| {
            let falling = sources(t.falling.len()).into_iter().map(|entry| t.falling[entry]);
            Arc::new(Thresholds {
                base: t.base,
                falling: falling.collect(),
                table: Arc::new(t.table.select(Axis(0), &sources(t.table.nrows()))),
            })
        };
        let pick = |all: &[i64]| sources(all.len()).into_iter().map(|entry| all[entry]).collect();
        let scale = |s: &Arc<ScaleShift>| {
            Arc::new(ScaleShift { mul: pick(&s.mul), add: pick(&s.add), ..ScaleShift::clone(s) })
        };
        Requantize {
            output: self.output,
            thresholds: self.thresholds.as_ref().map(thresholds),
            scale: self.scale.as_ref().map(scale),
        }
    }
}

/// `code = base + #{k : v ≥ table[channel][k]}` (one step more is two codes more for bipolar results),
/// with `v = x`, or `v = !x = −x − 1` where the channel falls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Code of no threshold reached.
    pub base: i64,
    /// Channels (or the single entry) whose function falls.
    pub falling: Vec<bool>,
    /// Ascending thresholds, `[channels or 1][levels − 1]`. A threshold beyond the accumulator's range is
    /// never (or always) reached; it lies at most one beyond either end.
    #[serde(with = "crate::tensor::matrix")]
    pub table: Arc<Array2<i64>>,
}

/// `code = clamp((x · mul[channel] + add[channel]) >> shift, min, max)`, arithmetic shift (floor).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScaleShift {
    /// Factor per channel, or one.
    pub mul: Vec<i64>,
    /// Addend per channel, or one; rounding and zero point are inside.
    pub add: Vec<i64>,
    /// Common right shift.
    pub shift: u32,
    /// Lower bound of the result.
    pub min: i64,
    /// Upper bound of the result.
    pub max: i64,
}

/// `y = gains[0] · a + gains[1] · b`, element by element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Add {
    /// Integer gain of each operand.
    pub gains: [i64; 2],
}

/// The `k` largest channels of a pixel, best first, ties to the lower index.
///
/// `k = 1` and not `with_value`: the result is one channel, the index. Otherwise channel `j` of `k` is
/// `value · 2^index_bits + index`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgMax {
    /// How many.
    pub k: usize,
    /// Whether the value goes with the index (TopK).
    pub with_value: bool,
    /// Width of an index.
    pub index_bits: u32,
}

/// How a real tensor of the prefix becomes the codes of an input stream: `code = real / scale + zero`,
/// which is an integer of `ty` by construction (a quantizer or a promised datatype came before).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputPort {
    /// Name of the tensor in the model.
    pub name: String,
    /// Type of the codes.
    pub ty: IntType,
    /// Extent of the stream.
    pub shape: Shape,
    /// Shape of the real tensor.
    pub tensor_shape: Vec<usize>,
    /// `order[i]` is the stream position of element `i` of the real tensor (row-major).
    pub order: Vec<u32>,
    /// Real step between codes, one or per channel.
    pub scale: Vec<f64>,
    /// Code of real zero, one or per channel.
    pub zero: Vec<f64>,
}

/// How the integers of an output stream become a real tensor of the suffix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputPort {
    /// Name of the tensor in the model.
    pub name: String,
    /// Type of the integers.
    pub ty: IntType,
    /// Extent of the stream.
    pub shape: Shape,
    /// Shape of the real tensor.
    pub tensor_shape: Vec<usize>,
    /// `order[i]` is the stream position of element `i` of the real tensor (row-major).
    pub order: Vec<u32>,
    /// What the integers mean.
    pub decode: Decode,
}

/// What the integers of an output stream mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decode {
    /// A scalar function per channel, in float64.
    Real(crate::scalar::FloatFn),
    /// The index half of an [`ArgMax`] with values.
    TopIndex {
        /// Width of an index.
        index_bits: u32,
    },
    /// The value half of an [`ArgMax`] with values.
    TopValue {
        /// Width of an index.
        index_bits: u32,
        /// What the value means.
        real: crate::scalar::FloatFn,
    },
}
