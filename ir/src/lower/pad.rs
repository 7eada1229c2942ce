//! `Pad`: pixels of one code around an image.

use super::Lowered;
use super::context::{Call, Lowering};
use super::layout::{channel_axis, moved_axis};
use super::value::{Value, stream_layout};
use crate::network::Op;
use crate::number::exact;

/// Padding of pixels; other axes are left to the host.
pub(crate) fn lower(lowering: &mut Lowering, call: &Call) -> Lowered {
    let (Op::Pad { pads, value: real }, Some(x)) = (call.op, call.operand(0)) else {
        return Ok(call.on_host());
    };
    let (Value::Int(value), Some(output)) = (&x.value, &call.output_shape) else { return Ok(call.on_host()) };
    let rank = x.shape.len();
    let padded: Vec<usize> = (0..rank).filter(|axis| pads[*axis] + pads[axis + rank] > 0).collect();
    let (Some(channels), true) = (channel_axis(&padded, &x.shape), real.is_finite()) else {
        return Ok(call.on_host());
    };
    if padded.is_empty() {
        return Ok(vec![Value::Int(value.clone())]);
    }
    let name = call.name(lowering.network);
    let (x, _) = lowering.affine(value, &name)?;
    let x = lowering.canonical(&x.moved(moved_axis(&x.index, channels, 1)), &name)?;
    let meaning = x.function.as_affine().unwrap_or_default();
    let (mut x, _, code) = lowering.with_code(x, meaning, &exact(*real), &name)?;
    let (begins, ends) = (spatial(&pads[..rank], channels), spatial(&pads[rank..], channels));
    x.pending.push(name.clone());
    let result = lowering.padded(&x, [begins[0], begins[1], ends[0], ends[1]], code, &name);
    let mut shape = output.clone();
    let count = shape.remove(channels);
    shape.insert(1, count);
    let index = moved_axis(&stream_layout(&shape).1, 1, channels);
    Ok(vec![Value::Int(result.moved(index))])
}

/// Rows and columns of a list per axis.
fn spatial(pads: &[usize], channels: usize) -> [usize; 2] {
    let both: Vec<usize> = (1..pads.len()).filter(|axis| *axis != channels).map(|axis| pads[axis]).collect();
    if both.len() == 1 { [0, both[0]] } else { [both[0], both[1]] }
}
