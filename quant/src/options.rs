//! How weights and activations are quantized.

use serde::{Deserialize, Serialize};

/// Which numbers a scale may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scales {
    /// Any float32.
    #[default]
    Free,
    /// Powers of two: a requantizer is then a shift.
    Pow2,
}

/// Which codes a width has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `−2^(b−1) ..= 2^(b−1) − 1` around zero; what is never negative is `0 ..= 2^b − 1`.
    #[default]
    Symmetric,
    /// As symmetric, without the most negative code.
    Narrow,
    /// With a zero point, from the smallest to the largest value.
    Asymmetric,
}

/// How much of the values' range the codes span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// All of it.
    MinMax,
    /// So many percent of the values, at each end that has any.
    Percentile(f64),
    /// What gives the least mean squared error.
    #[default]
    Mse,
    /// What loses the least information: the least Kullback-Leibler divergence between the histograms before and
    /// behind the quantizer (Migacz, "8-bit inference with TensorRT", GTC 2017).
    Entropy,
}

/// How a set of values is quantized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Style {
    /// Which codes a width has.
    pub form: Form,
    /// Which numbers a scale may be.
    pub scales: Scales,
    /// How much of the values' range the codes span.
    pub range: Range,
}

/// How a network is quantized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Weights.
    pub weights: Style,
    /// Whether every output channel of a layer has a scale of its own.
    pub per_channel: bool,
    /// Activations.
    pub activations: Style,
    /// Bits of the network's input; fewer where its values need fewer.
    pub input_bits: u32,
    /// Whether batch normalizations stay operators of their own.
    pub keep_batch_norm: bool,
    /// Whether the ranges of channels are made equal across layers first.
    pub equalize: bool,
    /// Whether biases make up for the mean error of the weights.
    pub correct_bias: bool,
    /// Bits of biases, in steps of a product of weight and activation; float32 unless told.
    pub bias_bits: Option<u32>,
    /// Most bits of an accumulator: widths that may need more are not looked at.
    pub accumulator_bits: Option<u32>,
}

impl Default for Options {
    /// A scale for each output channel, least squared error, inputs of 8 bits, biases corrected.
    fn default() -> Self {
        Options {
            weights: Style::default(),
            per_channel: true,
            activations: Style::default(),
            input_bits: 8,
            keep_batch_norm: false,
            equalize: false,
            correct_bias: true,
            bias_bits: None,
            accumulator_bits: None,
        }
    }
}
