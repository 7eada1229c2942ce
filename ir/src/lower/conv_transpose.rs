//! `ConvTranspose` without zeros between the pixels: one small convolution for every phase of the stride.
//!
//! With stride `s` and dilation `d`, output `j·s + r` sums `x[i] · w[k]` over `k·d = r + s·(j − i)`. All phases `r` of
//! a block `j` need inputs `j − T ..= j`, with `T = ⌊(extent − 1) / s⌋`: a window of `T + 1` pixels of stride 1 and a
//! dot product with `s²` times the outputs (Shi et al., *Is the deconvolution layer the same as a convolutional
//! layer?*, arXiv 1609.07009). Its channels are the pixels of a block; cropping is a choice of positions.

use super::Lowered;
use super::context::{Call, Lowering};
use super::conv::{bias, check_batch, convolved, with_padding};
use super::elementwise::float_inside;
use super::mac::Sums;
use super::value::Value;
use super::weights::{Weights, integer_codes};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{Shape, Window};
use crate::network::{ConvAttributes, Op};
use crate::number::Exact;
use crate::scalar::at;
use crate::tensor::Constant;
use ndarray::{Array2, ArrayD};
use num_traits::One;

pub(crate) fn lower(lowering: &mut Lowering, call: &Call) -> Lowered {
    let (Some(x), Some(w), Some(output)) = (call.operand(0), call.operand(1), &call.output_shape) else {
        return Ok(call.on_host());
    };
    let Op::ConvTranspose { conv, .. } = call.op else { return Ok(call.on_host()) };
    let (value, weights) = match (&x.value, &w.value) {
        (Value::Int(value), Value::Constant(weights)) => (value, weights),
        (Value::Host { after: Some(culprit) }, _) => {
            return Err(float_inside(lowering.network, call, *culprit));
        }
        _ => return Ok(call.on_host()),
    };
    check_batch(lowering, call, &x.shape)?;
    let name = call.name(lowering.network);
    let phases = Phases::new(conv, &x.shape, output);
    let weights = phases.weights(weights, conv, &name)?;
    let (x, _) = lowering.integers(value, &name)?;
    let x = lowering.canonical(&x, &name)?;
    let (x, meaning, window) = with_padding(lowering, x, phases.window(conv.group), &name)?;
    let blocks = window.output(x.shape);
    let sums = Sums {
        shape: Shape { channels: weights.codes.nrows(), ..blocks },
        index: phases.index(output, blocks, conv.group),
    };
    let result = convolved(lowering, &name, x, meaning, window, &weights, sums)?;
    bias(lowering, call, result)
}

/// One spatial axis.
struct Axis {
    stride: usize,
    dilation: usize,
    kernel: usize,
    /// Pixels in front of the block's own that it needs.
    before: usize,
    /// Block of the first window.
    first: usize,
    /// Where the result begins among all outputs.
    begin: usize,
    /// Padding at both ends.
    pads: [usize; 2],
}

impl Axis {
    fn new(conv: &ConvAttributes, axis: usize, input: usize, output: usize) -> Axis {
        let (stride, dilation, kernel) = (conv.strides[axis], conv.dilations[axis], conv.kernel[axis]);
        let (begin, before) = (conv.pads[axis], (kernel - 1) * dilation / stride);
        let (first, last) = ((begin / stride).min(before), (begin + output - 1) / stride);
        let pads = [before - first, (last + 1).saturating_sub(input)];
        Axis { stride, dilation, kernel, before, first, begin, pads }
    }

    /// An axis of one pixel.
    fn point() -> Axis {
        Axis { stride: 1, dilation: 1, kernel: 1, before: 0, first: 0, begin: 0, pads: [0, 0] }
    }

    /// Tap of the kernel that phase `phase` has at place `place` of its window.
    fn tap(&self, phase: usize, place: usize) -> Option<usize> {
        let reach = phase + self.stride * (self.before - place);
        let tap = reach / self.dilation;
        (reach.is_multiple_of(self.dilation) && tap < self.kernel).then_some(tap)
    }

    /// Window and phase of an element of the result.
    fn place(&self, element: usize) -> (usize, usize) {
        let at = element + self.begin;
        (at / self.stride - self.first, at % self.stride)
    }
}

/// Both spatial axes.
struct Phases {
    rows: Axis,
    columns: Axis,
}

impl Phases {
    fn new(conv: &ConvAttributes, input: &[usize], output: &[usize]) -> Phases {
        let axis = |axis: usize| Axis::new(conv, axis, input[2 + axis], output[2 + axis]);
        match conv.kernel.len() {
            1 => Phases { rows: Axis::point(), columns: axis(0) },
            _ => Phases { rows: axis(0), columns: axis(1) },
        }
    }

    fn window(&self, groups: usize) -> Window {
        let (rows, columns) = (&self.rows, &self.columns);
        let pads = [rows.pads[0], columns.pads[0], rows.pads[1], columns.pads[1]];
        let kernel = [rows.before + 1, columns.before + 1];
        Window { kernel, stride: [1, 1], dilation: [1, 1], pads, value: 0, groups }
    }

    /// Outputs of a block's pixel.
    fn count(&self) -> usize {
        self.rows.stride * self.columns.stride
    }

    /// Rows: groups, phases (rows outermost), outputs of a group; columns in the window's order.
    fn weights(&self, constant: &Constant, conv: &ConvAttributes, node: &str) -> Result<Weights, Diagnostic> {
        let (codes, scale, axis) = integer_codes(constant, node)?;
        let [inputs, outputs] = [codes.shape()[0] / conv.group, codes.shape()[1]];
        let kernel = [self.rows.kernel, self.columns.kernel];
        let codes = codes
            .into_shape_with_order((conv.group, inputs, outputs, kernel[0], kernel[1]))
            .expect("kernels have groups × inputs × outputs × rows × columns elements");
        let (phases, places) = (self.count(), (self.rows.before + 1) * (self.columns.before + 1));
        let element = |(row, column): (usize, usize)| {
            let (group, phase, output) = (row / (phases * outputs), row / outputs % phases, row % outputs);
            let (place, input) = (column / inputs, column % inputs);
            let tap = self.tap(phase, place);
            tap.map_or(0, |(y, x)| codes[[group, input, output, y, x]])
        };
        let matrix = Array2::from_shape_fn((conv.group * phases * outputs, places * inputs), element);
        let rows = (0..matrix.nrows()).map(|row| at(&scale, row % outputs).clone());
        let output_scale = match axis {
            None => scale.clone(),
            Some(1) => rows.collect(),
            Some(_) => return Err(unfoldable(node)),
        };
        Ok(Weights { codes: matrix, output_scale, input_scale: vec![Exact::one()] })
    }

    fn tap(&self, phase: usize, place: usize) -> Option<(usize, usize)> {
        let (columns, places) = (self.columns.stride, self.columns.before + 1);
        let y = self.rows.tap(phase / columns, place / places)?;
        Some((y, self.columns.tap(phase % columns, place % places)?))
    }

    /// Positions of the result of shape `output` among the blocks.
    fn index(&self, output: &[usize], blocks: Shape, groups: usize) -> ArrayD<u32> {
        let per_group = output[1] / groups;
        ArrayD::from_shape_fn(output, |at| {
            let row = if output.len() == 4 { at[2] } else { 0 };
            let ((y, ry), (x, rx)) = (self.rows.place(row), self.columns.place(at[output.len() - 1]));
            let phase = ry * self.columns.stride + rx;
            let channel = (at[1] / per_group * self.count() + phase) * per_group + at[1] % per_group;
            ((y * blocks.width + x) * output[1] * self.count() + channel) as u32
        })
    }
}

fn unfoldable(node: &str) -> Diagnostic {
    let reason = "the scales of its weights differ per input channel or within a kernel";
    let help = "quantize weights per tensor or per output channel (axis 1)";
    Diagnostic::new(Code::ScaleNotFoldable, node, reason, help)
}
