//! Several output pixels per cycle.
//!
//! Neighbouring columns of an image are read as one wide column ("superpixel"): `M` output pixels of a row are then
//! the outputs of one larger matrix over a window of superpixels, whose weights are the kernel's, shifted by a
//! stride from pixel to pixel, and zeros elsewhere. Built with every weight in the logic the zeros cost nothing,
//! so such layers are fully unrolled. No block knows of it: the order of a stream's elements is the same.

use crate::floor::whole_windows;
use crate::fold::Parallel;
use crate::layer::{Front, Image, Layer};
use mpqc_ir::int_network::{Dot, Requantize, Shape, Window};
use mpqc_ir::number::IntType;
use ndarray::Array2;
use std::sync::Arc;

/// Most pixels per cycle that are looked at.
const MOST: usize = 8;
/// Most weights, zeros among them, of a matrix that is worth a look: larger ones fit no device.
const LARGEST: usize = 1 << 20;

impl Layer {
    /// The numbers of output pixels per cycle, beyond one, that the layer's image allows.
    pub fn pixel_counts(&self) -> Vec<usize> {
        let Front::Image(image) = &self.front else { return Vec::new() };
        if image.window.groups > 1 {
            return Vec::new();
        }
        let counts = 2..=MOST;
        counts.filter(|m| image.several(*m).is_some_and(|i| self.banded_size(*m, &i) <= LARGEST)).collect()
    }

    /// Cycles per frame with that many output pixels at once and a multiplier for every weight.
    pub fn cycles_of_several(&self, pixels: usize) -> Option<u64> {
        let Front::Image(image) = &self.front else { return None };
        image.several(pixels).map(|wide| whole_windows(&wide.window, wide.input, 1, 1) as u64)
    }

    fn banded_size(&self, pixels: usize, image: &Image) -> usize {
        pixels * self.outputs() * image.window.taps() * image.input.channels
    }

    /// The same layer as one whose outputs are `pixels` pixels of a row side by side; `None` where its image does
    /// not allow that.
    pub fn several(&self, pixels: usize) -> Option<Layer> {
        let Front::Image(image) = &self.front else { return None };
        let wide = image.several(pixels)?;
        let weights = image.banded(&wide, pixels, &self.dot.weights);
        let low = weights.iter().copied().min().unwrap_or(0).min(0);
        let high = weights.iter().copied().max().unwrap_or(0).max(0);
        let dot = Dot {
            weights: Arc::new(weights),
            groups: 1,
            weight_type: IntType::smallest(low, high),
            accumulator: self.dot.accumulator,
        };
        let vectors = self.vectors / pixels;
        Some(Layer { dot, vectors, front: Front::Image(wide), ..self.clone() })
    }

    /// The layer as a fold computes it.
    pub fn folded(&self, fold: Parallel) -> Layer {
        let folded = match (fold.pixels, fold.neighbours) {
            (1, 1) => Some(self.padded(self.padding(fold))),
            (1, neighbours) => self.neighbouring(neighbours),
            (pixels, _) => self.several(pixels),
        };
        folded.expect("a fold's pixels were allowed by the layer")
    }
}

impl Image {
    /// The image of superpixels whose windows hold those of `pixels` neighbouring output pixels.
    fn several(&self, pixels: usize) -> Option<Image> {
        let (window, input) = (&self.window, self.input);
        let (wide, output) = (window.stride[1] * pixels, window.output(input));
        if !input.width.is_multiple_of(wide) || !output.width.is_multiple_of(pixels) {
            return None;
        }
        let [top, left, bottom, _] = window.pads;
        let before = left.div_ceil(wide);
        // The last column that the last of the pixels reads, from the first column of their own superpixel.
        let last = (wide - window.stride[1] + window.extent(1)).checked_sub(left + 1)?;
        let kernel = before + 1 + last / wide;
        let after = (output.width / pixels + last / wide).checked_sub(input.width / wide)?;
        let window = Window {
            kernel: [window.kernel[0], kernel],
            stride: [window.stride[0], 1],
            dilation: [window.dilation[0], 1],
            pads: [top, before, bottom, after],
            value: window.value,
            groups: 1,
        };
        let input =
            Shape { height: input.height, width: input.width / wide, channels: input.channels * wide };
        (kernel > after).then_some(Image { node: self.node, window, input, padding: 0 })
    }

    /// The weights over windows of superpixels, `[pixel, output][row, superpixel, column in it, channel]`.
    fn banded(&self, wide: &Image, pixels: usize, weights: &Array2<i64>) -> Array2<i64> {
        let (window, channels) = (&self.window, self.input.channels);
        let (columns, outputs) = (wide.input.channels / channels, weights.nrows());
        let start = (wide.window.pads[1] * columns) as i64 - window.pads[1] as i64;
        let mut banded = Array2::zeros((pixels * outputs, wide.window.taps() * wide.input.channels));
        for ((output, column), weight) in weights.indexed_iter() {
            let (tap, channel) = (column / channels, column % channels);
            let (row, tap) = (tap / window.kernel[1], tap % window.kernel[1]);
            for pixel in 0..pixels {
                let at = start as usize + pixel * window.stride[1] + tap * window.dilation[1];
                let position = (row * wide.window.kernel[1] * columns + at) * channels + channel;
                banded[[pixel * outputs + output, position]] = *weight;
            }
        }
        banded
    }
}

/// A requantizer whose channels are those of `pixels` pixels side by side.
pub(crate) fn repeated(r: &Requantize, pixels: usize) -> Requantize {
    r.select(
        |entries| if entries == 1 { vec![0] } else { (0..entries).cycle().take(pixels * entries).collect() },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use mpqc_ir::design::testing::Random;
    use petgraph::graph::NodeIndex;

    /// A convolution by windows of single pixels and by windows of superpixels.
    #[test]
    fn superpixels_give_the_same_products() {
        let mut random = Random(2);
        let ty = IntType::quantizer(true, 4, false);
        for (kernel, stride, dilation, pads, pixels) in [
            ([3, 3], 1, 1, [1, 1, 1, 1], 2),
            ([3, 3], 1, 1, [0, 1, 0, 1], 4),
            ([2, 5], 1, 1, [0, 2, 1, 2], 2),
            ([3, 3], 2, 1, [0, 0, 1, 1], 2),
            ([1, 3], 1, 2, [0, 2, 0, 2], 4),
            ([1, 2], 2, 1, [0; 4], 2),
        ] {
            let (stride, dilation) = ([1, stride], [1, dilation]);
            let window = Window { kernel, stride, dilation, pads, value: 3, groups: 1 };
            let input = Shape { height: 4, width: 16, channels: 2 };
            let image = Image { node: NodeIndex::new(0), window, input, padding: 0 };
            let x: Vec<i64> = (0..input.elements()).map(|_| random.value(ty)).collect();
            let weights = random.matrix(3, image.window.taps() * 2, ty);
            let wide = image.several(pixels).expect("16 columns are enough");
            let banded = image.banded(&wide, pixels, &weights);
            let products = |image: &Image, weights: &Array2<i64>| -> Vec<i64> {
                let windows = image.window.apply(image.input, &x);
                let dot = |w: ndarray::ArrayView1<i64>, x: &[i64]| w.iter().zip(x).map(|(w, x)| w * x).sum();
                windows
                    .chunks(weights.ncols())
                    .flat_map(|v| weights.rows().into_iter().map(move |w| dot(w, v)))
                    .collect()
            };
            assert_eq!(products(&image, &weights), products(&wide, &banded), "{kernel:?}, {pixels} pixels");
        }
    }
}
