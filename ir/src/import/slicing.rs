//! Operators that cut, join and enlarge tensors: `Concat`, `Split`, `Slice`, `Gather`, `Pad`.

use super::call::{Call, Outputs};
use super::movement::{Movement, gathered_shape};
use super::registry::Registry;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::network::Op;

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("Concat", 1..=usize::MAX, &["axis"], concat);
    registry.insert("Split", 1..=2, &["axis", "num_outputs", "split"], split);
    registry.insert("Slice", 1..=5, &["axes", "ends", "starts"], slice);
    registry.insert("Gather", 2..=2, &["axis"], gather);
    registry.insert("Pad", 1..=4, &["mode", "pads", "value"], pad);
}

fn concat(call: &mut Call<'_, '_>) -> Outputs {
    let all = call.all_operands()?;
    join(call, &all).map(|output| vec![output])
}

/// Adds the concatenation of values along the node's `axis` under its name.
pub(super) fn join(call: &mut Call<'_, '_>, all: &[Value]) -> Result<Value, Diagnostic> {
    let mut shape = all[0].shape.clone();
    let axis = call.axis(call.int("axis", 0)?, shape.len())?;
    for other in &all[1..] {
        let same = |at: usize| at == axis || other.shape[at] == shape[at];
        if other.rank() != shape.len() || !(0..shape.len()).all(same) {
            return Err(
                call.bad_shape(format!("{shape:?} and {:?} cannot be joined at axis {axis}", other.shape))
            );
        }
        shape[axis] = shape[axis].saturating_add(other.shape[axis]);
    }
    let operands: Vec<&Value> = all.iter().collect();
    Ok(call.emit(Op::Concat { axis }, &operands, shape)?.with_elem(all[0].elem))
}

fn split(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let axis = call.axis(call.int("axis", 0)?, x.rank())?;
    let given = match call.optional_ints("split")? {
        Some(lengths) => Some(lengths),
        None => call.optional_integers(1, "lengths")?,
    };
    let lengths = match given {
        Some(lengths) => lengths.iter().map(|length| usize::try_from(*length).ok()).collect(),
        None => Some(equal_parts(call, x.shape[axis])?),
    };
    let whole = |lengths: &Vec<usize>| {
        lengths.iter().try_fold(0usize, |sum, length| sum.checked_add(*length)) == Some(x.shape[axis])
            && lengths.len() == call.node.output.len()
    };
    let lengths = lengths.filter(whole).ok_or_else(|| {
        call.bad_shape(format!("the lengths do not make up the {} elements of axis {axis}", x.shape[axis]))
    })?;
    pieces(call, &x, axis, lengths)
}

fn pieces(call: &mut Call<'_, '_>, x: &Value, axis: usize, lengths: Vec<usize>) -> Outputs {
    let piece = |length: &usize| {
        let mut shape = x.shape.clone();
        shape[axis] = *length;
        shape
    };
    let shapes = lengths.iter().map(piece).collect();
    let outputs = call.emit_all(Op::Split { axis, lengths }, &[x], shapes)?;
    Ok(outputs.into_iter().map(|output| output.with_elem(x.elem)).collect())
}

/// As many parts as the node has outputs (or says), the last one shorter where they do not divide.
fn equal_parts(call: &Call<'_, '_>, length: usize) -> Result<Vec<usize>, Diagnostic> {
    let outputs = call.node.output.len();
    let parts = call.positive("num_outputs", outputs.cast_signed() as i64)?;
    if parts != outputs {
        return Err(call.bad_shape(format!("`num_outputs` is {parts}, the node has {outputs}")));
    }
    let part = length.div_ceil(parts);
    let lengths = (0..parts).map(|index| part.min(length.saturating_sub(index * part)));
    Ok(lengths.collect())
}

/// The part of one axis that a `Slice` takes.
struct Cut {
    axis: usize,
    start: usize,
    step: isize,
    length: usize,
}

fn slice(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let cuts = cuts(call, &x)?;
    let mut value = x;
    for cut in cuts {
        if cut.step != 1 || cut.length != value.shape[cut.axis] {
            value = apply_cut(call, &value, cut)?;
        }
    }
    let shape = value.shape.clone();
    Ok(vec![call.emit(Op::Identity, &[&value], shape)?.with_elem(value.elem)])
}

fn cuts(call: &Call<'_, '_>, x: &Value) -> Result<Vec<Cut>, Diagnostic> {
    let list = |name: &str, index: usize| match call.optional_ints(name)? {
        Some(values) => Ok(Some(values)),
        None => call.optional_integers(index, name),
    };
    let missing = || call.bad_shape("`starts` or `ends` is missing");
    let starts = list("starts", 1)?.ok_or_else(missing)?;
    let ends = list("ends", 2)?.ok_or_else(missing)?;
    let default: Vec<i64> = (0..starts.len()).map(|axis| axis.cast_signed() as i64).collect();
    let axes = list("axes", 3)?.unwrap_or(default);
    let steps = call.optional_integers(4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()].iter().any(|count| *count != starts.len()) {
        return Err(call.bad_shape("`starts`, `ends`, `axes` and `steps` differ in length"));
    }
    call.axes(&axes, x.rank())?;
    (0..starts.len()).map(|at| cut(call, x, axes[at], starts[at], ends[at], steps[at])).collect()
}

fn cut(
    call: &Call<'_, '_>,
    x: &Value,
    axis: i64,
    start: i64,
    end: i64,
    step: i64,
) -> Result<Cut, Diagnostic> {
    let axis = call.axis(axis, x.rank())?;
    let length = x.shape[axis].cast_signed() as i64;
    let step = isize::try_from(step).ok().filter(|step| *step != 0);
    let step = step.ok_or_else(|| call.bad_value("a step is 0", "steps must not be 0"))?;
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |at: i64| (if at < 0 { at.saturating_add(length) } else { at }).clamp(low, high);
    let (start, end) = (bound(start), bound(end));
    let span = if step > 0 { end - start } else { start - end };
    let length = usize::try_from(span).unwrap_or(0).div_ceil(step.unsigned_abs());
    Ok(Cut { axis, start: usize::try_from(start).unwrap_or(0), step, length })
}

/// A cut of a constant is computed; of an activation it is one piece of a split.
fn apply_cut(call: &mut Call<'_, '_>, x: &Value, cut: Cut) -> Result<Value, Diagnostic> {
    let Cut { axis, start, step, length } = cut;
    let mut shape = x.shape.clone();
    shape[axis] = length;
    if call.data(x).is_some() {
        call.check_folding(&shape)?;
        return moved(call, x, &Movement::Slice { axis, start, step, length });
    }
    if step != 1 {
        return Err(call.unsupported(format!("a slice with step {step}"), "only steps of 1 are supported"));
    }
    let whole = x.shape[axis];
    let lengths = [start, length, whole - start - length];
    let wanted = usize::from(start > 0);
    let lengths: Vec<usize> =
        lengths.into_iter().enumerate().filter(|(at, l)| *l > 0 || *at == 1).map(|(_, l)| l).collect();
    let shapes =
        lengths.iter().map(|length| [&x.shape[..axis], &[*length], &x.shape[axis + 1..]].concat()).collect();
    let part = format!("axis{axis}");
    let outputs = call.emit_parts(&part, Op::Split { axis, lengths }, &[x], shapes)?;
    let piece = outputs.into_iter().nth(wanted);
    Ok(piece.ok_or_else(|| call.bad_shape("the slice is empty"))?.with_elem(x.elem))
}

/// A constant with its elements rearranged.
pub(super) fn moved(call: &mut Call<'_, '_>, x: &Value, movement: &Movement) -> Result<Value, Diagnostic> {
    let data = call.data(x).map(|data| movement.apply(data));
    let data = data.ok_or_else(|| {
        let help = "make it constant, or express it with Split, Concat, Reshape and Transpose";
        call.unsupported("the operator is supported on constants only", help)
    })?;
    call.computed(data, x.elem)
}

fn gather(call: &mut Call<'_, '_>) -> Outputs {
    let (x, at) = (call.operand(0)?, call.operand(1)?);
    let axis = call.axis(call.int("axis", 0)?, x.rank())?;
    let indices = call.integers(1, "indices")?;
    let rank = i64::try_from(x.shape[axis]).unwrap_or(i64::MAX);
    let index = |index: &i64| super::axis::normalize(*index, rank.unsigned_abs() as usize);
    let indices: Option<Vec<usize>> = indices.iter().map(index).collect();
    let indices = indices
        .ok_or_else(|| call.bad_shape(format!("an index is beyond the {rank} elements of axis {axis}")))?;
    call.check_folding(&gathered_shape(&x.shape, axis, &at.shape))?;
    Ok(vec![moved(call, &x, &Movement::Gather { axis, indices, shape: at.shape })?])
}

fn pad(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let mode = call.word("mode", "constant")?;
    if mode != "constant" {
        return Err(call.unsupported(format!("`mode` = {mode}"), "only padding by a constant is supported"));
    }
    let given = match call.optional_ints("pads")? {
        Some(pads) => pads,
        None => call.integers(1, "paddings")?,
    };
    let value = match call.optional_float("value")? {
        Some(value) => value,
        None => call.optional_number(2, "padding value")?.unwrap_or(0.0),
    };
    let axes = match call.optional_integers(3, "axes")? {
        Some(axes) => axes.iter().map(|axis| call.axis(*axis, x.rank())).collect::<Result<Vec<_>, _>>()?,
        None => (0..x.rank()).collect(),
    };
    let pads = spread(call, &given, &axes, x.rank())?;
    let shape = (0..x.rank())
        .map(|axis| x.shape[axis].saturating_add(pads[axis]).saturating_add(pads[axis + x.rank()]));
    let shape = shape.collect();
    Ok(vec![call.emit(Op::Pad { pads, value }, &[&x], shape)?.with_elem(x.elem)])
}

/// Paddings of some axes as those of all: begins, then ends.
fn spread(call: &Call<'_, '_>, given: &[i64], axes: &[usize], rank: usize) -> Result<Vec<usize>, Diagnostic> {
    if given.len() != 2 * axes.len() {
        return Err(call.bad_shape(format!("{} paddings for {} axes", given.len(), axes.len())));
    }
    let mut pads = vec![0; 2 * rank];
    for (at, padding) in given.iter().enumerate() {
        let amount = usize::try_from(*padding);
        let amount =
            amount.map_err(|_| call.unsupported("a padding is negative", "cut with Slice instead"))?;
        pads[axes[at % axes.len()] + rank * (at / axes.len())] = amount;
    }
    Ok(pads)
}
