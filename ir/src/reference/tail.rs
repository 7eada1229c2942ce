//! Operators at the end of classifiers.

use super::operands::{Evaluated, ensure, filled, operand, owned};
use super::tolerance;
use ndarray::{ArrayD, ArrayView1, Axis, Zip};

type Inputs<'a> = [Option<&'a ArrayD<f64>>];

/// Exponentials normalized over `axis`, of differences from the largest so that none overflows.
pub(super) fn softmax(axis: usize, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    has_axis(x, axis)?;
    let mut y = owned(x.view());
    for mut lane in y.lanes_mut(Axis(axis)) {
        let max = lane.fold(f64::NEG_INFINITY, |m, &v| m.max(v));
        lane.mapv_inplace(|v| (v - max).exp());
        let sum = lane.sum();
        lane.mapv_inplace(|v| v / sum);
    }
    Ok(y)
}

/// Index of the largest element; of equals (up to noise, 2^−40 of the largest magnitude) the first, or the
/// last where asked.
pub(super) fn arg_max(
    axis: usize,
    keep_dims: bool,
    last: bool,
    inputs: &Inputs<'_>,
) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    has_axis(x, axis)?;
    ensure(x.shape()[axis] > 0, || format!("axis {axis} of shape {:?} is empty", x.shape()))?;
    let y = x.map_axis(Axis(axis), |lane| winner(lane, last) as f64);
    let y = if keep_dims { y.insert_axis(Axis(axis)) } else { y };
    Ok(owned(y.view()))
}

fn winner(lane: ArrayView1<'_, f64>, last: bool) -> usize {
    let max = lane.fold(f64::NEG_INFINITY, |m, &v| m.max(v));
    let bound = if max.is_finite() { max - noise(lane) } else { max };
    let mut hits = lane.iter().enumerate().filter(|(_, v)| **v >= bound).map(|(i, _)| i);
    let hit = if last { hits.next_back() } else { hits.next() };
    hit.unwrap_or_default()
}

/// The `k` largest (or smallest) elements along an axis, sorted, and their indices; equals (as in
/// [`arg_max`]) by index.
pub(super) fn top_k(
    axis: usize,
    k: usize,
    largest: bool,
    inputs: &Inputs<'_>,
) -> Evaluated<Vec<ArrayD<f64>>> {
    let x = operand(inputs, 0)?;
    has_axis(x, axis)?;
    ensure(k <= x.shape()[axis], || format!("the best {k} along axis {axis} of shape {:?}", x.shape()))?;
    let mut shape = x.shape().to_vec();
    shape[axis] = k;
    let (mut values, mut indices) = (filled(&shape, 0.0)?, filled(&shape, 0.0)?);
    Zip::from(values.lanes_mut(Axis(axis)))
        .and(indices.lanes_mut(Axis(axis)))
        .and(x.lanes(Axis(axis)))
        .for_each(|mut values, mut indices, lane| {
            for (rank, i) in ranked(lane, largest).into_iter().take(k).enumerate() {
                values[rank] = lane[i];
                indices[rank] = i as f64;
            }
        });
    Ok(vec![values, indices])
}

/// Indices from the best to the worst element; neighbours in this order that differ by noise count as equal.
fn ranked(lane: ArrayView1<'_, f64>, largest: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lane.len()).collect();
    order.sort_by(|&i, &j| {
        let ascending = lane[i].total_cmp(&lane[j]);
        if largest { ascending.reverse() } else { ascending }
    });
    let noise = noise(lane);
    let equal = |&i: &usize, &j: &usize| lane[i] == lane[j] || (lane[i] - lane[j]).abs() <= noise;
    order.chunk_by_mut(equal).for_each(<[usize]>::sort_unstable);
    order
}

fn noise(lane: ArrayView1<'_, f64>) -> f64 {
    tolerance::RELATIVE * tolerance::magnitude(lane.iter().filter(|v| v.is_finite()))
}

fn has_axis(x: &ArrayD<f64>, axis: usize) -> Evaluated<()> {
    ensure(axis < x.ndim(), || format!("axis {axis} of a tensor of shape {:?}", x.shape()))
}
