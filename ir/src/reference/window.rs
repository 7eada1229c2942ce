//! The geometry of sliding windows over images: which output positions see which input positions.

use super::operands::{Evaluated, bad_shape, ensure};
use crate::network::{ConvAttributes, PoolAttributes};
use std::ops::Range;

/// A window along one spatial axis. Tap `t` of output `o` lies at input `o·stride + t·dilation − begin`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// Input length.
    pub input: usize,
    /// Output length.
    pub output: usize,
    /// Taps of the window.
    pub kernel: usize,
    /// Inputs from one output's window to the next one's.
    pub stride: usize,
    /// Inputs from one tap to the next.
    pub dilation: usize,
    /// Padding before the input.
    pub begin: usize,
    /// Padding behind the input.
    pub end: usize,
}

/// A limit on each attribute that keeps sums and products of two far from overflow.
const MAX_LENGTH: usize = 1 << 30;

impl Axis {
    /// An axis of length 1 and a window of one tap.
    const POINT: Axis = Axis { input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0 };

    /// Inputs from the first tap to the last one, inclusive.
    pub fn span(&self) -> usize {
        (self.kernel - 1) * self.dilation + 1
    }

    /// The outputs whose tap `tap` lies inside the input.
    pub fn outputs_inside(&self, tap: usize) -> Range<usize> {
        let offset = tap * self.dilation;
        let first = self.begin.saturating_sub(offset).div_ceil(self.stride);
        let behind = (self.input + self.begin).saturating_sub(offset).div_ceil(self.stride);
        first.min(self.output)..behind.min(self.output)
    }

    /// The input at tap `tap` of output `output`, which must be inside.
    pub fn source(&self, output: usize, tap: usize) -> usize {
        output * self.stride + tap * self.dilation - self.begin
    }

    /// How many taps of each output count in an average: those inside the input, or those inside the padded
    /// input.
    pub fn counts(&self, padding: bool) -> Vec<usize> {
        let (from, to) = if padding { (0, usize::MAX) } else { (self.begin, self.begin + self.input) };
        let to = to.min(self.begin + self.input + self.end);
        let inside = |o: usize, t: usize| (from..to).contains(&(o * self.stride + t * self.dilation));
        (0..self.output).map(|o| (0..self.kernel).filter(|&t| inside(o, t)).count()).collect()
    }

    fn valid(&self) -> bool {
        let lengths = [self.input, self.kernel, self.stride, self.dilation];
        lengths.iter().all(|n| (1..=MAX_LENGTH).contains(n))
            && self.begin.max(self.end) <= MAX_LENGTH
            && (self.kernel - 1).checked_mul(self.dilation).is_some_and(|n| n <= MAX_LENGTH)
    }

    /// Sets the output length of a window that slides over the padded input.
    fn slide(mut self, ceil: bool) -> Option<Axis> {
        let room = (self.input + self.begin + self.end).checked_sub(self.span())?;
        self.output = if ceil { room.div_ceil(self.stride) } else { room / self.stride } + 1;
        // a window that would start in the padding behind the input does not count
        if ceil && (self.output - 1) * self.stride >= self.input + self.begin {
            self.output -= 1;
        }
        Some(self)
    }

    /// Turns the window round: the given input becomes the output of a window over a larger image.
    fn transpose(self, extra: usize) -> Option<Axis> {
        let full = (self.input - 1).checked_mul(self.stride)?.checked_add(extra)?.checked_add(self.span())?;
        let input = full.checked_sub(self.begin + self.end)?;
        Some(Axis { input, output: self.input, ..self })
    }
}

/// A window over an image of rows and columns; an image of one spatial axis is a single row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    /// From row to row.
    pub rows: Axis,
    /// Within a row.
    pub columns: Axis,
}

impl Plane {
    /// The windows of a convolution over an image of the given spatial shape.
    pub fn conv(spatial: &[usize], a: &ConvAttributes) -> Evaluated<Plane> {
        let axes = [&a.kernel, &a.strides, &a.dilations, &a.pads];
        Plane::new(spatial, axes, |axis, _| axis.slide(false))
    }

    /// The windows of a pool.
    pub fn pool(spatial: &[usize], a: &PoolAttributes) -> Evaluated<Plane> {
        let axes = [&a.kernel, &a.strides, &a.dilations, &a.pads];
        Plane::new(spatial, axes, |axis, _| axis.slide(a.ceil_mode))
    }

    /// The windows of the convolution whose transpose takes an image of the given shape: that image is their
    /// output.
    pub fn transposed(spatial: &[usize], a: &ConvAttributes, extra: &[usize]) -> Evaluated<Plane> {
        let axes = [&a.kernel, &a.strides, &a.dilations, &a.pads];
        Plane::new(spatial, axes, |axis, i| axis.transpose(extra.get(i).copied().unwrap_or(0)))
    }

    fn new(
        spatial: &[usize],
        [kernel, strides, dilations, pads]: [&Vec<usize>; 4],
        finish: impl Fn(Axis, usize) -> Option<Axis>,
    ) -> Evaluated<Plane> {
        let n = spatial.len();
        ensure(n == 1 || n == 2, || format!("windows over {n} spatial axes; 1 and 2 are modelled"))?;
        let complete = [kernel, strides, dilations].iter().all(|a| a.len() == n) && pads.len() == 2 * n;
        ensure(complete, || format!("kernel, strides, dilations or pads are not those of {n} spatial axes"))?;
        let axis = |i: usize| {
            let (begin, end) = (pads[i], pads[n + i]);
            let [kernel, stride, dilation] = [kernel[i], strides[i], dilations[i]];
            let axis = Axis { input: spatial[i], output: 0, kernel, stride, dilation, begin, end };
            let slid = if axis.valid() { finish(axis, i) } else { None };
            slid.ok_or_else(|| bad_shape(format!("no window of {kernel:?} fits an axis of {}", spatial[i])))
        };
        let columns = axis(n - 1)?;
        Ok(Plane { rows: if n == 2 { axis(0)? } else { Axis::POINT }, columns })
    }

    /// Elements of the input image.
    pub fn input(&self) -> usize {
        self.rows.input * self.columns.input
    }

    /// Elements of the output image.
    pub fn output(&self) -> usize {
        self.rows.output * self.columns.output
    }

    /// All taps, row by row.
    pub fn taps(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let (rows, columns) = (self.rows.kernel, self.columns.kernel);
        (0..rows).flat_map(move |r| (0..columns).map(move |c| [r, c]))
    }

    /// Whether output and input are the same pixels.
    pub fn is_pointwise(&self) -> bool {
        [self.rows, self.columns].iter().all(|a| a.kernel == 1 && a.stride == 1 && a.begin + a.end == 0)
    }

    /// For each output pixel in `rows` whose tap lies inside the image: `f(output, input)`. `output` holds
    /// those rows only.
    pub fn gather(
        &self,
        tap: [usize; 2],
        rows: Range<usize>,
        image: &[f64],
        output: &mut [f64],
        f: impl Fn(&mut f64, f64),
    ) {
        let stride = self.columns.stride;
        for (input, out) in self.segments(tap, rows) {
            if stride == 1 {
                output[out].iter_mut().zip(&image[input..]).for_each(|(o, v)| f(o, *v));
            } else {
                output[out].iter_mut().zip(image[input..].iter().step_by(stride)).for_each(|(o, v)| f(o, *v));
            }
        }
    }

    /// The transpose of a gathering sum: adds each output pixel to the input pixel under its tap.
    pub fn scatter(&self, tap: [usize; 2], output: &[f64], image: &mut [f64]) {
        let stride = self.columns.stride;
        for (input, out) in self.segments(tap, 0..self.rows.output) {
            image[input..].iter_mut().step_by(stride).zip(&output[out]).for_each(|(i, v)| *i += v);
        }
    }

    /// The pixels under a tap, a row at a time: the first input pixel and the range of output pixels, counted
    /// from the first of `rows`.
    fn segments(
        &self,
        [r, c]: [usize; 2],
        rows: Range<usize>,
    ) -> impl Iterator<Item = (usize, Range<usize>)> {
        let plane = *self;
        let columns = plane.columns.outputs_inside(c);
        let inside = plane.rows.outputs_inside(r);
        let seen = rows.start.max(inside.start)..rows.end.min(inside.end);
        seen.filter(move |_| !columns.is_empty()).map({
            let columns = plane.columns.outputs_inside(c);
            move |row| {
                let input = plane.rows.source(row, r) * plane.columns.input;
                let output = (row - rows.start) * plane.columns.output;
                let out = output + columns.start..output + columns.end;
                (input + plane.columns.source(columns.start, c), out)
            }
        })
    }
}
