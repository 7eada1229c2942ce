//! Operators that move elements: they permute, select or repeat stream positions and cost nothing by themselves.

use super::Lowered;
use super::context::Call;
use super::value::Value;
use crate::network::Op;
use ndarray::{ArrayD, Axis, Slice};

pub(crate) fn lower(call: &Call) -> Lowered {
    let moved = match call.operand(0).map(|o| &o.value) {
        Some(Value::Int(value)) => moved(call.op, &value.index)
            .map(|all| all.into_iter().map(|index| Value::Int(value.moved(index))).collect()),
        Some(top @ Value::Top { .. }) if matches!(call.op, Op::Identity) => Some(vec![top.clone()]),
        _ => None,
    };
    Ok(moved.unwrap_or_else(|| call.on_host()))
}

/// The positions of every output.
fn moved(op: &Op, index: &ArrayD<u32>) -> Option<Vec<ArrayD<u32>>> {
    let one = |index: Option<ArrayD<u32>>| index.map(|index| vec![index]);
    match op {
        Op::Reshape { shape } => one(reshaped(index, shape)),
        Op::Transpose { perm } => one(transposed(index, perm)),
        Op::Identity => one(Some(index.clone())),
        Op::Split { axis, lengths } => split(index, *axis, lengths),
        Op::Upsample { factors } => one(repeated(index, factors)),
        Op::SpaceToDepth { block } => one(space_to_depth(index, *block)),
        Op::DepthToSpace { block, .. } => one(depth_to_space(index, *block, op)),
        _ => None,
    }
}

fn reshaped(index: &ArrayD<u32>, shape: &[usize]) -> Option<ArrayD<u32>> {
    index.to_shape(shape).ok().map(|a| a.into_owned())
}

fn transposed(index: &ArrayD<u32>, perm: &[usize]) -> Option<ArrayD<u32>> {
    let fits = perm.len() == index.ndim();
    fits.then(|| index.view().permuted_axes(perm.to_vec()).as_standard_layout().into_owned())
}

fn split(index: &ArrayD<u32>, axis: usize, lengths: &[usize]) -> Option<Vec<ArrayD<u32>>> {
    let whole = index.shape().get(axis) == Some(&lengths.iter().sum());
    let mut start = 0;
    let part = |length: &usize| {
        start += length;
        index.slice_axis(Axis(axis), Slice::from(start - length..start)).to_owned()
    };
    whole.then(|| lengths.iter().map(part).collect())
}

fn repeated(index: &ArrayD<u32>, factors: &[usize]) -> Option<ArrayD<u32>> {
    let mut result = index.clone();
    for (axis, factor) in factors.iter().enumerate().filter(|(_, factor)| **factor != 1) {
        let places: Vec<usize> = (0..result.shape()[axis] * factor).map(|i| i / factor).collect();
        result = result.select(Axis(axis), &places);
    }
    (factors.len() == index.ndim()).then_some(result)
}

fn space_to_depth(index: &ArrayD<u32>, block: usize) -> Option<ArrayD<u32>> {
    let &[n, c, h, w] = index.shape() else { return None };
    let (rows, columns) = (h / block, w / block);
    let apart = reshaped(index, &[n, c, rows, block, columns, block])?;
    reshaped(&transposed(&apart, &[0, 3, 5, 1, 2, 4])?, &[n, c * block * block, rows, columns])
}

fn depth_to_space(index: &ArrayD<u32>, block: usize, op: &Op) -> Option<ArrayD<u32>> {
    let &[n, c, h, w] = index.shape() else { return None };
    let depth = c / (block * block);
    let together = [n, depth, h * block, w * block];
    let columns_first = matches!(op, Op::DepthToSpace { crd: true, .. });
    let (apart, perm) = match columns_first {
        true => ([n, depth, block, block, h, w], [0, 1, 4, 2, 5, 3]),
        false => ([n, block, block, depth, h, w], [0, 3, 4, 1, 5, 2]),
    };
    reshaped(&transposed(&reshaped(index, &apart)?, &perm)?, &together)
}
