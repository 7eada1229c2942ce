//! Constants that the graph makes: `Constant`, `ConstantOfShape`, `Expand`, `Tile`.

use super::axis;
use super::call::{Call, Outputs};
use super::constants::stored;
use super::limits;
use super::movement::Movement;
use super::registry::Registry;
use super::slicing::moved;
use crate::diagnostic::Diagnostic;
use crate::network::Op;
use crate::onnx::{AttributeValue, ElemType, Tensor};
use crate::tensor::Constant;
use ndarray::{ArrayD, IxDyn};

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("Constant", 0..=0, FORMS, constant);
    registry.insert("ConstantOfShape", 1..=1, &["value"], constant_of_shape);
    registry.insert("Expand", 2..=2, &[], expand);
    registry.insert("Tile", 2..=2, &[], tile);
}

const FORMS: &[&str] = &[
    "sparse_value",
    "value",
    "value_float",
    "value_floats",
    "value_int",
    "value_ints",
    "value_string",
    "value_strings",
];

fn constant(call: &mut Call<'_, '_>) -> Outputs {
    let [attribute] = call.node.attribute.as_slice() else {
        return Err(
            call.unsupported("a constant has exactly one value", "check the model with `onnx.checker`")
        );
    };
    let float = |values: &[f32], shape: &[usize]| floats(values, shape).map(|data| (data, ElemType::Float));
    let int = |values: &[i64], shape: &[usize]| ints(values, shape).map(|data| (data, ElemType::Int64));
    let made = match &attribute.value {
        AttributeValue::Tensor(tensor) => Some(embedded(call, tensor)?),
        AttributeValue::Float(value) => float(&[*value], &[]),
        AttributeValue::Floats(values) => float(values, &[values.len()]),
        AttributeValue::Int(value) => int(&[*value], &[]),
        AttributeValue::Ints(values) => int(values, &[values.len()]),
        _ => None,
    };
    let (data, elem) = made.ok_or_else(|| {
        call.unsupported(format!("a constant given by `{}`", attribute.name), "use a dense tensor of numbers")
    })?;
    Ok(vec![call.computed(data, elem)?])
}

/// A tensor in an attribute, which must be in the model file itself.
fn embedded(call: &Call<'_, '_>, tensor: &Tensor<'_>) -> Result<(Constant, ElemType), Diagnostic> {
    if call.read(tensor.external())?.is_some() {
        let help = "store external tensors as initializers: `onnx.save_model(..., convert_attribute=False)`";
        return Err(call.unsupported("the value is in a file beside the model", help));
    }
    stored(tensor, None, &mut 0)
}

fn floats(values: &[f32], shape: &[usize]) -> Option<Constant> {
    let values = values.iter().map(|value| f64::from(*value)).collect();
    ArrayD::from_shape_vec(IxDyn(shape), values).ok().map(Constant::Float)
}

fn ints(values: &[i64], shape: &[usize]) -> Option<Constant> {
    ArrayD::from_shape_vec(IxDyn(shape), values.to_vec()).ok().map(Constant::Int)
}

fn constant_of_shape(call: &mut Call<'_, '_>) -> Outputs {
    let shape = dims(call, 0)?;
    call.check_folding(&shape)?;
    let (value, elem) = match call.read(call.node.tensor("value"))? {
        Some(tensor) => embedded(call, tensor)?,
        None => (Constant::Float(ArrayD::zeros(IxDyn(&[]))), ElemType::Float),
    };
    let shape = IxDyn(&shape);
    let data = match value {
        Constant::Int(values) if values.len() == 1 => Constant::Int(ArrayD::from_elem(shape, values.sum())),
        Constant::Float(values) if values.len() == 1 => {
            Constant::Float(ArrayD::from_elem(shape, values.sum()))
        }
        _ => return Err(call.bad_shape("`value` is not one number")),
    };
    Ok(vec![call.computed(data, elem)?])
}

/// An operand that is a shape.
fn dims(call: &Call<'_, '_>, index: usize) -> Result<Vec<usize>, Diagnostic> {
    let given = call.integers(index, "shape")?;
    let dims: Option<Vec<usize>> = given.iter().map(|dim| usize::try_from(*dim).ok()).collect();
    let dims = dims.filter(|dims| limits::elements(dims).is_some());
    dims.ok_or_else(|| {
        call.bad_shape(format!("{:?} is no shape of at most 2^28 elements", shortened(&given)))
    })
}

/// The first numbers of a list that may be long.
fn shortened(values: &[i64]) -> &[i64] {
    &values[..values.len().min(limits::RANK + 1)]
}

fn expand(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let wanted = dims(call, 1)?;
    let shape = axis::broadcast_shape(&x.shape, &wanted);
    let shape =
        shape.ok_or_else(|| call.bad_shape(format!("{:?} does not expand to {wanted:?}", x.shape)))?;
    if shape == x.shape {
        return Ok(vec![call.emit(Op::Identity, &[&x], shape)?.with_elem(x.elem)]);
    }
    call.check_folding(&shape)?;
    Ok(vec![moved(call, &x, &Movement::Expand(shape))?])
}

fn tile(call: &mut Call<'_, '_>) -> Outputs {
    let x = call.operand(0)?;
    let repeats = dims(call, 1)?;
    if repeats.len() != x.rank() {
        return Err(call.bad_shape(format!("{} repeats for {} axes", repeats.len(), x.rank())));
    }
    if repeats.iter().all(|repeat| *repeat == 1) {
        let shape = x.shape.clone();
        return Ok(vec![call.emit(Op::Identity, &[&x], shape)?.with_elem(x.elem)]);
    }
    let mut value = x;
    for (axis, repeat) in repeats.into_iter().enumerate().filter(|(_, repeat)| *repeat != 1) {
        let length = value.shape[axis].saturating_mul(repeat);
        let mut shape = value.shape.clone();
        shape[axis] = length;
        call.check_folding(&shape)?;
        let indices = (0..length).map(|at| at % value.shape[axis]).collect();
        value = moved(call, &value, &Movement::Gather { axis, indices, shape: vec![length] })?;
    }
    Ok(vec![value])
}
