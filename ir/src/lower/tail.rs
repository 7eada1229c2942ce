//! `ArgMax` and `TopK` over channels, in hardware where their order is the integers' order.

use super::Lowered;
use super::context::{Call, Lowering};
use super::value::{IntValue, TopHalf, Value};
use crate::diagnostic::Diagnostic;
use crate::int_network::{ArgMax, IntOp, Requantize, ScaleShift, Shape};
use crate::network::Op;
use crate::number::{Exact, IntType};
use crate::scalar::{ScalarFn, at};
use ndarray::ArrayD;
use num_traits::{Signed, ToPrimitive};
use std::sync::Arc;

pub(crate) fn lower(lowering: &mut Lowering, call: &Call) -> Lowered {
    let (axis, k, keep, with_value) = match call.op {
        Op::ArgMax { axis, keep_dims, last: false } => (*axis, 1, *keep_dims, false),
        Op::TopK { axis, k, largest: true } => (*axis, *k, true, true),
        _ => return Ok(call.on_host()),
    };
    let Some(value) = ordered_operand(lowering, call) else { return Ok(call.on_host()) };
    if !runs_over_channels(&value, axis) || k == 0 || k > value.shape.channels {
        return Ok(call.on_host());
    }
    let mut value = lowering.materialize(&value)?;
    if !with_value {
        value.function = value.function.up_to_order();
    }
    let Some(value) = comparable(lowering, &value, with_value)? else { return Ok(call.on_host()) };
    let result = arg_max(lowering, call, &value, axis, k, keep, with_value);
    Ok(match with_value {
        false => vec![Value::Int(result)],
        true => {
            [TopHalf::Value, TopHalf::Index].map(|half| Value::Top { stream: result.clone(), half }).to_vec()
        }
    })
}

/// The operand; for `ArgMax` of a Softmax or Sigmoid, what it is a rising function of.
fn ordered_operand(lowering: &Lowering, call: &Call) -> Option<IntValue> {
    let operand = call.operand(0)?;
    match &operand.value {
        Value::Int(value) => Some(value.clone()),
        Value::Host { after: Some(_) } if matches!(call.op, Op::ArgMax { .. }) => {
            let inner = lowering.call(operand.tensor.0);
            let rising = matches!(inner.op, Op::Softmax { .. } | Op::Sigmoid | Op::Tanh);
            let below = inner.operand(0).filter(|_| rising)?;
            match &below.value {
                Value::Int(value) => Some(value.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether walking `axis` of the real tensor walks the channels of a pixel in order.
fn runs_over_channels(value: &IntValue, axis: usize) -> bool {
    let channels = value.shape.channels;
    value.index.shape().get(axis) == Some(&channels)
        && value
            .index
            .indexed_iter()
            .all(|(i, p)| *p as usize % channels == ndarray::Dimension::slice(&i)[axis])
}

/// The stream, shifted by the classes' offsets where they differ, so that its integers are ordered as the
/// real values; `None` where no short integers are.
fn comparable(
    lowering: &mut Lowering,
    value: &IntValue,
    with_value: bool,
) -> Result<Option<IntValue>, Diagnostic> {
    let Some((mul, add)) = value.function.as_affine() else { return Ok(None) };
    let (step, first) = (&mul[0], &add[0]);
    if mul.iter().any(|m| m != step) || !step.is_positive() {
        return Ok(None);
    }
    if add.iter().all(|a| a == first) {
        return Ok(Some(value.clone()));
    }
    if with_value {
        return Ok(None);
    }
    let offsets: Vec<Exact> = (0..value.shape.channels).map(|c| at(&add, c) / step).collect();
    Ok(on_a_grid(&offsets).map(|scaled| offset_node(lowering, value, scaled)))
}

/// `2^p · x + b[c]` that orders all channels exactly as `x + offset[c]` does, for the smallest such `p`.
///
/// Whether `x + o_i` is above, equal to or below `y + o_j` depends on the whole parts of the offsets and on the
/// *order* of their fractions only, so fractions are replaced by their ranks.
fn on_a_grid(offsets: &[Exact]) -> Option<ScaleShift> {
    let fraction = |o: &Exact| o - o.floor();
    let mut ranks: Vec<Exact> = offsets.iter().map(fraction).collect();
    ranks.sort();
    ranks.dedup();
    let grid = ranks.len().next_power_of_two() as i64;
    let position = |o: &Exact| {
        let rank = ranks.partition_point(|r| *r < fraction(o)) as i64;
        o.floor().to_integer().to_i64()?.checked_mul(grid)?.checked_add(rank)
    };
    let add = offsets.iter().map(position).collect::<Option<Vec<i64>>>()?;
    let bounded = add.iter().all(|a| a.unsigned_abs() < 1 << 40);
    bounded.then(|| ScaleShift { mul: vec![grid], add, shift: 0, min: i64::MIN, max: i64::MAX })
}

fn offset_node(lowering: &mut Lowering, value: &IntValue, scale: ScaleShift) -> IntValue {
    let mul = scale.mul[0];
    let low = scale.add.iter().min().copied().unwrap_or(0) + value.ty.min * mul;
    let high = scale.add.iter().max().copied().unwrap_or(0) + value.ty.max * mul;
    let output = IntType::smallest(low, high);
    let scale = ScaleShift { min: low, max: high, ..scale };
    let op = IntOp::Requantize(Requantize { output, thresholds: None, scale: Some(Arc::new(scale)) });
    let name = format!("{}_offset", lowering.graph[value.node].name);
    let node = lowering.add(&name, value.pending.clone(), op, &[value]);
    IntValue { node, ty: output, function: ScalarFn::default(), pending: Vec::new(), ..value.clone() }
}

fn arg_max(
    lowering: &mut Lowering,
    call: &Call,
    value: &IntValue,
    axis: usize,
    k: usize,
    keep: bool,
    with_value: bool,
) -> IntValue {
    let name = call.name(lowering.network);
    let index_bits = usize::BITS - (value.shape.channels - 1).leading_zeros();
    let index_bits = index_bits.max(1);
    let top = value.shape.channels as i64 - 1;
    let ty = match with_value {
        false => IntType::smallest(0, top),
        true => IntType::smallest(
            value.ty.min << index_bits,
            (value.ty.max << index_bits) + (1 << index_bits) - 1,
        ),
    };
    let mut origin = value.pending.clone();
    origin.push(name.clone());
    let op = IntOp::ArgMax(ArgMax { k, with_value, index_bits });
    let node = lowering.add(&name, origin, op, &[value]);
    let shape = Shape { channels: k, ..value.shape };
    let index = kept_positions(value, axis, k, keep);
    let function = if with_value { value.function.clone() } else { ScalarFn::default() };
    IntValue::stream(node, ty, shape, function, index)
}

/// Positions of the result: pixel by pixel, `k` channels.
fn kept_positions(value: &IntValue, axis: usize, k: usize, keep: bool) -> ArrayD<u32> {
    let channels = value.shape.channels as u32;
    let pixels = value.index.index_axis(ndarray::Axis(axis), 0).mapv(|p| p / channels);
    if !keep {
        return pixels;
    }
    let ranks: Vec<_> = (0..k as u32).map(|rank| pixels.mapv(|p| p * k as u32 + rank)).collect();
    let views: Vec<_> = ranks.iter().map(|r| r.view()).collect();
    ndarray::stack(ndarray::Axis(axis), &views).expect("equal shapes stack")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::exact;

    #[test]
    fn the_grid_keeps_the_order_of_all_classes() {
        let offsets: Vec<Exact> = [0.3, -1.7, 0.30000001, 2.0, -400.5].map(exact).to_vec();
        let grid = on_a_grid(&offsets).expect("the offsets are small");
        for (i, j) in [(0, 1), (0, 2), (1, 3), (3, 4), (2, 4)] {
            for (x, y) in (-30..=30).flat_map(|x| (-30..=30).map(move |y| (x, y))) {
                let real = (Exact::from_integer(x.into()) + &offsets[i])
                    .cmp(&(Exact::from_integer(y.into()) + &offsets[j]));
                assert_eq!((grid.mul[0] * x + grid.add[i]).cmp(&(grid.mul[0] * y + grid.add[j])), real);
            }
        }
    }
}
