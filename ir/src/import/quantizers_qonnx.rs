//! QONNX quantizers: `Quant`, `IntQuant`, `BipolarQuant`, `MultiThreshold`
//! (arXiv 2206.07527; `qonnx.custom_op.general` and the domains it was called before).

use super::call::{Call, Outputs};
use super::quantize_constant::codes;
use super::registry::{Domain, Registry};
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::network::{Op, QuantizedAs, Quantizer};
use crate::number::{IntType, Rounding};
use crate::onnx::ElemType;
use crate::tensor::{AxisParam, Constant};
use ndarray::Axis;

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.domain(Domain::Qonnx);
    registry.insert("Quant", 4..=4, QUANT_ATTRIBUTES, quant);
    registry.insert("IntQuant", 4..=4, QUANT_ATTRIBUTES, quant);
    registry.insert("BipolarQuant", 2..=2, &[], |call| {
        let x = call.operand(0)?;
        let scale = call.scale_param(1, &x.shape)?;
        bipolar(call, &x, scale)
    });
    registry.insert("MultiThreshold", 2..=2, THRESHOLD_ATTRIBUTES, multi_threshold);
}

const QUANT_ATTRIBUTES: &[&str] = &["narrow", "rounding_mode", "signed"];
const THRESHOLD_ATTRIBUTES: &[&str] = &["data_layout", "out_bias", "out_dtype", "out_scale"];

/// Widest code of an activation.
const WIDEST: f64 = 16.0;
/// Widest code of a constant: biases may have 32 bits.
const WIDEST_CONSTANT: f64 = 32.0;

/// `scale · (round(clamp(x / scale + zero_point)) − zero_point)`; one signed bit is ±1.
fn quant(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let (signed, narrow) = (call.flag("signed", true)?, call.flag("narrow", false)?);
    let rounding = rounding(call, "ROUND")?;
    let scale = call.scale_param(1, &x.shape)?;
    let zero_point = call.broadcast_param(2, "zero point", &x.shape)?;
    let bits = bit_widths(call, 3, &x)?;
    if signed && bits.values.contains(&1.0) {
        check_bipolar(call, &bits, &zero_point)?;
        return bipolar(call, &x, scale);
    }
    if !signed && narrow && bits.values.contains(&1.0) {
        let reason = "one unsigned bit with a narrow range has a single code, 0";
        return Err(call.bad_value(reason, "set `narrow` to 0, or use 2 bits"));
    }
    let bound = |pick: fn(IntType) -> i64| {
        let of = |bits: &f64| pick(IntType::quantizer(signed, *bits as u32, narrow)) as f64;
        AxisParam { values: bits.values.iter().map(of).collect(), axis: bits.axis }
    };
    let (min, max) = (bound(|ty| ty.min), bound(|ty| ty.max));
    let quantizer = Quantizer { scale, zero_point, min, max, rounding };
    let widest = bits.values.iter().copied().fold(1.0, f64::max) as u32;
    uniform(call, &x, quantizer, IntType::quantizer(signed, widest, narrow))
}

/// The attribute `rounding_mode`.
pub(super) fn rounding(call: &Call<'_, '_>, default: &'static str) -> Result<Rounding, Diagnostic> {
    let mode = call.word("rounding_mode", default)?;
    Rounding::parse(mode).ok_or_else(|| {
        let help = "use ROUND, HALF_EVEN, HALF_UP, HALF_DOWN, CEIL, FLOOR, UP or DOWN";
        call.unsupported(format!("`rounding_mode` = {mode} does not exist"), help)
    })
}

/// Bit widths, each a whole number in range.
fn bit_widths(call: &Call<'_, '_>, index: usize, x: &Value) -> Result<AxisParam, Diagnostic> {
    let bits = call.broadcast_param(index, "bit width", &x.shape)?;
    let widest = if call.data(x).is_some() { WIDEST_CONSTANT } else { WIDEST };
    match bits.values.iter().find(|bits| bits.fract() != 0.0 || !(1.0..=widest).contains(*bits)) {
        Some(bits) => Err(call.bad_value(
            format!("a bit width is {bits}"),
            format!("quantize to a whole number of bits, 1 to {widest} here"),
        )),
        None => Ok(bits),
    }
}

/// What QONNX does for one signed bit is defined per tensor and without zero point.
fn check_bipolar(call: &Call<'_, '_>, bits: &AxisParam, zero_point: &AxisParam) -> Result<(), Diagnostic> {
    if bits.values.iter().any(|bits| *bits != 1.0) {
        let reason = "some channels have one signed bit (±1), others more";
        return Err(call.unsupported(reason, "give all channels one bit, or all of them two or more"));
    }
    if zero_point.values.iter().any(|zero_point| *zero_point != 0.0) {
        return Err(call.unsupported("one signed bit (±1) with a zero point", "use a zero point of 0"));
    }
    Ok(())
}

/// A quantizer on an activation, or the codes of a constant.
fn uniform(call: &mut Call<'_, '_>, x: &Value, quantizer: Quantizer, ty: IntType) -> Outputs {
    let Some(data) = call.data(x) else {
        let op = Op::Quantize { quantizer, output: QuantizedAs::Real };
        return Ok(vec![call.emit(op, &[x], x.shape.clone())?]);
    };
    let real = data.to_real();
    check_finite(call, &real)?;
    let codes = codes(&real, &quantizer, QuantizedAs::Real);
    let Quantizer { scale, zero_point, .. } = quantizer;
    Ok(vec![call.computed(Constant::Quantized { codes, ty, scale, zero_point }, ElemType::Float)?])
}

/// Refuses a constant that has no codes.
pub(super) fn check_finite(call: &Call<'_, '_>, real: &ndarray::ArrayD<f64>) -> Result<(), Diagnostic> {
    match real.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(call.bad_value(format!("the constant holds {value}"), "weights must be finite")),
        None => Ok(()),
    }
}

/// `+scale` where `x ≥ 0`, else `−scale`.
fn bipolar(call: &mut Call<'_, '_>, x: &Value, scale: AxisParam) -> Outputs {
    let Some(data) = call.data(x) else {
        return Ok(vec![call.emit(Op::BipolarQuantize { scale }, &[x], x.shape.clone())?]);
    };
    let real = data.to_real();
    check_finite(call, &real)?;
    let codes = real.mapv(|value| if value >= 0.0 { 1 } else { -1 });
    let zero_point = AxisParam::scalar(0.0);
    let data = Constant::Quantized { codes, ty: IntType::BIPOLAR, scale, zero_point };
    Ok(vec![call.computed(data, ElemType::Float)?])
}

/// `out_scale · #{k : x ≥ thresholds[channel][k]} + out_bias`.
fn multi_threshold(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let (out_scale, out_bias) = (call.float("out_scale", 1.0)?, call.float("out_bias", 0.0)?);
    call.check_scale(&AxisParam::scalar(out_scale))?;
    let axis = channel_axis(call, x.rank())?;
    let rows = call.reals(1, "thresholds")?;
    let channels = x.shape[axis];
    if rows.ndim() != 2 || rows.is_empty() || ![1, channels].contains(&rows.shape()[0]) {
        let reason = format!("thresholds of shape {:?} for {channels} channels", rows.shape());
        return Err(call.bad_shape(reason));
    }
    if rows.shape()[1] >= 1 << 16 {
        return Err(
            call.bad_value(format!("{} steps take more than 16 bits", rows.shape()[1]), "use fewer steps")
        );
    }
    let sorted = |row: ndarray::ArrayViewD<'_, f64>| {
        let mut row = row.iter().copied().collect::<Vec<_>>();
        row.sort_by(f64::total_cmp);
        row
    };
    let thresholds = rows.axis_iter(Axis(0)).map(sorted).collect();
    let op = Op::MultiThreshold { thresholds, axis, out_scale, out_bias };
    Ok(vec![call.emit(op, &[&x], x.shape.clone())?])
}

/// The axis of the channels: the letter C of `data_layout`, which QONNX guesses from the rank where it is absent.
fn channel_axis(call: &Call<'_, '_>, rank: usize) -> Result<usize, Diagnostic> {
    let layout = match (call.word("data_layout", "")?, rank) {
        ("", 3) => "NWC",
        (layout, _) => layout,
    };
    let axis = layout.find('C').unwrap_or(1);
    if axis < rank {
        return Ok(axis);
    }
    Err(call.bad_shape(format!("a tensor of {rank} axes has no channel axis {axis}")))
}
