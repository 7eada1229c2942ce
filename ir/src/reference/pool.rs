//! Pools and means.

use super::operands::{Evaluated, contiguous, elements, ensure, filled, operand, owned, slice, slice_mut};
use super::window::Plane;
use crate::network::PoolAttributes;
use ndarray::{ArrayD, Axis};

type Inputs<'a> = [Option<&'a ArrayD<f64>>];

/// Maximum over windows; padding never wins.
pub(super) fn max_pool(a: &PoolAttributes, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    let (y, _) = fold(x, a, f64::NEG_INFINITY, |max, v| *max = max.max(v))?;
    Ok(y)
}

/// Average over windows. The divisor counts the taps inside the image, or inside the padded image where
/// `count_include_pad`; what an incomplete last window (`ceil_mode`) has outside of both never counts.
pub(super) fn average_pool(a: &PoolAttributes, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let (mut y, plane) = fold(operand(inputs, 0)?, a, 0.0, |sum, v| *sum += v)?;
    let rows = plane.rows.counts(a.count_include_pad);
    let columns = plane.columns.counts(a.count_include_pad);
    for image in slice_mut(&mut y).chunks_mut(plane.output()) {
        for (row, r) in image.chunks_mut(columns.len()).zip(&rows) {
            row.iter_mut().zip(&columns).for_each(|(v, c)| *v /= (r * c).max(1) as f64);
        }
    }
    Ok(y)
}

/// Folds every window of every channel with `f`, from `start`.
fn fold(
    x: &ArrayD<f64>,
    a: &PoolAttributes,
    start: f64,
    f: impl Fn(&mut f64, f64),
) -> Evaluated<(ArrayD<f64>, Plane)> {
    ensure(x.ndim() > 2, || format!("shape {:?} has no spatial axes", x.shape()))?;
    let plane = Plane::pool(&x.shape()[2..], a)?;
    let mut shape = x.shape().to_vec();
    let lengths = [plane.rows.output, plane.columns.output];
    let spatial = shape.len() - 2;
    shape[2..].copy_from_slice(&lengths[2 - spatial..]);
    let mut y = filled(&shape, start)?;
    let x = contiguous(x);
    for (image, out) in slice(&x).chunks(plane.input()).zip(slice_mut(&mut y).chunks_mut(plane.output())) {
        for tap in plane.taps() {
            plane.gather(tap, 0..plane.rows.output, image, out, &f);
        }
    }
    Ok((y, plane))
}

/// Mean over axes.
pub(super) fn reduce_mean(axes: &[usize], keep_dims: bool, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    let mut axes = axes.to_vec();
    axes.sort_unstable();
    axes.dedup();
    let fits = axes.iter().all(|&axis| axis < x.ndim());
    ensure(fits, || format!("a mean over axes {axes:?} of shape {:?}", x.shape()))?;
    let lengths: Vec<usize> = axes.iter().map(|&axis| x.shape()[axis]).collect();
    let mut y = owned(x.view());
    for &axis in axes.iter().rev() {
        y = y.sum_axis(Axis(axis));
    }
    // one division behind exact sums, not one rounding for each axis
    y /= elements(&lengths)? as f64;
    for &axis in axes.iter().filter(|_| keep_dims) {
        y = y.insert_axis(Axis(axis));
    }
    Ok(owned(y.view()))
}
