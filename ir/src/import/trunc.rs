//! QONNX `Trunc`, in both its versions: codes lose low bits.

use super::axis;
use super::call::{Call, Outputs};
use super::quantizers_qonnx::rounding;
use super::registry::{Domain, Registry};
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::network::{Op, QuantizedAs, Quantizer};
use crate::number::{IntType, Rounding};
use crate::tensor::AxisParam;

/// Registers the operator.
pub(super) fn register(registry: &mut Registry) {
    registry.domain(Domain::Qonnx);
    registry.insert("Trunc", 5..=6, &["narrow", "rounding_mode", "signed"], trunc);
}

/// Widest code before truncation: accumulators of averages may be wide.
const WIDEST: u32 = 32;

/// What follows the codes: their division, the codes kept, and the way back to real numbers.
struct Truncation {
    divisor: f64,
    min: i64,
    max: i64,
    scale: AxisParam,
    zero_point: AxisParam,
}

/// `x` → codes → codes over a power of two, rounded → real numbers: two quantizers and a dequantizer.
///
/// The operand is what a quantizer of the given scale and zero point has put out, so it lies on the grid of the
/// codes and the first rounding decides no tie (where QONNX and [`QuantizedAs::Codes`] would differ).
fn trunc(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let rounding = rounding(call, "FLOOR")?;
    let scale = call.scale_param(1, &x.shape)?;
    let zero_point = call.broadcast_param(2, "zero point", &x.shape)?;
    let bits = width(call, 3)?;
    let truncation = if call.operands.len() == 5 {
        first_version(call, bits, &scale, &zero_point)?
    } else {
        second_version(call, &x, &scale, &zero_point)?
    };
    let (min, max) = either_sign(bits);
    let whole = quantizer(scale, zero_point, min, max, Rounding::HalfEven);
    let codes = codes(call, "codes", &x, whole)?;
    let Truncation { divisor, min, max, scale, zero_point } = truncation;
    let cut = quantizer(AxisParam::scalar(divisor), AxisParam::scalar(0.0), min, max, rounding);
    let kept = self::codes(call, "truncated", &codes, cut)?;
    Ok(vec![call.emit(Op::Dequantize { scale, zero_point }, &[&kept], x.shape.clone())?])
}

fn codes(call: &mut Call<'_, '_>, part: &str, x: &Value, quantizer: Quantizer) -> Result<Value, Diagnostic> {
    let op = Op::Quantize { quantizer, output: QuantizedAs::Codes };
    call.emit_part(part, op, &[x], x.shape.clone())
}

fn quantizer(scale: AxisParam, zero_point: AxisParam, min: i64, max: i64, rounding: Rounding) -> Quantizer {
    let bound = |bound: i64| AxisParam::scalar(bound as f64);
    Quantizer { scale, zero_point, min: bound(min), max: bound(max), rounding }
}

/// The codes of a width whose sign the node does not tell: `Trunc` does not clamp its operand.
fn either_sign(bits: u32) -> (i64, i64) {
    (IntType::quantizer(true, bits, false).min, IntType::quantizer(false, bits, false).max)
}

fn width(call: &Call<'_, '_>, index: usize) -> Result<u32, Diagnostic> {
    let bits = call.number(index, "bit width")?;
    let whole = bits.fract() == 0.0 && (1.0..=f64::from(WIDEST)).contains(&bits);
    let help = format!("use a whole number of bits, 1 to {WIDEST}");
    if whole { Ok(bits as u32) } else { Err(call.bad_value(format!("a bit width is {bits}"), help)) }
}

/// Version 1: the divisor is 2^(input width − output width), and the output keeps scale and zero point.
fn first_version(
    call: &Call<'_, '_>,
    bits: u32,
    scale: &AxisParam,
    zero_point: &AxisParam,
) -> Result<Truncation, Diagnostic> {
    let kept = width(call, 4)?;
    let dropped = bits.checked_sub(kept);
    let dropped = dropped.ok_or_else(|| {
        call.bad_value(format!("{bits} bits cannot be truncated to {kept}"), "truncate to fewer bits")
    })?;
    let (min, max) = either_sign(kept);
    let divisor = 2.0f64.powi(dropped.cast_signed());
    Ok(Truncation { divisor, min, max, scale: scale.clone(), zero_point: zero_point.clone() })
}

/// Version 2: the divisor is the power of two next to output scale over input scale, and codes are clamped.
fn second_version(
    call: &Call<'_, '_>,
    x: &Value,
    scale: &AxisParam,
    zero_point: &AxisParam,
) -> Result<Truncation, Diagnostic> {
    let out_scale = call.scale_param(4, &x.shape)?;
    let kept = width(call, 5)?;
    let (signed, narrow) = (call.flag("signed", true)?, call.flag("narrow", false)?);
    let divisors = axis::zip(&out_scale, scale, |out, scale| (out / scale).log2().round_ties_even().exp2());
    let divisor = match divisors.as_ref().map(|divisors| divisors.values.as_slice()) {
        Some([divisor]) if divisor.is_finite() && *divisor > 0.0 => *divisor,
        _ => {
            let reason = "input scale and output scale differ by more than one power of two";
            return Err(call.unsupported(reason, "use scales per tensor"));
        }
    };
    let ty = IntType::quantizer(signed, kept, narrow);
    let zero_point =
        axis::zip(zero_point, &AxisParam::scalar(divisor), |zero_point, divisor| zero_point / divisor);
    let zero_point = zero_point.unwrap_or_else(|| AxisParam::scalar(0.0));
    Ok(Truncation { divisor, min: ty.min, max: ty.max, scale: out_scale, zero_point })
}
