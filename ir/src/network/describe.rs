//! Operators in a few words, for tables and graphs.

use super::{ConvAttributes, Op, PoolAttributes, Quantizer};
use crate::number::{IntType, Rounding};
use crate::tensor::AxisParam;

impl Op {
    /// The operator's parameters in a few words; empty where its name says all.
    pub fn describe(&self) -> String {
        match self {
            Op::Input { datatype: Some(ty) } => format!("integers, {ty}"),
            Op::Quantize { quantizer, .. } => quantizer.describe(),
            Op::Dequantize { scale, zero_point } => affine(scale, zero_point),
            Op::BipolarQuantize { scale } => format!("±1, scale {}", param(scale)),
            Op::MultiThreshold { thresholds, axis, out_scale, out_bias } => {
                let steps = thresholds.first().map_or(0, Vec::len);
                let rows = match thresholds.len() {
                    1 => String::new(),
                    rows => format!(" for {rows} channels of axis {axis}"),
                };
                let plural = if steps == 1 { "" } else { "s" };
                let sign = if *out_bias < 0.0 { '−' } else { '+' };
                format!("{steps} threshold{plural}{rows}, · {out_scale} {sign} {}", out_bias.abs())
            }
            Op::Gemm { alpha, beta, trans_a, trans_b } => {
                let transposed =
                    |name, yes: &bool| if *yes { format!("{name}ᵀ") } else { format!("{name}") };
                format!("{alpha} · {} · {} + {beta} · C", transposed('A', trans_a), transposed('B', trans_b))
            }
            Op::Conv(conv) => conv.describe(),
            Op::ConvTranspose { conv, .. } => conv.describe(),
            Op::MaxPool(pool) | Op::AveragePool(pool) => pool.describe(),
            Op::BatchNormalization { epsilon } => format!("epsilon {epsilon}"),
            Op::LeakyRelu { slope } => format!("slope {}", param(slope)),
            Op::Clip { min, max } => {
                let bound = |bound: &Option<f64>| bound.map_or("…".to_owned(), |bound| bound.to_string());
                format!("[{}, {}]", bound(min), bound(max))
            }
            Op::Softmax { axis } | Op::Concat { axis } | Op::ArgMax { axis, .. } => format!("axis {axis}"),
            Op::TopK { axis, k, largest } => {
                format!("{k} {} of axis {axis}", if *largest { "largest" } else { "smallest" })
            }
            Op::Split { axis, lengths } => format!("axis {axis}, {lengths:?}"),
            Op::ReduceMean { axes, .. } => format!("axes {axes:?}"),
            Op::Pad { pads, value } => format!("{pads:?} of {value}"),
            Op::Upsample { factors } => format!("× {factors:?}"),
            Op::SpaceToDepth { block } | Op::DepthToSpace { block, .. } => {
                format!("blocks of {block}×{block}")
            }
            Op::Transpose { perm } => format!("{perm:?}"),
            _ => String::new(),
        }
    }
}

impl Quantizer {
    /// Type, scale, zero point and rounding.
    fn describe(&self) -> String {
        let ends = |param: &AxisParam, pick: fn(f64, f64) -> f64| param.values.iter().copied().reduce(pick);
        let range = ends(&self.min, f64::min).zip(ends(&self.max, f64::max));
        let ty =
            range.map(|(min, max)| IntType::smallest(min as i64, (max as i64).max(min as i64)).to_string());
        let widths = if self.max.axis.is_some() { " at most" } else { "" };
        let rounding = match self.rounding {
            Rounding::HalfEven => String::new(),
            other => format!(", {}", format!("{other:?}").to_lowercase()),
        };
        format!("{}{widths}, {}{rounding}", ty.unwrap_or_default(), affine(&self.scale, &self.zero_point))
    }
}

impl ConvAttributes {
    /// Kernel, stride, dilation, padding and groups, as far as they are not the usual.
    fn describe(&self) -> String {
        let groups = if self.group == 1 { String::new() } else { format!(", {} groups", self.group) };
        format!("{}{groups}", window(&self.kernel, &self.strides, &self.dilations, &self.pads))
    }
}

impl PoolAttributes {
    fn describe(&self) -> String {
        let ceil = if self.ceil_mode { ", incomplete windows too" } else { "" };
        format!("{}{ceil}", window(&self.kernel, &self.strides, &self.dilations, &self.pads))
    }
}

fn window(kernel: &[usize], strides: &[usize], dilations: &[usize], pads: &[usize]) -> String {
    let times = |all: &[usize]| all.iter().map(usize::to_string).collect::<Vec<_>>().join("×");
    let other = |name: &str, all: &[usize], usual: usize| {
        let same = all.iter().all(|value| *value == usual);
        if same { String::new() } else { format!(", {name} {}", times(all)) }
    };
    let padding =
        if pads.iter().all(|pad| *pad == 0) { String::new() } else { format!(", padding {pads:?}") };
    format!("{}{}{}{padding}", times(kernel), other("stride", strides, 1), other("dilation", dilations, 1))
}

fn affine(scale: &AxisParam, zero_point: &AxisParam) -> String {
    let shifted = zero_point.values.iter().any(|value| *value != 0.0);
    let zero_point = if shifted { format!(", zero point {}", param(zero_point)) } else { String::new() };
    format!("scale {}{zero_point}", param(scale))
}

/// A parameter's value, or its range along its axis.
pub(super) fn param(param: &AxisParam) -> String {
    let end =
        |pick: fn(f64, f64) -> f64| param.values.iter().copied().reduce(pick).unwrap_or_default() as f32;
    match param.axis {
        None => end(f64::min).to_string(),
        Some(axis) => format!("{} … {} along axis {axis}", end(f64::min), end(f64::max)),
    }
}
