//! Operators over the pixels of a tensor: windows, depthwise products, pools, padding, joining, reordering.

use super::Shape;
use crate::number::IntType;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The pixels under a kernel, for every position of the kernel: a convolution is this and a [`super::Dot`].
///
/// The result has a pixel per position, of `groups · kernel rows · kernel columns · channels of a group`
/// elements in that order, innermost last. Positions in the padding give `value`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Distance between neighbouring positions.
    pub stride: [usize; 2],
    /// Distance between neighbouring taps.
    pub dilation: [usize; 2],
    /// Padding: top, left, bottom, right; each less than the kernel's extent in its direction.
    pub pads: [usize; 4],
    /// What stands in the padding: the code of real zero, or what never wins a maximum.
    pub value: i64,
    /// Groups of channels that are convolved apart; divides the channels.
    pub groups: usize,
}

impl Window {
    /// Taps of the kernel.
    pub fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Pixels that the kernel spans along an axis (0: rows, 1: columns), dilation included.
    pub fn extent(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1) * self.dilation[axis] + 1
    }

    /// Positions of the kernel along an axis of `size` pixels.
    pub fn positions(&self, axis: usize, size: usize) -> usize {
        let padded = size + self.pads[axis] + self.pads[axis + 2];
        if padded < self.extent(axis) { 0 } else { (padded - self.extent(axis)) / self.stride[axis] + 1 }
    }

    /// Extent of the result.
    pub fn output(&self, input: Shape) -> Shape {
        Shape {
            height: self.positions(0, input.height),
            width: self.positions(1, input.width),
            channels: self.taps() * input.channels,
        }
    }

    /// Row (axis 0) or column (axis 1) that tap `tap` of position `position` reads; `None` in the padding.
    pub fn source(&self, axis: usize, size: usize, position: usize, tap: usize) -> Option<usize> {
        let at = position * self.stride[axis] + tap * self.dilation[axis];
        at.checked_sub(self.pads[axis]).filter(|i| *i < size)
    }

    /// The windows of a tensor.
    pub fn apply(&self, input: Shape, x: &[i64]) -> Vec<i64> {
        let output = self.output(input);
        let (group, mut result) = (input.channels / self.groups, Vec::with_capacity(output.elements()));
        for (y, column) in (0..output.height).flat_map(|y| (0..output.width).map(move |x| (y, x))) {
            for g in 0..self.groups {
                for tap in 0..self.taps() {
                    let row = self.source(0, input.height, y, tap / self.kernel[1]);
                    let pixel = row.zip(self.source(1, input.width, column, tap % self.kernel[1]));
                    match pixel.map(|(r, c)| (r * input.width + c) * input.channels + g * group) {
                        Some(start) => result.extend_from_slice(&x[start..start + group]),
                        None => result.extend(std::iter::repeat_n(self.value, group)),
                    }
                }
            }
        }
        result
    }
}

/// Convolution of every channel with a kernel of its own: `y[c] = Σ_t weights[t][c] · x[t][c]` over the taps of a
/// [`Window`]'s result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Depthwise {
    /// Weights, `[taps][channels]`.
    #[serde(with = "crate::tensor::matrix")]
    pub weights: Arc<Array2<i64>>,
    /// Narrowest type of the weights.
    pub weight_type: IntType,
    /// Smallest type of every channel's sum.
    pub accumulator: IntType,
}

impl Depthwise {
    /// The products of a frame of windows.
    pub fn apply(&self, x: &[i64]) -> Vec<i64> {
        let (taps, channels) = self.weights.dim();
        let sum = |window: &[i64], c: usize| -> i64 {
            (0..taps).map(|t| self.weights[[t, c]] * window[t * channels + c]).sum()
        };
        x.chunks(taps * channels).flat_map(|w| (0..channels).map(move |c| sum(w, c))).collect()
    }
}

/// How a [`Pool`] joins pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolFunction {
    /// Largest.
    Max,
    /// Sum; an average's division is in the function that follows.
    Sum,
}

/// Every channel of rectangles of pixels joined to one; rectangles do not overlap, rows and columns that fill none
/// are dropped. Overlapping pools read the result of a [`Window`] as `height` rows of `width · taps` pixels, with
/// a kernel of one row and all taps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// How.
    pub function: PoolFunction,
    /// How the operand's elements are read.
    pub input: Shape,
    /// Rows and columns of a rectangle.
    pub kernel: [usize; 2],
}

impl Pool {
    /// Extent of the result.
    pub fn output(&self) -> Shape {
        Shape {
            height: self.input.height / self.kernel[0],
            width: self.input.width / self.kernel[1],
            channels: self.input.channels,
        }
    }

    /// Type of the result for operands of `ty`.
    pub fn output_type(&self, ty: IntType) -> IntType {
        let count = (self.kernel[0] * self.kernel[1]) as i64;
        match self.function {
            PoolFunction::Max => ty,
            PoolFunction::Sum if count == 1 => ty,
            PoolFunction::Sum => IntType::smallest(ty.min * count, ty.max * count),
        }
    }

    /// The pooled tensor.
    pub fn apply(&self, x: &[i64]) -> Vec<i64> {
        let Shape { width, channels, .. } = self.input;
        let output = self.output();
        let join = |a: i64, b: i64| if self.function == PoolFunction::Max { a.max(b) } else { a + b };
        let mut result = Vec::with_capacity(output.elements());
        for (row, column) in (0..output.height).flat_map(|r| (0..output.width).map(move |c| (r, c))) {
            for channel in 0..channels {
                let at = |tap: usize| {
                    let (r, c) = (tap / self.kernel[1], tap % self.kernel[1]);
                    x[((row * self.kernel[0] + r) * width + column * self.kernel[1] + c) * channels + channel]
                };
                let taps = self.kernel[0] * self.kernel[1];
                result.push((1..taps).fold(at(0), |sum, tap| join(sum, at(tap))));
            }
        }
        result
    }
}

/// Pixels of one code around a tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pad {
    /// Rows and columns added: top, left, bottom, right.
    pub pads: [usize; 4],
    /// The code.
    pub value: i64,
}

impl Pad {
    /// Extent of the result.
    pub fn output(&self, input: Shape) -> Shape {
        let [top, left, bottom, right] = self.pads;
        Shape { height: input.height + top + bottom, width: input.width + left + right, ..input }
    }

    /// The padded tensor: a window of one tap, which padding of any width suits.
    pub fn apply(&self, input: Shape, x: &[i64]) -> Vec<i64> {
        let (kernel, pads, value) = ([1, 1], self.pads, self.value);
        Window { kernel, stride: [1, 1], dilation: [1, 1], pads, value, groups: 1 }.apply(input, x)
    }
}

/// Elements in another order, some of them several times or not at all: element `i` of the result is element
/// `order[i]` of the operand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reorder {
    /// Source of each element.
    pub order: Arc<Vec<u32>>,
}

/// Pixels side by side: channels of operand 0, then those of operand 1, and so on. `channels` are each operand's.
pub fn concat(operands: &[&[i64]], channels: &[usize]) -> Vec<i64> {
    let pixels = operands.first().zip(channels.first()).map_or(0, |(x, c)| x.len() / c.max(&1));
    let part = |pixel: usize| {
        operands.iter().zip(channels).flat_map(move |(x, c)| &x[pixel * c..(pixel + 1) * c]).copied()
    };
    (0..pixels).flat_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kernel: [usize; 2], stride: [usize; 2], pads: [usize; 4]) -> Window {
        Window { kernel, stride, dilation: [1, 1], pads, value: -9, groups: 1 }
    }

    #[test]
    fn windows_are_rows_columns_channels() {
        let input = Shape { height: 2, width: 3, channels: 2 };
        let x: Vec<i64> = (0..12).collect();
        let w = window([2, 2], [1, 2], [0, 1, 0, 0]);
        assert_eq!(w.output(input), Shape { height: 1, width: 2, channels: 8 });
        assert_eq!(w.apply(input, &x), [-9, -9, 0, 1, -9, -9, 6, 7, 2, 3, 4, 5, 8, 9, 10, 11]);
    }

    #[test]
    fn groups_are_outermost() {
        let input = Shape { height: 1, width: 2, channels: 2 };
        let w = Window { groups: 2, ..window([1, 2], [1, 1], [0; 4]) };
        assert_eq!(w.apply(input, &[1, 2, 3, 4]), [1, 3, 2, 4]);
    }

    #[test]
    fn pools_drop_what_fills_no_rectangle() {
        let input = Shape { height: 2, width: 3, channels: 1 };
        let pool = |function| Pool { function, input, kernel: [2, 2] };
        assert_eq!(pool(PoolFunction::Max).apply(&[1, 5, 9, 2, -4, 9]), [5]);
        assert_eq!(pool(PoolFunction::Sum).apply(&[1, 5, 9, 2, -4, 9]), [4]);
    }

    #[test]
    fn concat_joins_pixels() {
        assert_eq!(concat(&[&[1, 2, 3, 4], &[5, 6]], &[2, 1]), [1, 2, 5, 3, 4, 6]);
    }
}
