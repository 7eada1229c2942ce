//! `AveragePool` and `ReduceMean` over pixels: sums of codes; the division is in the meaning.

use super::Lowered;
use super::context::{Call, Lowering};
use super::conv::check_batch;
use super::integers::Affine;
use super::layout::{channel_axis, moved_axis};
use super::mac::MAX_SUM_BITS;
use super::pool;
use super::value::{IntValue, Value, stream_layout};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{PoolFunction, Window};
use crate::network::{Op, PoolAttributes};
use crate::number::Exact;
use crate::scalar::ScalarFn;
use ndarray::Axis;
use num_traits::Zero;

/// Averages over windows.
pub(crate) fn pooled(lowering: &mut Lowering, call: &Call) -> Lowered {
    let (Op::AveragePool(attributes), Some(x)) = (call.op, call.operand(0)) else {
        return Ok(call.on_host());
    };
    let (Value::Int(value), Some(shape)) = (&x.value, &call.output_shape) else { return Ok(call.on_host()) };
    check_batch(lowering, call, &x.shape)?;
    let name = call.name(lowering.network);
    let window = pool::window(attributes, &x.shape, shape);
    let count = divisor(attributes, &x.shape, &window, &name)?;
    let (x, meaning) = lowering.affine(value, &name)?;
    let x = lowering.canonical(&x, &name)?;
    let meaning = x.function.as_affine().unwrap_or(meaning);
    let sum = average(lowering, x, meaning, &window, count, &name)?;
    Ok(vec![Value::Int(sum.moved(stream_layout(shape).1))])
}

/// How many elements every window counts.
fn divisor(pool: &PoolAttributes, input: &[usize], window: &Window, node: &str) -> Result<usize, Diagnostic> {
    let axes = pool.kernel.len();
    let mut counts: Vec<usize> = vec![1];
    for axis in 0..axes {
        let (length, along) = (input[2 + axis], axis + 2 - axes);
        let (begin, end) = (pool.pads[axis], pool.pads[axis + axes]);
        let inside = if pool.count_include_pad { 0..begin + length + end } else { begin..begin + length };
        let taps = |o: usize| (0..window.kernel[along]).map(move |t| (o, t));
        let at = |(o, t): (usize, usize)| o * window.stride[along] + t * window.dilation[along];
        let count = |o: usize| taps(o).filter(|tap| inside.contains(&at(*tap))).count();
        let here = (0..window.positions(along, length)).map(count);
        let mut all: Vec<usize> = here.flat_map(|c| counts.iter().map(move |n| n * c)).collect();
        all.sort_unstable();
        all.dedup();
        counts = all;
    }
    match counts[..] {
        [count] => Ok(count),
        _ => Err(Diagnostic::new(
            Code::UnsupportedAttribute,
            node,
            format!(
                "its windows average {} to {} elements, by how much padding they see",
                counts[0],
                counts[counts.len() - 1]
            ),
            "set count_include_pad, or do not pad",
        )),
    }
}

/// Sums over windows of a stream in canonical layout, and what they mean divided by `count`.
fn average(
    lowering: &mut Lowering,
    x: IntValue,
    meaning: Affine,
    window: &Window,
    count: usize,
    node: &str,
) -> Result<IntValue, Diagnostic> {
    let (x, (mul, add), value) = match window.pads {
        [0, 0, 0, 0] => (x, meaning, 0),
        _ => lowering.with_code(x, meaning, &Exact::zero(), node)?,
    };
    let taps = Exact::from_integer(window.taps().into());
    let count = Exact::from_integer(count.into());
    let mul = mul.iter().map(|m| m / &count).collect();
    let add = add.iter().map(|a| a * &taps / &count).collect();
    let bits = x.ty.bits + usize::BITS - window.taps().leading_zeros();
    if bits > MAX_SUM_BITS {
        let reason = format!("its sums need {bits} bits; hardware carries {MAX_SUM_BITS}");
        return Err(Diagnostic::new(Code::TooWide, node, reason, "quantize its operand"));
    }
    let sum = lowering.joined(&x, &Window { value, ..window.clone() }, PoolFunction::Sum, node);
    Ok(IntValue { function: ScalarFn::affine(mul, add), ..sum })
}

/// Means over axes of pixels.
pub(crate) fn reduced(lowering: &mut Lowering, call: &Call) -> Lowered {
    let (Op::ReduceMean { axes, keep_dims }, Some(x)) = (call.op, call.operand(0)) else {
        return Ok(call.on_host());
    };
    let Value::Int(value) = &x.value else { return Ok(call.on_host()) };
    let Some(channels) = channel_axis(axes, &x.shape).filter(|_| !axes.is_empty()) else {
        return Ok(call.on_host());
    };
    let name = call.name(lowering.network);
    let first = moved_axis(&value.index, channels, 1);
    let spatial: Vec<usize> = (2..first.ndim()).collect();
    let of_first = |axis: usize| if axis < channels { axis + 1 } else { axis };
    let reduce: Vec<usize> = axes.iter().map(|a| of_first(*a)).collect();
    let window = whole(first.shape(), &spatial, &reduce);
    let (x, _) = lowering.affine(&value.moved(first), &name)?;
    let x = lowering.canonical(&x, &name)?;
    let meaning = x.function.as_affine().unwrap_or_default();
    let sum = average(lowering, x.clone(), meaning, &window, window.taps(), &name)?;
    let mut shape = x.index.shape().to_vec();
    reduce.iter().for_each(|axis| shape[*axis] = 1);
    let mut index = moved_axis(&stream_layout(&shape).1, 1, channels);
    let mut gone: Vec<usize> = if *keep_dims { Vec::new() } else { axes.clone() };
    gone.sort_unstable();
    gone.iter().rev().for_each(|axis| index = index.index_axis(Axis(*axis), 0).to_owned());
    Ok(vec![Value::Int(sum.moved(index))])
}

/// A window as long as the reduced spatial axes of an N C spatial… shape.
fn whole(shape: &[usize], spatial: &[usize], reduce: &[usize]) -> Window {
    let mut kernel = [1, 1];
    for axis in spatial.iter().filter(|axis| reduce.contains(axis)) {
        kernel[axis + 2 - shape.len()] = shape[*axis];
    }
    Window { kernel, stride: kernel, dilation: [1, 1], pads: [0; 4], value: 0, groups: 1 }
}
