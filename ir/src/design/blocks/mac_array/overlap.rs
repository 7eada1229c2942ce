//! Neighbouring pixels of a row of an image by neighbouring taps of a row of a kernel: sums that overlap.

use super::MacArray;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How vectors of several neighbouring pixels are multiplied by a row of a kernel's taps.
///
/// A vector is `pixels` pixels of a row of an image, of as many elements each; every weight of the matrix is `taps`
/// weights, those of neighbouring columns of the kernel. Their products fall on `pixels + taps − 1` columns of the
/// result ("fields"): tap `t` of pixel `j` on column `j + taps − 1 − t`, the coefficients of the product of two polynomials
/// (HiKonv, arXiv 2112.13972). The first `pixels` columns are then complete and leave; the others are those of the next
/// vector's pixels, where they begin ("spill-over"). With one tap nothing overlaps: an outer product of weights and pixels
/// (AMD WP521).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Overlap {
    /// Pixels of a vector, and of what leaves for it.
    pub pixels: usize,
    /// Taps of a row of the kernel.
    pub taps: usize,
    /// Vectors of a row of the image. The first ones of each complete no sum that belongs to the row and give none.
    pub columns: usize,
    /// Elements of a pixel that stand together: a beat is chunks of as many elements of the first pixel, then of the second, …
    pub chunk: usize,
}

impl Default for Overlap {
    fn default() -> Self {
        Overlap::NONE
    }
}

impl Overlap {
    /// One pixel, one tap: a plain matrix.
    pub const NONE: Overlap = Overlap { pixels: 1, taps: 1, columns: 1, chunk: 1 };

    /// Whether vectors are single pixels, and weights single taps.
    pub fn is_none(&self) -> bool {
        self.pixels == 1 && self.taps == 1
    }

    /// Columns on which products fall.
    pub fn fields(&self) -> usize {
        self.pixels + self.taps - 1
    }

    /// Columns that are left for the next vector.
    pub fn spilled(&self) -> usize {
        self.taps - 1
    }

    /// Vectors at the beginning of a row that complete no sum of it.
    pub fn early(&self) -> usize {
        self.spilled().div_ceil(self.pixels)
    }

    /// The pixels that fall on a column.
    pub fn pixels_of(&self, field: usize) -> Range<usize> {
        field.saturating_sub(self.spilled())..self.pixels.min(field + 1)
    }

    /// The tap that brings a pixel to a column.
    pub fn tap_of(&self, field: usize, pixel: usize) -> usize {
        pixel + self.spilled() - field
    }

    /// The most products of a lane that fall on one column.
    pub fn most(&self) -> usize {
        self.pixels.min(self.taps)
    }
}

impl MacArray {
    /// Elements of a pixel in a beat: lanes, of which each is multiplied by a row's taps.
    pub fn slices(&self) -> usize {
        self.simd / self.overlap.pixels.max(1)
    }

    /// Sums of a beat: those of every row for each of the pixels that leave together.
    pub fn sums(&self) -> usize {
        self.pe * self.overlap.pixels
    }

    /// Vectors of sums that leave in a frame, each of `outputs · pixels` elements: for every `pe` outputs, those of the first
    /// pixel, then those of the second, …
    pub fn vectors_out(&self) -> usize {
        let Overlap { columns, .. } = self.overlap;
        self.vectors / columns * (columns - self.overlap.early())
    }

    /// Whether vectors of several pixels are whole everywhere: beats of a vector, rows of a pass, vectors of a row.
    pub fn has_sound_overlap(&self) -> bool {
        let Overlap { pixels, taps, columns, chunk } = self.overlap;
        if self.overlap.is_none() {
            return true;
        }
        let counts = [pixels, taps, columns, chunk].iter().all(|n| *n > 0);
        let kinds = self.groups == 1 && !self.x.is_bipolar() && !self.w.is_bipolar();
        counts
            && kinds
            && self.weights.ncols().is_multiple_of(taps)
            && self.simd.is_multiple_of(pixels * chunk)
            && self.inputs().is_multiple_of(self.simd)
            && self.outputs().is_multiple_of(self.pe)
            && self.depth() > 1
            && self.vectors.is_multiple_of(columns)
            && self.overlap.early() < columns
    }
}
