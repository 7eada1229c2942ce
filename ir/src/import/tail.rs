//! What ends a network: `Softmax`, `ArgMax`, `TopK`.

use super::call::{Call, Outputs};
use super::pool::reduced;
use super::registry::Registry;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::network::Op;
use crate::onnx::ElemType;

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("Softmax", 1..=1, &["axis"], softmax);
    registry.insert("ArgMax", 1..=1, &["axis", "keepdims", "select_last_index"], arg_max);
    registry.insert("TopK", 1..=2, &["axis", "k", "largest", "sorted"], top_k);
}

fn softmax(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let default = if call.opset < 13 { 1 } else { -1 };
    let axis = call.axis(call.int("axis", default)?, x.rank())?;
    let shape = x.shape.clone();
    let inner: usize = shape[axis + 1..].iter().product();
    if call.opset >= 13 || inner == 1 {
        return Ok(vec![call.emit(Op::Softmax { axis }, &[&x], shape)?]);
    }
    flattened_softmax(call, &x, axis).map(|output| vec![output])
}

/// Before opset 13 the axis cuts the tensor into a matrix, and every row is one distribution.
fn flattened_softmax(call: &mut Call<'_, '_>, x: &Value, axis: usize) -> Result<Value, Diagnostic> {
    let length = |dims: &[usize]| dims.iter().product::<usize>();
    let matrix = vec![length(&x.shape[..axis]), length(&x.shape[axis..])];
    let flat = call.emit_part("rows", Op::Reshape { shape: matrix.clone() }, &[x], matrix.clone())?;
    let rows = call.emit_part("softmax", Op::Softmax { axis: 1 }, &[&flat], matrix)?;
    call.emit(Op::Reshape { shape: x.shape.clone() }, &[&rows], x.shape.clone())
}

fn arg_max(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let axis = call.axis(call.int("axis", 0)?, x.rank())?;
    let keep_dims = call.flag("keepdims", true)?;
    let last = call.flag("select_last_index", false)?;
    let shape = reduced(&x.shape, &[axis], keep_dims);
    Ok(vec![call.emit(Op::ArgMax { axis, keep_dims, last }, &[&x], shape)?.with_elem(ElemType::Int64)])
}

/// Sorted whether or not the node asks for it: ONNX leaves the other order open.
fn top_k(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let axis = call.axis(call.int("axis", -1)?, x.rank())?;
    let k = if call.opset < 10 { call.int("k", 0)? } else { constant_k(call)? };
    let fits = usize::try_from(k).ok().filter(|k| (1..=x.shape[axis]).contains(k));
    let k = fits.ok_or_else(|| {
        call.bad_value(format!("k is {k} of {} elements", x.shape[axis]), "k must be 1 to that")
    })?;
    let largest = call.flag("largest", true)?;
    let mut shape = x.shape.clone();
    shape[axis] = k;
    let outputs = call.emit_all(Op::TopK { axis, k, largest }, &[&x], vec![shape.clone(), shape])?;
    let types = [x.elem, ElemType::Int64];
    Ok(outputs.into_iter().zip(types).map(|(output, elem)| output.with_elem(elem)).collect())
}

fn constant_k(call: &Call<'_, '_>) -> Result<i64, Diagnostic> {
    match call.integers(1, "k")?[..] {
        [k] => Ok(k),
        _ => Err(call.bad_shape("k is not one number")),
    }
}
