//! Quantizers: on the host they open the hardware; on integers they end a scalar function.

use super::Lowered;
use super::context::{Call, Lowering, Operand};
use super::elementwise::{axis_values, float_inside};
use super::host;
use super::value::{IntValue, Value};
use crate::diagnostic::Diagnostic;
use crate::network::{Op, QuantizedAs, Quantizer};
use crate::number::{Exact, IntType, exact, saturating_i64};
use crate::scalar::{ScalarFn, Step};
use crate::tensor::AxisParam;
use num_traits::{One, Zero};

pub(crate) fn lower(lowering: &mut Lowering, call: &Call) -> Lowered {
    let Some(operand) = call.operand(0) else { return Ok(call.on_host()) };
    match (&operand.value, call.op) {
        (Value::Int(value), _) => on_integers(lowering, call, value).map(|v| vec![Value::Int(v)]),
        (Value::Host { after: None }, Op::Dequantize { .. }) => Ok(call.on_host()),
        (Value::Host { after: None }, _) => open(lowering, call, operand),
        (Value::Host { after: Some(culprit) }, Op::Dequantize { .. }) => {
            Ok(vec![Value::Host { after: Some(*culprit) }])
        }
        (Value::Host { after: Some(culprit) }, _) => Err(float_inside(lowering.network, call, *culprit)),
        _ => Ok(call.on_host()),
    }
}

fn on_integers(lowering: &Lowering, call: &Call, value: &IntValue) -> Result<IntValue, Diagnostic> {
    let name = call.name(lowering.network);
    let steps = steps(call.op, value, &name)?;
    Ok(steps.into_iter().fold(value.clone(), |v, step| v.then(step, &name)))
}

/// The quantizer as steps over the stream's channels.
fn steps(op: &Op, value: &IntValue, node: &str) -> Result<Vec<Step>, Diagnostic> {
    let along = |param: &AxisParam| axis_values(value, param, node);
    Ok(match op {
        Op::Quantize { quantizer, output: QuantizedAs::Codes } => onnx_steps(quantizer, value, node)?,
        Op::Quantize { quantizer, output: QuantizedAs::Real } => qonnx_steps(quantizer, value, node)?,
        Op::Dequantize { scale, zero_point } => vec![dequantize(along(scale)?, &along(zero_point)?)],
        Op::BipolarQuantize { scale } => {
            vec![Step::Bipolar, Step::Affine { mul: along(scale)?, add: vec![Exact::zero()] }]
        }
        Op::MultiThreshold { thresholds, axis, out_scale, out_bias } => {
            let rows = rows_by_channel(value, thresholds, *axis, node)?;
            let (scale, bias) = (exact(*out_scale), exact(*out_bias));
            match signs(&rows, &scale, &bias) {
                Some(steps) => steps,
                None => vec![Step::Count { thresholds: rows }, Step::affine(scale, bias)],
            }
        }
        _ => Vec::new(),
    })
}

/// One threshold that stands for `±scale / 2` is a sign: ±1 multiplies ±1 by XNOR, where 0 and 1 do not.
fn signs(rows: &[Vec<Exact>], scale: &Exact, bias: &Exact) -> Option<Vec<Step>> {
    let half = scale / Exact::from_integer(2.into());
    let thresholds = rows.iter().map(|row| <&[Exact; 1]>::try_from(&row[..]).ok().map(|[t]| -t));
    let add = thresholds.collect::<Option<Vec<_>>>().filter(|_| *bias == -&half)?;
    let distance = Step::Affine { mul: vec![Exact::one()], add };
    Some(vec![distance, Step::Bipolar, Step::affine(half, Exact::zero())])
}

/// `clamp(round(x / scale) + zero_point)`.
fn onnx_steps(quantizer: &Quantizer, value: &IntValue, node: &str) -> Result<Vec<Step>, Diagnostic> {
    let scale = axis_values(value, &quantizer.scale, node)?;
    let zero = axis_values(value, &quantizer.zero_point, node)?;
    let offset = zero.iter().map(|z| saturating_i64(&z.to_integer())).collect();
    let divide = Step::Affine { mul: scale.iter().map(Exact::recip).collect(), add: vec![Exact::zero()] };
    Ok(vec![divide, round(quantizer, offset, value, node)?])
}

/// `round(clamp(x / scale + zero_point))`, back to real values.
fn qonnx_steps(quantizer: &Quantizer, value: &IntValue, node: &str) -> Result<Vec<Step>, Diagnostic> {
    let scale = axis_values(value, &quantizer.scale, node)?;
    let zero = axis_values(value, &quantizer.zero_point, node)?;
    let divide = Step::Affine { mul: scale.iter().map(Exact::recip).collect(), add: zero.clone() };
    Ok(vec![divide, round(quantizer, vec![0], value, node)?, dequantize(scale, &zero)])
}

fn round(quantizer: &Quantizer, offset: Vec<i64>, value: &IntValue, node: &str) -> Result<Step, Diagnostic> {
    Ok(Step::Round {
        rounding: quantizer.rounding,
        offset,
        min: bound(value, &quantizer.min, node)?,
        max: bound(value, &quantizer.max, node)?,
    })
}

fn dequantize(scale: Vec<Exact>, zero: &[Exact]) -> Step {
    let add = crate::scalar::zip(&scale, zero, |s, z| -(s * z));
    Step::Affine { mul: scale, add }
}

/// A code bound per channel; infinite bounds are none.
fn bound(value: &IntValue, param: &AxisParam, node: &str) -> Result<Option<Vec<i64>>, Diagnostic> {
    if param.values.iter().any(|v| v.is_infinite()) {
        return Ok(None);
    }
    let exact = axis_values(value, param, node)?;
    Ok(Some(exact.iter().map(|v| saturating_i64(&v.to_integer())).collect()))
}

fn rows_by_channel(
    value: &IntValue,
    rows: &[Vec<f64>],
    axis: usize,
    node: &str,
) -> Result<Vec<Vec<Exact>>, Diagnostic> {
    let exact_row = |row: &Vec<f64>| row.iter().map(|t| exact(*t)).collect();
    if rows.len() == 1 {
        return Ok(vec![exact_row(&rows[0])]);
    }
    // The row of each channel, found as if the row numbers were a parameter along the axis.
    let numbers = AxisParam { values: (0..rows.len()).map(|i| i as f64).collect(), axis: Some(axis) };
    let order = axis_values(value, &numbers, node)?;
    let row = |i: &Exact| rows.get(saturating_i64(&i.to_integer()) as usize);
    Ok(order.iter().filter_map(row).map(exact_row).collect())
}

/// A quantizer of a host tensor: its codes enter the hardware.
fn open(lowering: &mut Lowering, call: &Call, operand: &Operand) -> Lowered {
    let Some(ty) = code_type(call.op) else { return Ok(call.on_host()) };
    let port = host::open_port(lowering, (call.node, 0), &operand.shape, ty);
    let steps = steps(call.op, &port, &call.name(lowering.network))?;
    let meaning = steps.into_iter().skip_while(|s| !s.is_code()).skip(1);
    let function = meaning.fold(ScalarFn::default(), ScalarFn::then);
    Ok(vec![Value::Int(host::describe_port(lowering, port, function))])
}

/// Type of the codes, where they are bounded.
fn code_type(op: &Op) -> Option<IntType> {
    let extreme = |v: &AxisParam, f: fn(f64, f64) -> f64| v.values.iter().copied().reduce(f).unwrap_or(0.0);
    match op {
        Op::Quantize { quantizer: Quantizer { min, max, .. }, .. } => {
            let (min, max) = (extreme(min, f64::min), extreme(max, f64::max));
            (min.is_finite() && max.is_finite()).then(|| IntType::smallest(min as i64, max as i64))
        }
        Op::BipolarQuantize { .. } => Some(IntType::BIPOLAR),
        Op::MultiThreshold { thresholds, out_scale, out_bias, .. }
            if thresholds.iter().all(|row| row.len() == 1) && *out_bias == -out_scale / 2.0 =>
        {
            Some(IntType::BIPOLAR)
        }
        Op::MultiThreshold { thresholds, .. } => {
            Some(IntType::smallest(0, thresholds.iter().map(Vec::len).max().unwrap_or(0) as i64))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_threshold_between_opposite_values_is_a_sign() {
        let rows = vec![vec![exact(-2.5)], vec![exact(3.0)]];
        let (scale, bias) = (exact(0.5), exact(-0.25));
        let signs = ScalarFn(signs(&rows, &scale, &bias).expect("a half below and above zero"));
        let count = ScalarFn(vec![Step::Count { thresholds: rows.clone() }, Step::affine(scale, bias)]);
        assert!(matches!(signs.0[1], Step::Bipolar));
        let (signs, count) = (signs.to_float(), count.to_float());
        for (channel, x) in (0..2).flat_map(|c| (-9..9).map(move |x| (c, f64::from(x) / 2.0))) {
            let at = |f: &Option<crate::scalar::FloatFn>| f.as_ref().map(|f| f.eval(channel, x));
            assert_eq!(at(&signs), at(&count), "channel {channel} at {x}");
        }
        assert!(super::signs(&rows, &exact(1.0), &exact(0.0)).is_none());
        assert!(super::signs(&[vec![exact(0.0), exact(1.0)]], &exact(1.0), &exact(-0.5)).is_none());
    }
}
