//! Operators that move elements: reshape, transpose, pad, concat, split, upsample, blocks.

use super::operands::{
    Evaluated, bad_shape, contiguous, elements, ensure, filled, from_elements, operand, owned, slice,
};
use ndarray::{ArrayD, Axis, IxDyn, Slice};

type Inputs<'a> = [Option<&'a ArrayD<f64>>];

/// The same elements under another shape.
pub(super) fn reshape(shape: &[usize], inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    from_elements(shape, x.iter().copied().collect())
        .map_err(|_| bad_shape(format!("shape {:?} does not reshape to {shape:?}", x.shape())))
}

/// Output axis `i` is input axis `perm[i]`.
pub(super) fn transpose(perm: &[usize], inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    let is_permutation = sorted.into_iter().eq(0..x.ndim());
    ensure(is_permutation, || format!("{perm:?} does not permute the axes of shape {:?}", x.shape()))?;
    Ok(owned(x.view().permuted_axes(IxDyn(perm)).view()))
}

/// Constant padding; `pads` holds all begins, then all ends.
pub(super) fn pad(pads: &[usize], value: f64, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    ensure(pads.len() == 2 * x.ndim(), || format!("pads {pads:?} for shape {:?}", x.shape()))?;
    let (begins, ends) = pads.split_at(x.ndim());
    let mut shape = Vec::with_capacity(x.ndim());
    for ((&begin, &end), &length) in begins.iter().zip(ends).zip(x.shape()) {
        let padded = begin.checked_add(end).and_then(|pad| pad.checked_add(length));
        shape.push(padded.ok_or_else(|| bad_shape(format!("pads {pads:?} are too large")))?);
    }
    let mut y = filled(&shape, value)?;
    let middle = |axis: usize| Slice::from(begins[axis]..begins[axis] + x.shape()[axis]);
    y.slice_each_axis_mut(|axis| middle(axis.axis.index())).assign(x);
    Ok(y)
}

/// Joins all operands along `axis`.
pub(super) fn concat(axis: usize, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let parts: Vec<_> = inputs.iter().flatten().map(|x| x.view()).collect();
    let shapes = || parts.iter().map(|p| format!("{:?}", p.shape())).collect::<Vec<_>>().join(", ");
    ensure(parts.iter().all(|p| axis < p.ndim()), || format!("axis {axis} of shapes {}", shapes()))?;
    let y = ndarray::concatenate(Axis(axis), &parts)
        .map_err(|_| bad_shape(format!("shapes {} do not join along axis {axis}", shapes())))?;
    Ok(owned(y.view()))
}

/// Parts of the given lengths along `axis`.
pub(super) fn split(axis: usize, lengths: &[usize], inputs: &Inputs<'_>) -> Evaluated<Vec<ArrayD<f64>>> {
    let x = operand(inputs, 0)?;
    let total = lengths.iter().try_fold(0usize, |sum, &n| sum.checked_add(n));
    let fits = total.is_some() && x.shape().get(axis).copied() == total;
    ensure(fits, || format!("parts of {lengths:?} along axis {axis} of shape {:?}", x.shape()))?;
    let mut start = 0;
    let part = |&length: &usize| {
        let range = Slice::from(start..start + length);
        start += length;
        owned(x.slice_axis(Axis(axis), range))
    };
    Ok(lengths.iter().map(part).collect())
}

/// Every element repeated `factors[axis]` times along each axis.
pub(super) fn upsample(factors: &[usize], inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    ensure(factors.len() == x.ndim(), || format!("factors {factors:?} for shape {:?}", x.shape()))?;
    let mut y = owned(x.view());
    for (axis, &factor) in factors.iter().enumerate().filter(|(_, factor)| **factor != 1) {
        y = repeat(&y, axis, factor)?;
    }
    Ok(y)
}

fn repeat(x: &ArrayD<f64>, axis: usize, factor: usize) -> Evaluated<ArrayD<f64>> {
    let mut shape = x.shape().to_vec();
    let long = shape[axis].checked_mul(factor);
    shape[axis] = long.ok_or_else(|| bad_shape(format!("a factor of {factor}")))?;
    let run: usize = shape[axis + 1..].iter().product();
    let mut data = Vec::with_capacity(elements(&shape)?);
    for chunk in slice(&contiguous(x)).chunks(run.max(1)) {
        (0..factor).for_each(|_| data.extend_from_slice(chunk));
    }
    from_elements(&shape, data)
}

/// Blocks of `block` × `block` pixels become channels.
pub(super) fn space_to_depth(block: usize, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    let [n, c, h, w] = image(x)?;
    let fits = block > 0 && h % block == 0 && w % block == 0;
    ensure(fits, || format!("blocks of {block} × {block} in shape {:?}", x.shape()))?;
    let (oh, ow) = (h / block, w / block);
    rearrange(x, [n, c, oh, block, ow, block], [0, 3, 5, 1, 2, 4], [n, c * block * block, oh, ow])
}

/// Channels become blocks of `block` × `block` pixels.
pub(super) fn depth_to_space(block: usize, crd: bool, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    let [n, c, h, w] = image(x)?;
    let pixels = block.checked_mul(block).filter(|&pixels| pixels > 0 && c % pixels == 0);
    let depth = pixels.map(|pixels| c / pixels);
    let depth = depth.ok_or_else(|| bad_shape(format!("{c} channels into blocks of {block} × {block}")))?;
    let output = [n, depth, h * block, w * block];
    if crd {
        rearrange(x, [n, depth, block, block, h, w], [0, 1, 4, 2, 5, 3], output)
    } else {
        rearrange(x, [n, block, block, depth, h, w], [0, 3, 4, 1, 5, 2], output)
    }
}

/// Reshapes, permutes, reshapes.
fn rearrange(
    x: &ArrayD<f64>,
    apart: [usize; 6],
    perm: [usize; 6],
    together: [usize; 4],
) -> Evaluated<ArrayD<f64>> {
    let apart = reshape(&apart, &[Some(x)])?;
    reshape(&together, &[Some(&transpose(&perm, &[Some(&apart)])?)])
}

fn image(x: &ArrayD<f64>) -> Evaluated<[usize; 4]> {
    x.shape().try_into().map_err(|_| bad_shape(format!("shape {:?} is not N C H W", x.shape())))
}
