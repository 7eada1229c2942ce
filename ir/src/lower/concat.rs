//! `Concat` of channels: streams side by side.

use super::Lowered;
use super::channels::beside;
use super::context::{Call, Lowering};
use super::layout::moved_axis;
use super::value::{IntValue, Value, stream_layout};
use crate::diagnostic::Diagnostic;
use crate::int_network::{IntOp, Shape};
use crate::number::IntType;
use crate::scalar::ScalarFn;

/// Channels are the first or the last axis behind the batch; joins along other axes, and of anything but streams,
/// stay on the host.
pub(crate) fn lower(lowering: &mut Lowering, call: &Call, axis: usize) -> Lowered {
    let (Some(streams), Some(output)) = (streams(call), &call.output_shape) else {
        return Ok(call.on_host());
    };
    let (rank, name) = (output.len(), call.name(lowering.network));
    let channels = axis == 1 || axis + 1 == rank && rank > 2;
    if !channels || rank > 4 || output[0] != 1 {
        return Ok(call.on_host());
    }
    let parts = streams
        .iter()
        .map(|value| aligned(lowering, value, axis, &name))
        .collect::<Result<Vec<IntValue>, Diagnostic>>()?;
    let meanings: Vec<(&ScalarFn, usize)> = parts.iter().map(|p| (&p.function, p.shape.channels)).collect();
    let Some(function) = beside(&meanings) else { return Ok(call.on_host()) };
    let parts = one_encoding(lowering, parts);
    let mut moved = output.clone();
    let channels = moved.remove(axis);
    moved.insert(1, channels);
    let index = moved_axis(&stream_layout(&moved).1, 1, axis);
    let origin = parts.iter().flat_map(|p| p.pending.clone()).chain([name.clone()]).collect();
    let node = lowering.add(&name, origin, IntOp::Concat, &parts.iter().collect::<Vec<_>>());
    let ty = parts.iter().map(|p| p.ty).reduce(union).unwrap_or(IntType::BIPOLAR);
    let shape = Shape { channels, ..parts[0].shape };
    Ok(vec![Value::Int(IntValue::stream(node, ty, shape, function, index))])
}

fn streams(call: &Call) -> Option<Vec<IntValue>> {
    let stream = |operand: &Option<super::context::Operand>| match operand.as_ref().map(|o| &o.value) {
        Some(Value::Int(value)) => Some(value.clone()),
        _ => None,
    };
    call.operands.iter().map(stream).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty())
}

/// The operand as codes, channels innermost.
fn aligned(
    lowering: &mut Lowering,
    value: &IntValue,
    axis: usize,
    node: &str,
) -> Result<IntValue, Diagnostic> {
    let value = lowering.materialize(value)?;
    let index = moved_axis(&value.index, axis, 1);
    lowering.canonical(&value.moved(index), node)
}

/// Where some are ±1 in one bit and others are not, the former in two bits.
fn one_encoding(lowering: &mut Lowering, parts: Vec<IntValue>) -> Vec<IntValue> {
    if parts.iter().all(|p| p.ty.is_bipolar()) {
        return parts;
    }
    let mut plain = |part: IntValue| match part.ty.is_bipolar() {
        true => lowering.rescaled(&part, (vec![1], vec![0]), part.function.clone(), "signed"),
        false => part,
    };
    parts.into_iter().map(&mut plain).collect()
}

fn union(a: IntType, b: IntType) -> IntType {
    if a.is_bipolar() && b.is_bipolar() { a } else { IntType::smallest(a.min.min(b.min), a.max.max(b.max)) }
}
