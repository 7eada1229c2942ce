//! ONNX quantizers: `QuantizeLinear` and `DequantizeLinear`, per tensor and per axis.

use super::axis;
use super::call::{Call, Outputs};
use super::quantize_constant::codes;
use super::quantizers_qonnx::check_finite;
use super::registry::{Domain, Registry};
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::network::{Op, QuantizedAs, Quantizer};
use crate::number::{IntType, Rounding};
use crate::onnx::ElemType;
use crate::tensor::{AxisParam, Constant};

/// Registers the family; `com.microsoft` has the same operators for more types.
pub(super) fn register(registry: &mut Registry) {
    for domain in [Domain::Onnx, Domain::Microsoft] {
        registry.domain(domain);
        registry.insert("QuantizeLinear", 2..=3, QUANTIZE_ATTRIBUTES, quantize_linear);
        registry.insert("DequantizeLinear", 2..=3, DEQUANTIZE_ATTRIBUTES, dequantize_linear);
    }
    registry.domain(Domain::Onnx);
}

const QUANTIZE_ATTRIBUTES: &[&str] = &["axis", "block_size", "output_dtype", "precision", "saturate"];
const DEQUANTIZE_ATTRIBUTES: &[&str] = &["axis", "block_size", "output_dtype"];

/// `saturate(round_half_even(x / scale) + zero_point)`.
fn quantize_linear(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let elem = code_type(call)?;
    let scale = linear_scale(call, 1, &x)?;
    let zero_point = linear_zero_point(call, 2, &x, elem)?;
    quantize(call, &x, scale, zero_point, elem).map(|output| vec![output])
}

/// The type of the codes: the zero point's, or `output_dtype`, or uint8.
fn code_type(call: &Call<'_, '_>) -> Result<ElemType, Diagnostic> {
    let named = match call.int("output_dtype", 0)? {
        0 => None,
        code => {
            let code = i32::try_from(code).unwrap_or(0);
            let wrong = |mistake| call.node.attribute_error("output_dtype", mistake);
            Some(call.read(ElemType::from_code(code).map_err(wrong))?)
        }
    };
    let elem = call.optional(2).map(|zero_point| zero_point.elem).or(named).unwrap_or(ElemType::Uint8);
    if named.is_some_and(|named| named != elem) {
        return Err(
            call.unsupported("`output_dtype` and the zero point differ in type", "give both the same type")
        );
    }
    check_codes(call, elem)
}

/// Refuses codes that are no integers of 16 bits at most.
fn check_codes(call: &Call<'_, '_>, elem: ElemType) -> Result<ElemType, Diagnostic> {
    let fits = elem.int_range().is_some() && elem.bits() <= 16 && elem != ElemType::Bool;
    let help = "quantize to int2, int4, int8 or int16, or their unsigned forms";
    if fits { Ok(elem) } else { Err(call.unsupported(format!("codes of type {elem}"), help)) }
}

/// Adds the quantizer under the node's name; a constant becomes its codes.
pub(super) fn quantize(
    call: &mut Call<'_, '_>,
    x: &Value,
    scale: AxisParam,
    zero_point: AxisParam,
    elem: ElemType,
) -> Result<Value, Diagnostic> {
    let (min, max) = check_codes(call, elem)?.int_range().unwrap_or_default();
    let bound = |bound: i64| AxisParam::scalar(bound as f64);
    let (min, max) = (bound(min), bound(max));
    let quantizer = Quantizer { scale, zero_point, min, max, rounding: Rounding::HalfEven };
    let Some(data) = call.data(x) else {
        let op = Op::Quantize { quantizer, output: QuantizedAs::Codes };
        return Ok(call.emit(op, &[x], x.shape.clone())?.with_elem(elem));
    };
    let real = data.to_real();
    check_finite(call, &real)?;
    call.computed(Constant::Int(codes(&real, &quantizer, QuantizedAs::Codes)), elem)
}

/// Codes between `QuantizeLinear` and `Clip` have the type that `Clip` leaves: this is how exporters write fewer
/// bits than ONNX has types for (Brevitas' "QCDQ"). `None` where the operand is no such code.
pub(super) fn clipped(
    call: &mut Call<'_, '_>,
    x: &Value,
    min: Option<f64>,
    max: Option<f64>,
) -> Result<Option<Value>, Diagnostic> {
    let (low, high) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
    if let (Some(Constant::Int(codes)), Some((least, most))) = (call.data(x), x.code_range()) {
        let (least, most) = (least.max(low.ceil() as i64), most.min(high.floor() as i64));
        if least > most {
            return Ok(None);
        }
        let codes = codes.mapv(|code| code.clamp(least, most));
        let value = call.computed(Constant::Int(codes), x.elem)?;
        return Ok(Some(Value { range: Some((least, most)), ..value }));
    }
    let Op::Quantize { quantizer, output: QuantizedAs::Codes } = call.builder.op(x) else { return Ok(None) };
    let mut quantizer = quantizer.clone();
    quantizer.min.values.iter_mut().for_each(|least| *least = least.max(low.ceil()));
    quantizer.max.values.iter_mut().for_each(|most| *most = most.min(high.floor()));
    let (Some(source), true) = (call.builder.source(x), quantizer.min.at(0) <= quantizer.max.at(0)) else {
        return Ok(None);
    };
    let op = Op::Quantize { quantizer, output: QuantizedAs::Codes };
    Ok(Some(call.emit(op, &[&source], x.shape.clone())?.with_elem(x.elem)))
}

/// `scale · (x − zero_point)`; a constant becomes [`Constant::Quantized`].
fn dequantize_linear(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let scale = linear_scale(call, 1, &x)?;
    let zero_point = linear_zero_point(call, 2, &x, x.elem)?;
    let (op, ty) = dequantizer(call, &x, scale, zero_point)?;
    if let Some(data) = quantized(call, &x, &op, ty) {
        return Ok(vec![call.computed(data, ElemType::Float)?]);
    }
    Ok(vec![call.emit(op, &[&x], x.shape.clone())?])
}

/// Adds a dequantizer as a part of the node; a constant becomes [`Constant::Quantized`].
pub(super) fn dequantize_part(
    call: &mut Call<'_, '_>,
    part: &str,
    x: &Value,
    scale: AxisParam,
    zero_point: AxisParam,
) -> Result<Value, Diagnostic> {
    let (op, ty) = dequantizer(call, x, scale, zero_point)?;
    if let Some(data) = quantized(call, x, &op, ty) {
        return call.computed_part(part, data, ElemType::Float);
    }
    call.emit_part(part, op, &[x], x.shape.clone())
}

fn dequantizer(
    call: &Call<'_, '_>,
    x: &Value,
    scale: AxisParam,
    zero_point: AxisParam,
) -> Result<(Op, IntType), Diagnostic> {
    let range = x.code_range().filter(|_| x.elem.bits() <= 32);
    let (min, max) = range.ok_or_else(|| {
        call.unsupported(format!("codes of type {}", x.elem), "dequantize integers of 32 bits at most")
    })?;
    Ok((Op::Dequantize { scale, zero_point }, IntType::smallest(min, max)))
}

fn quantized(call: &Call<'_, '_>, x: &Value, op: &Op, ty: IntType) -> Option<Constant> {
    let (Some(Constant::Int(codes)), Op::Dequantize { scale, zero_point }) = (call.data(x), op) else {
        return None;
    };
    Some(Constant::Quantized {
        codes: codes.clone(),
        ty,
        scale: scale.clone(),
        zero_point: zero_point.clone(),
    })
}

/// The scale operand of a node with an `axis`.
fn linear_scale(call: &Call<'_, '_>, index: usize, x: &Value) -> Result<AxisParam, Diagnostic> {
    call.only_int("block_size", 0, "quantize per tensor or per axis, not in blocks")?;
    let scale = linear_param(call, index, "scale", x)?;
    call.check_scale(&scale).map(|()| scale)
}

/// The zero point operand of a node with an `axis`, 0 where absent.
fn linear_zero_point(
    call: &Call<'_, '_>,
    index: usize,
    x: &Value,
    elem: ElemType,
) -> Result<AxisParam, Diagnostic> {
    if call.optional(index).is_none() {
        return Ok(AxisParam::scalar(0.0));
    }
    let zero_point = linear_param(call, index, "zero point", x)?;
    check_zero_point(call, &zero_point, elem).map(|()| zero_point)
}

/// Refuses zero points that are no codes.
pub(super) fn check_zero_point(
    call: &Call<'_, '_>,
    zero_point: &AxisParam,
    elem: ElemType,
) -> Result<(), Diagnostic> {
    let (min, max) = elem.int_range().unwrap_or_default();
    let code = |value: &&f64| value.fract() == 0.0 && **value >= min as f64 && **value <= max as f64;
    match zero_point.values.iter().find(|value| !code(value)) {
        Some(value) => {
            Err(call.bad_value(format!("the zero point {value} is no {elem}"), "use a code as zero point"))
        }
        None => Ok(()),
    }
}

fn linear_param(call: &Call<'_, '_>, index: usize, what: &str, x: &Value) -> Result<AxisParam, Diagnostic> {
    let values = call.reals(index, what)?;
    let flat: Vec<f64> = values.iter().copied().collect();
    if let [value] = flat[..] {
        return Ok(AxisParam::scalar(value));
    }
    let axis = call.axis(call.int("axis", 1)?, x.rank())?;
    if values.ndim() == 1 && x.shape[axis] == flat.len() && !flat.is_empty() {
        return Ok(axis::along(flat, axis));
    }
    let reason = format!("a {what} of shape {:?} does not fit axis {axis} of {:?}", values.shape(), x.shape);
    Err(call.bad_shape(reason))
}
