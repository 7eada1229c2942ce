//! Operators that change nothing but the shape: `Reshape`, `Flatten`, `Squeeze`, `Unsqueeze`, `Transpose`; and
//! those that ask for it: `Shape`, `Size`.

use super::call::{Call, Outputs};
use super::limits;
use super::registry::Registry;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::network::Op;
use crate::onnx::ElemType;
use crate::tensor::Constant;
use ndarray::{ArrayD, IxDyn};

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("Reshape", 1..=2, &["allowzero", "shape"], reshape);
    registry.insert("Flatten", 1..=1, &["axis"], flatten);
    registry.insert("Squeeze", 1..=2, &["axes"], squeeze);
    registry.insert("Unsqueeze", 1..=2, &["axes"], unsqueeze);
    registry.insert("Transpose", 1..=1, &["perm"], transpose);
    registry.insert("Shape", 1..=1, &["end", "start"], shape_of);
    registry.insert("Size", 1..=1, &[], size_of);
}

/// Adds a reshape under the node's name.
fn reshaped(call: &mut Call<'_, '_>, x: &Value, shape: Vec<usize>) -> Outputs {
    Ok(vec![call.emit(Op::Reshape { shape: shape.clone() }, &[x], shape)?.with_elem(x.elem)])
}

fn reshape(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let wanted = match call.optional_ints("shape")? {
        Some(shape) => shape,
        None => call.integers(1, "shape")?,
    };
    let copies = !call.flag("allowzero", false)?;
    let shape = resolve(&wanted, &x.shape, copies);
    let shape =
        shape.ok_or_else(|| call.bad_shape(format!("{:?} cannot be reshaped to {wanted:?}", x.shape)))?;
    reshaped(call, &x, shape)
}

/// The shape that `Reshape` makes: −1 is what is left, 0 the input's dimension where it `copies`.
fn resolve(wanted: &[i64], input: &[usize], copies: bool) -> Option<Vec<usize>> {
    let known = |(axis, dim): (usize, &i64)| match *dim {
        -1 => Some(None),
        0 if copies => input.get(axis).copied().map(Some),
        dim => usize::try_from(dim).ok().map(Some),
    };
    let dims: Vec<Option<usize>> = wanted.iter().enumerate().map(known).collect::<Option<_>>()?;
    let total: usize = input.iter().product();
    let given = dims.iter().flatten().try_fold(1usize, |product, dim| product.checked_mul(*dim))?;
    let open = dims.iter().filter(|dim| dim.is_none()).count();
    let rest = match open {
        0 => (given == total).then_some(1),
        1 => total.checked_div(given).filter(|rest| rest.checked_mul(given) == Some(total)),
        _ => None,
    }?;
    Some(dims.into_iter().map(|dim| dim.unwrap_or(rest)).collect())
}

fn flatten(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let axis = call.int("axis", 1)?;
    let rank = x.rank();
    let cut = if usize::try_from(axis) == Ok(rank) { rank } else { call.axis(axis, rank)? };
    let length = |dims: &[usize]| dims.iter().product::<usize>();
    reshaped(call, &x, vec![length(&x.shape[..cut]), length(&x.shape[cut..])])
}

/// `axes` as an attribute (before opset 13) or an operand.
fn axes(call: &Call<'_, '_>) -> Result<Option<Vec<i64>>, Diagnostic> {
    match call.optional_ints("axes")? {
        Some(axes) => Ok(Some(axes)),
        None => call.optional_integers(1, "axes"),
    }
}

fn squeeze(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let removed = match axes(call)? {
        Some(given) => call.axes(&given, x.rank())?,
        None => (0..x.rank()).filter(|axis| x.shape[*axis] == 1).collect(),
    };
    if let Some(axis) = removed.iter().find(|axis| x.shape[**axis] != 1) {
        return Err(
            call.bad_shape(format!("axis {axis} of {:?} is not 1 long and cannot be removed", x.shape))
        );
    }
    let kept = x.shape.iter().enumerate().filter(|(axis, _)| !removed.contains(axis));
    let shape = kept.map(|(_, dim)| *dim).collect();
    reshaped(call, &x, shape)
}

fn unsqueeze(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let given =
        axes(call)?.ok_or_else(|| call.unsupported("`axes` is missing", "the axes are required by ONNX"))?;
    let rank = x.rank() + given.len();
    if rank > limits::RANK {
        return Err(call.bad_shape(format!("the output has {rank} axes, more than {}", limits::RANK)));
    }
    let added = call.axes(&given, rank)?;
    let mut dims = x.shape.iter().copied();
    let shape =
        (0..rank).map(|axis| if added.contains(&axis) { 1 } else { dims.next().unwrap_or(1) }).collect();
    reshaped(call, &x, shape)
}

fn transpose(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let rank = x.rank();
    let perm = match call.optional_ints("perm")? {
        Some(given) if given.len() == rank => {
            call.axes(&given, rank)?;
            given.iter().map(|axis| call.axis(*axis, rank)).collect::<Result<Vec<_>, _>>()?
        }
        Some(given) => return Err(call.bad_shape(format!("`perm` is {given:?} for {rank} axes"))),
        None => (0..rank).rev().collect(),
    };
    let shape = perm.iter().map(|axis| x.shape[*axis]).collect();
    Ok(vec![call.emit(Op::Transpose { perm }, &[&x], shape)?.with_elem(x.elem)])
}

fn shape_of(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let rank = i64::try_from(x.rank()).unwrap_or(i64::MAX);
    let bound = |at: i64| (if at < 0 { at.saturating_add(rank) } else { at }).clamp(0, rank) as usize;
    let (start, end) = (bound(call.int("start", 0)?), bound(call.int("end", rank)?));
    let dims: Vec<i64> = x.shape[start..end.max(start)].iter().map(|dim| dim.cast_signed() as i64).collect();
    Ok(vec![integers(call, &[dims.len()], dims)?])
}

fn size_of(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let elements = x.shape.iter().product::<usize>().cast_signed() as i64;
    Ok(vec![integers(call, &[], vec![elements])?])
}

fn integers(call: &mut Call<'_, '_>, shape: &[usize], values: Vec<i64>) -> Result<Value, Diagnostic> {
    let data =
        ArrayD::from_shape_vec(IxDyn(shape), values).expect("as many values as the shape has elements");
    call.computed(Constant::Int(data), ElemType::Int64)
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn reshape_targets() {
        assert_eq!(resolve(&[0, -1], &[2, 3, 4], true), Some(vec![2, 12]));
        assert_eq!(resolve(&[-1], &[2, 3], true), Some(vec![6]));
        assert_eq!(resolve(&[3, 2], &[2, 3], true), Some(vec![3, 2]));
        assert_eq!(resolve(&[-1, -1], &[2, 3], true), None);
        assert_eq!(resolve(&[4, -1], &[2, 3], true), None);
        assert_eq!(resolve(&[0, 6], &[2, 3], false), None);
        assert_eq!(resolve(&[0, -1], &[0, 3], true), None, "what is left of nothing is not known");
        assert_eq!(resolve(&[1 << 40, 1 << 40], &[2, 3], true), None);
        assert_eq!(resolve(&[-2, 3], &[2, 3], true), None);
    }
}
