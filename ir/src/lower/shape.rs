//! Operators that move elements: they permute stream positions and cost nothing.

use super::Lowered;
use super::context::Call;
use super::value::Value;
use crate::network::Op;
use std::sync::Arc;

pub(crate) fn lower(call: &Call) -> Lowered {
    let moved = match call.operand(0).map(|o| &o.value) {
        Some(Value::Int(value)) => {
            let index = match call.op {
                Op::Reshape { shape } => value.index.to_shape(shape.clone()).ok().map(|a| a.into_owned()),
                Op::Transpose { perm } if perm.len() == value.index.ndim() => {
                    let view = value.index.view().permuted_axes(perm.clone());
                    Some(view.as_standard_layout().into_owned())
                }
                Op::Identity => Some((*value.index).clone()),
                _ => None,
            };
            index.map(|index| Value::Int(super::value::IntValue { index: Arc::new(index), ..value.clone() }))
        }
        Some(top @ Value::Top { .. }) if matches!(call.op, Op::Identity) => Some(top.clone()),
        _ => None,
    };
    Ok(moved.map_or_else(|| call.on_host(), |value| vec![value]))
}
