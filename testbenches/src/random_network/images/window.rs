//! Windows that fit an image.

use super::super::layer::extents;
use super::{Image, MAX_LENGTH};
use mpqc_ir::design::testing::Random;
use mpqc_ir::onnx::testing::NodeBuilder;

/// A sliding window, one number per axis; `pads` has those in front, then those behind.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub kernel: Vec<usize>,
    strides: Vec<usize>,
    dilations: Vec<usize>,
    pads: Vec<usize>,
}

/// Along one axis: kernel, stride, dilation, padding in front and behind.
type Axis = (usize, usize, usize, [usize; 2]);

impl Window {
    /// One element at a time, every `stride`th along each axis.
    pub fn point(axes: usize, stride: usize) -> Self {
        Window {
            kernel: vec![1; axes],
            strides: vec![stride; axes],
            dilations: vec![1; axes],
            pads: vec![0; 2 * axes],
        }
    }

    /// A window of kernels up to `largest` that fits an image somewhere.
    pub fn draw(random: &mut Random, image: &Image, largest: usize) -> Self {
        let axes: Vec<Axis> = image.size.iter().map(|length| axis(random, *length, largest)).collect();
        let begins = axes.iter().map(|a| a.3[0]);
        Window {
            kernel: axes.iter().map(|a| a.0).collect(),
            strides: axes.iter().map(|a| a.1).collect(),
            dilations: axes.iter().map(|a| a.2).collect(),
            pads: begins.chain(axes.iter().map(|a| a.3[1])).collect(),
        }
    }

    /// A window that leaves an image's size as it is.
    pub fn same(random: &mut Random, image: &Image) -> Self {
        let axes = image.size.len();
        let kernel: Vec<usize> = (0..axes).map(|_| random.within(1, 3) as usize).collect();
        let begin: Vec<usize> = kernel.iter().map(|k| random.within(0, *k as i64 - 1) as usize).collect();
        let behind = kernel.iter().zip(&begin).map(|(k, b)| k - 1 - b);
        let pads = begin.iter().copied().chain(behind).collect();
        Window { kernel, strides: vec![1; axes], dilations: vec![1; axes], pads }
    }

    /// The same without dilation.
    pub fn dense(mut self) -> Self {
        self.dilations.iter_mut().for_each(|d| *d = 1);
        let axes = self.kernel.len();
        let limit = |side: usize| self.kernel[side % axes] - 1;
        self.pads = (0..2 * axes).map(|side| self.pads[side].min(limit(side))).collect();
        self
    }

    /// Whether a window has no tap inside an image.
    pub fn misses(&self, size: &[usize]) -> bool {
        let axes = self.kernel.len();
        let counts = self.positions(size);
        let hit = |axis: usize, at: usize| {
            let begin = self.pads[axis];
            let taps = (0..self.kernel[axis]).map(|t| at * self.strides[axis] + t * self.dilations[axis]);
            taps.into_iter().any(|tap| (begin..begin + size[axis]).contains(&tap))
        };
        (0..axes).any(|axis| (0..counts[axis]).any(|at| !hit(axis, at)))
    }

    /// Positions along each axis of an image.
    pub fn positions(&self, size: &[usize]) -> Vec<usize> {
        let axes = self.kernel.len();
        let positions = |axis: usize| {
            let extent = (self.kernel[axis] - 1) * self.dilations[axis] + 1;
            let length = size[axis] + self.pads[axis] + self.pads[axis + axes];
            (length - extent) / self.strides[axis] + 1
        };
        (0..axes).map(positions).collect()
    }

    pub fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    pub fn pads_any(&self) -> bool {
        self.pads.iter().any(|pad| *pad > 0)
    }

    /// As attributes of a node.
    pub fn attributes(&self, node: NodeBuilder) -> NodeBuilder {
        let node = node
            .attr_ints("kernel_shape", &extents(&self.kernel))
            .attr_ints("strides", &extents(&self.strides));
        let node = node.attr_ints("pads", &extents(&self.pads));
        if self.dilations.iter().all(|d| *d == 1) {
            return node;
        }
        node.attr_ints("dilations", &extents(&self.dilations))
    }

    /// In a description.
    pub fn text(&self) -> String {
        format!("k{:?} s{:?} d{:?} p{:?}", self.kernel, self.strides, self.dilations, self.pads)
    }
}

fn axis(random: &mut Random, length: usize, largest: usize) -> Axis {
    let mut draw = |low: usize, high: usize| random.within(low as i64, high as i64) as usize;
    let kernel = match draw(0, 2) {
        0 => draw(1, largest),
        _ => largest.min(3),
    };
    let dilation = if draw(0, 4) == 0 { draw(2, 3) } else { 1 };
    let stride = if draw(0, 2) == 0 { draw(2, 3) } else { 1 };
    let extent = (kernel - 1) * dilation + 1;
    let most = (extent - 1).min(2);
    let pads = [draw(0, most), draw(0, most)];
    let too_long = length + pads[0] + pads[1] > MAX_LENGTH;
    match extent <= length + pads[0] + pads[1] {
        true if too_long => (kernel.min(length), stride, 1, [0, 0]),
        true => (kernel, stride, dilation, pads),
        false => (kernel.min(length), 1, 1, [0, 0]),
    }
}
