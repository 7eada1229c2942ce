//! Where the vectors of a product lie in packed images: no window is ever copied.

use super::matmul::ROWS;
use crate::function::Element;
use mpqc_ir::int_network::{Shape, Window};

/// A vector in a packed image: `segments` runs of `length` words that begin `pitch` words apart. A plain vector is one
/// run, a window one a row of its kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segments {
    pub segments: usize,
    pub length: usize,
    pub pitch: usize,
}

/// Images of pixels, how they are packed, and the vectors in them.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// As it arrives; `channels` elements a pixel.
    image: Shape,
    /// Rows and columns around it: top, left, bottom, right.
    pads: [usize; 4],
    /// What stands there.
    value: i64,
    /// Words of a pixel.
    words: usize,
    /// Distance of vectors, in pixels.
    stride: [usize; 2],
    /// Vectors, rows and columns of them.
    vectors: [usize; 2],
    pub segments: Segments,
}

impl Layout {
    /// Plain vectors of `elements` elements in `words` words, [`ROWS`] of them an image.
    pub fn vectors(elements: usize, words: usize) -> Layout {
        Layout {
            image: Shape { height: 1, width: ROWS, channels: elements },
            pads: [0; 4],
            value: 0,
            words,
            stride: [1; 2],
            vectors: [1, ROWS],
            segments: Segments { segments: 1, length: words, pitch: 0 },
        }
    }

    /// The windows of an image, whose pixels have `words` words; `None` where their rows are not contiguous.
    pub fn windows(window: &Window, image: Shape, words: usize) -> Option<Layout> {
        let [_, left, _, right] = window.pads;
        let row = (image.width + left + right) * words;
        (window.groups == 1 && window.dilation[1] == 1).then(|| Layout {
            image,
            pads: window.pads,
            value: window.value,
            words,
            stride: window.stride,
            vectors: [0, 1].map(|axis| window.positions(axis, [image.height, image.width][axis])),
            segments: Segments {
                segments: window.kernel[0],
                length: window.kernel[1] * words,
                pitch: window.dilation[0] * row,
            },
        })
    }

    /// Elements of an image as it arrives.
    pub fn elements(&self) -> usize {
        self.image.elements()
    }

    /// Elements of a pixel.
    pub fn channels(&self) -> usize {
        self.image.channels
    }

    /// Vectors of an image.
    pub fn count(&self) -> usize {
        self.vectors[0] * self.vectors[1]
    }

    /// Words of a packed row of pixels.
    fn row(&self) -> usize {
        (self.image.width + self.pads[1] + self.pads[3]) * self.words
    }

    /// Where every vector of an image begins.
    pub fn offsets(&self) -> Vec<usize> {
        let [rows, columns] = self.vectors;
        let at = |y, x| y * self.stride[0] * self.row() + x * self.stride[1] * self.words;
        (0..rows).flat_map(|y| (0..columns).map(move |x| at(y, x))).collect()
    }

    /// Packs an image (or fewer vectors than an image has) with its padding; `slack` words behind it may be read.
    pub fn pack<X: Element, W: Copy + Default>(
        &self,
        image: &[X],
        fill: impl Fn(i64) -> W,
        pack: impl Fn(&[X], &mut [W]),
        slack: usize,
        packed: &mut Vec<W>,
    ) {
        let [top, left, bottom, _] = self.pads;
        let (row, channels) = (self.row(), self.image.channels);
        packed.clear();
        packed.resize((self.image.height + top + bottom) * row + slack, fill(self.value));
        let rows = image.chunks(self.image.width * channels);
        for (pixels, row) in rows.zip(packed.chunks_mut(row).skip(top)) {
            let row = &mut row[left * self.words..][..pixels.len() / channels * self.words];
            pack(pixels, row);
        }
    }
}
