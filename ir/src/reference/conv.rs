//! Convolutions: products of the kernel matrix with blocks of unrolled windows (im2col), or direct loops where
//! each output channel sees a single input channel.

use super::linear::per_channel;
use super::operands::{Evaluated, contiguous, elements, ensure, filled, operand, optional, slice, slice_mut};
use super::tolerance;
use super::window::Plane;
use crate::network::ConvAttributes;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayD, ArrayView2, ArrayViewMut2};
use std::ops::Range;

type Inputs<'a> = [Option<&'a ArrayD<f64>>];

/// Elements of a block of unrolled windows: 1 MiB of float64 stays in a second-level cache.
const BLOCK: usize = 1 << 17;

/// The sizes of a grouped convolution; channels are those of one group.
struct Sizes {
    batch: usize,
    groups: usize,
    inputs: usize,
    outputs: usize,
    plane: Plane,
}

impl Sizes {
    /// Terms of one output pixel's dot product.
    fn terms(&self) -> usize {
        self.inputs * self.plane.rows.kernel * self.plane.columns.kernel
    }
}

/// ONNX `Conv` over one or two spatial axes; operands x, w, optional bias.
pub(super) fn conv(a: &ConvAttributes, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let (x, w) = (operand(inputs, 0)?, operand(inputs, 1)?);
    let sizes = sizes(x, w, a)?;
    let channels = sizes.groups * sizes.outputs;
    let bias = bias(inputs, channels)?;
    let mut y = filled(&output_shape(x, channels, a, &sizes.plane, |axis| axis.output), 0.0)?;
    let (x, w) = (contiguous(x), contiguous(w));
    let (x, w) = (slice(&x), slice(&w));
    let (image, kernel) = (sizes.inputs * sizes.plane.input(), sizes.outputs * sizes.terms());
    let largest = tolerance::magnitude(x);
    let groups = slice_mut(&mut y).chunks_mut((sizes.outputs * sizes.plane.output()).max(1));
    for (i, out) in groups.take(sizes.batch * sizes.groups).enumerate() {
        let (x, g) = (&x[i * image..][..image], i % sizes.groups);
        let w = &w[g * kernel..][..kernel];
        if sizes.inputs == 1 {
            direct(&sizes, x, w, out)
        } else {
            unrolled(&sizes, x, w, out)
        }
        let bias = bias.as_deref().map(|b| &b[g * sizes.outputs..][..sizes.outputs]);
        finish(&sizes, w, largest, bias, out);
    }
    Ok(y)
}

fn sizes(x: &ArrayD<f64>, w: &ArrayD<f64>, a: &ConvAttributes) -> Evaluated<Sizes> {
    let mismatch = || format!("input {:?}, weights {:?}, {} groups", x.shape(), w.shape(), a.group);
    ensure(x.ndim() > 2 && x.ndim() == w.ndim() && w.shape()[2..] == a.kernel[..], mismatch)?;
    let (outputs, inputs, groups) = (w.shape()[0], w.shape()[1], a.group);
    let fits = groups > 0 && outputs % groups == 0 && inputs.checked_mul(groups) == Some(x.shape()[1]);
    ensure(fits && inputs > 0, mismatch)?;
    let plane = Plane::conv(&x.shape()[2..], a)?;
    Ok(Sizes { batch: x.shape()[0], groups, inputs, outputs: outputs / groups, plane })
}

fn bias(inputs: &Inputs<'_>, channels: usize) -> Evaluated<Option<Vec<f64>>> {
    optional(inputs, 2).map(|b| per_channel(b, channels)).transpose()
}

fn output_shape(
    x: &ArrayD<f64>,
    channels: usize,
    a: &ConvAttributes,
    plane: &Plane,
    length: fn(&super::window::Axis) -> usize,
) -> Vec<usize> {
    let mut shape = vec![x.shape()[0], channels];
    if a.kernel.len() == 2 {
        shape.push(length(&plane.rows));
    }
    shape.push(length(&plane.columns));
    shape
}

/// One input channel for each output channel or several of them: the taps are added one after another.
fn direct(sizes: &Sizes, x: &[f64], w: &[f64], out: &mut [f64]) {
    let plane = &sizes.plane;
    for (w, out) in w.chunks(sizes.terms()).zip(out.chunks_mut(plane.output())) {
        for (&w, tap) in w.iter().zip(plane.taps()) {
            plane.gather(tap, 0..plane.rows.output, x, out, |o, v| *o += w * v);
        }
    }
}

/// Blocks of output rows, each one product of matrices.
fn unrolled(sizes: &Sizes, x: &[f64], w: &[f64], out: &mut [f64]) {
    let (plane, terms) = (&sizes.plane, sizes.terms());
    let w = view(w, [sizes.outputs, terms]);
    let mut out = view_mut(out, [sizes.outputs, plane.output()]);
    if plane.is_pointwise() {
        return general_mat_mul(1.0, &w, &view(x, [terms, plane.output()]), 0.0, &mut out);
    }
    let width = plane.columns.output;
    let rows = (BLOCK / (terms * width).max(1)).clamp(1, plane.rows.output);
    let mut windows = vec![0.0; terms * rows * width];
    for first in (0..plane.rows.output).step_by(rows) {
        let block = first..(first + rows).min(plane.rows.output);
        let pixels = block.len() * width;
        let windows = &mut windows[..terms * pixels];
        unroll(sizes, x, block.clone(), windows);
        let mut out = out.slice_mut(ndarray::s![.., block.start * width..block.end * width]);
        general_mat_mul(1.0, &w, &view(windows, [terms, pixels]), 0.0, &mut out);
    }
}

/// Fills a matrix with a row for each input channel and tap and a column for each output pixel of `rows`.
fn unroll(sizes: &Sizes, x: &[f64], rows: Range<usize>, windows: &mut [f64]) {
    let plane = &sizes.plane;
    windows.fill(0.0);
    let mut lines = windows.chunks_mut(rows.len() * plane.columns.output);
    for image in x.chunks(plane.input()) {
        for (tap, line) in plane.taps().zip(&mut lines) {
            plane.gather(tap, rows.clone(), image, line, |o, v| *o = v);
        }
    }
}

/// Sets noise around zero to zero and adds the bias.
fn finish(sizes: &Sizes, w: &[f64], largest: f64, bias: Option<&[f64]>, out: &mut [f64]) {
    let channels = out.chunks_mut(sizes.plane.output()).zip(w.chunks(sizes.terms()));
    for (c, (out, w)) in channels.enumerate() {
        tolerance::flush(&mut *out, tolerance::dot(sizes.terms(), largest, tolerance::magnitude(w)));
        if let Some(bias) = bias {
            out.iter_mut().for_each(|v| *v = tolerance::sum(*v, bias[c]));
        }
    }
}

/// ONNX `ConvTranspose` over one or two spatial axes; operands x, w (input channels first), optional bias.
pub(super) fn conv_transpose(
    a: &ConvAttributes,
    output_padding: &[usize],
    inputs: &Inputs<'_>,
) -> Evaluated<ArrayD<f64>> {
    let (x, w) = (operand(inputs, 0)?, operand(inputs, 1)?);
    let sizes = transposed_sizes(x, w, a, output_padding)?;
    let channels = sizes.groups * sizes.outputs;
    let bias = bias(inputs, channels)?;
    let mut y = filled(&output_shape(x, channels, a, &sizes.plane, |axis| axis.input), 0.0)?;
    let (x, w) = (contiguous(x), contiguous(w));
    let (x, w) = (slice(&x), slice(&w));
    let noise = tolerance::dot(sizes.terms(), tolerance::magnitude(x), tolerance::magnitude(w));
    let taps = sizes.outputs * sizes.plane.rows.kernel * sizes.plane.columns.kernel;
    elements(&[taps, sizes.plane.output()])?;
    let image = sizes.inputs * sizes.plane.output();
    for (i, out) in slice_mut(&mut y).chunks_mut((sizes.outputs * sizes.plane.input()).max(1)).enumerate() {
        let g = i % sizes.groups;
        let x = view(&x[i * image..][..image], [sizes.inputs, sizes.plane.output()]);
        let w = view(&w[g * sizes.inputs * taps..][..sizes.inputs * taps], [sizes.inputs, taps]);
        spread(&sizes, &w.t().dot(&x).into_raw_vec_and_offset().0, out);
        tolerance::flush(&mut *out, noise);
        let bias = bias.as_deref().map(|b| &b[g * sizes.outputs..][..sizes.outputs]);
        add_bias(bias, out, sizes.plane.input());
    }
    Ok(y)
}

fn add_bias(bias: Option<&[f64]>, out: &mut [f64], pixels: usize) {
    for (out, b) in out.chunks_mut(pixels).zip(bias.unwrap_or_default()) {
        out.iter_mut().for_each(|v| *v = tolerance::sum(*v, *b));
    }
}

fn transposed_sizes(
    x: &ArrayD<f64>,
    w: &ArrayD<f64>,
    a: &ConvAttributes,
    output_padding: &[usize],
) -> Evaluated<Sizes> {
    let mismatch = || format!("input {:?}, weights {:?}, {} groups", x.shape(), w.shape(), a.group);
    ensure(x.ndim() > 2 && x.ndim() == w.ndim() && w.shape()[2..] == a.kernel[..], mismatch)?;
    let (inputs, groups) = (x.shape()[1], a.group);
    let fits = w.shape()[0] == inputs && inputs > 0 && groups > 0 && inputs % groups == 0;
    ensure(fits && w.shape()[1] > 0, mismatch)?;
    let plane = Plane::transposed(&x.shape()[2..], a, output_padding)?;
    Ok(Sizes { batch: x.shape()[0], groups, inputs: inputs / groups, outputs: w.shape()[1], plane })
}

/// Adds the rows of a matrix with a row for each output channel and tap to the pixels under the taps.
fn spread(sizes: &Sizes, products: &[f64], out: &mut [f64]) {
    let mut lines = products.chunks(sizes.plane.output());
    for image in out.chunks_mut(sizes.plane.input()) {
        for (tap, line) in sizes.plane.taps().zip(&mut lines) {
            sizes.plane.scatter(tap, line, image);
        }
    }
}

fn view(data: &[f64], shape: [usize; 2]) -> ArrayView2<'_, f64> {
    ArrayView2::from_shape(shape, data).expect("slices are cut to rows × columns")
}

fn view_mut(data: &mut [f64], shape: [usize; 2]) -> ArrayViewMut2<'_, f64> {
    ArrayViewMut2::from_shape(shape, data).expect("slices are cut to rows × columns")
}
