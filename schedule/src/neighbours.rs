//! Neighbouring pixels that share multipliers: filter packing, and outer products.
//!
//! An array reads groups of neighbouring pixels of a row, each group once, and multiplies them by all taps of a row of the
//! kernel; sums that belong to the next group's pixels stay ([`Overlap`]). A convolution's windows are then one group wide,
//! over a row that is padded before it is grouped; the groups that leave begin where the row's outputs do. Arrays take
//! every group's pixels side by side, chunk by chunk of channels, and give those of as many pixels, pass by pass:
//! transpositions before and behind the array restore the order where there are several chunks, or passes.

use crate::fold::{Choice, Parallel};
use crate::layer::{Front, Image, Layer};
use mpqc_ir::design::blocks::{self, BlockSpec, Overlap, RamStyle, WidthConverter};
use mpqc_ir::design::{Resources, Target};
use mpqc_ir::int_network::{Pad, Requantize, Shape, Window};
use mpqc_ir::number::IntType;
use std::sync::Arc;

/// Most neighbours that are looked at: more fit no slice with weights of several taps or rows.
const MOST: usize = 4;

impl Layer {
    /// The numbers of neighbouring pixels, beyond one, that can share multipliers.
    pub fn neighbour_counts(&self) -> Vec<usize> {
        (2..=MOST).filter(|n| self.neighbouring(*n).is_some()).collect()
    }

    /// The same layer over groups of `pixels` neighbouring pixels; `None` where its rows do not fall into such groups,
    /// where pixels can be negative, or where an operand is of ±1.
    pub fn neighbouring(&self, pixels: usize) -> Option<Layer> {
        let positive = !self.x.is_signed() && !self.x.is_bipolar() && !self.dot.weight_type.is_bipolar();
        if !positive || self.dot.groups > 1 || !self.overlap.is_none() {
            return None;
        }
        match &self.front {
            Front::Vectors => {
                let overlap = Overlap { pixels, ..Overlap::NONE };
                let vectors = self.vectors / pixels;
                self.vectors.is_multiple_of(pixels).then(|| Layer { overlap, vectors, ..self.clone() })
            }
            Front::Image(image) => {
                let (overlap, sides, image) = image.neighbouring(pixels)?;
                let vectors = image.window.output(image.input).pixels();
                Some(Layer { overlap, sides, vectors, front: Front::Image(image), ..self.clone() })
            }
        }
    }

    /// Elements of a pixel in a beat of a slice of every group.
    pub fn chunk(&self, fold: Parallel) -> usize {
        let lanes = match &self.front {
            Front::Vectors => fold.simd,
            Front::Image(image) => image.lanes(fold),
        };
        lanes / self.overlap.pixels
    }

    /// How an array of a fold takes groups of pixels.
    pub fn overlap_in(&self, fold: Parallel) -> Overlap {
        let chunk = if self.overlap.is_none() { self.overlap.chunk } else { self.chunk(fold) };
        Overlap { chunk, ..self.overlap }
    }

    /// Elements of a pixel.
    pub fn channels_of_pixel(&self) -> usize {
        let group = match &self.front {
            Front::Vectors => self.inputs(),
            Front::Image(image) => image.input.channels,
        };
        group / self.overlap.pixels
    }

    /// Groups of pixels in a frame, padding included.
    fn groups_of_pixels(&self) -> usize {
        match &self.front {
            Front::Vectors => self.vectors,
            Front::Image(image) => image.input.pixels(),
        }
    }

    /// Vectors of sums in a frame.
    pub fn vectors_out(&self) -> usize {
        self.vectors / self.overlap.columns * (self.overlap.columns - self.overlap.early())
    }

    /// Lanes that leave for the next layer.
    pub fn exit(choice: &Choice, outputs: usize) -> usize {
        let Parallel { pe, neighbours, .. } = choice.fold;
        if pe == outputs { pe * neighbours } else { pe }
    }

    /// Cycles of what orders pixels before the array, and behind it.
    pub fn ordering_cycles(&self, fold: Parallel) -> usize {
        if self.overlap.pixels == 1 {
            return 0;
        }
        let chunks = self.channels_of_pixel() / self.chunk(fold);
        let before = self.groups_of_pixels() * self.overlap.pixels * chunks;
        let passes = self.passes(fold);
        let behind = if passes > 1 { self.vectors_out() * self.overlap.pixels * passes } else { 0 };
        before.max(behind)
    }

    /// What the array's side of a row takes: padding, transposition to chunks, the width of a beat.
    pub fn ordering_cost(&self, fold: Parallel, target: &Target) -> Resources {
        let pixels = self.overlap.pixels;
        if pixels == 1 {
            return Resources::default();
        }
        let lanes = self.chunk(fold);
        let pad = self.side_padding(lanes).map(|pad| pad.cost(target));
        let chunks = self.chunks(fold).map(|transposition| transposition.cost(target));
        let (vector, vectors) = (self.channels_of_pixel() * pixels, self.groups_of_pixels());
        let wide =
            WidthConverter { elem: self.x, in_lanes: lanes, out_lanes: lanes * pixels, vector, vectors };
        pad.unwrap_or_default() + chunks.unwrap_or_default() + wide.cost(target)
    }

    /// The padding of rows before they fall into groups.
    pub fn side_padding(&self, lanes: usize) -> Option<blocks::Pad> {
        let (Front::Image(image), [left, right]) = (&self.front, self.sides) else { return None };
        let Shape { height, width, channels } = image.input;
        let pixels = self.overlap.pixels;
        let input = Shape { height, width: width * pixels - left - right, channels: channels / pixels };
        let pad = Pad { pads: [0, left, 0, right], value: image.window.value };
        (left + right > 0).then_some(blocks::Pad { pad, input, fill: 0, elem: self.x, lanes })
    }

    /// From pixel after pixel to chunk after chunk; none where a chunk is a pixel.
    pub fn chunks(&self, fold: Parallel) -> Option<blocks::Reorder> {
        let lanes = self.chunk(fold);
        let chunks = self.channels_of_pixel() / lanes;
        transposition(self.x, lanes, [self.overlap.pixels, chunks], self.groups_of_pixels())
    }

    /// From pass after pass to pixel after pixel; none where a pass is all outputs.
    pub fn pixels_again(&self, fold: Parallel, elem: IntType) -> Option<blocks::Reorder> {
        transposition(elem, fold.pe, [self.passes(fold), self.overlap.pixels], self.vectors_out())
    }

    /// The requantizer behind an array of `pe` rows, whose outputs are those of several pixels, pass by pass.
    pub fn interleaved(&self, r: &Requantize, pe: usize) -> Requantize {
        let pixels = self.overlap.pixels;
        let channel = |place: usize| place / (pe * pixels) * pe + place % pe;
        r.select(|entries| if entries == 1 { vec![0] } else { (0..entries * pixels).map(channel).collect() })
    }
}

impl Image {
    /// The image of groups, what falls on what, and the padding left and right of a row before it falls into groups.
    fn neighbouring(&self, pixels: usize) -> Option<(Overlap, [usize; 2], Image)> {
        let (window, input) = (&self.window, self.input);
        let ([rows, taps], [top, left, bottom, right]) = (window.kernel, window.pads);
        let width = window.output(input).width;
        let plain = window.groups == 1 && window.stride[1] == 1 && window.dilation[1] == 1;
        if !plain || !width.is_multiple_of(pixels) {
            return None;
        }
        // The first output is to be the first pixel of a group.
        let extra = (taps - 1).next_multiple_of(pixels) - (taps - 1);
        let columns = (extra + left + input.width + right) / pixels;
        let overlap = Overlap { pixels, taps, columns: if taps > 1 { columns } else { 1 }, chunk: 1 };
        let window = Window {
            kernel: [rows, 1],
            stride: [window.stride[0], 1],
            dilation: [window.dilation[0], 1],
            pads: [top, 0, bottom, 0],
            value: window.value,
            groups: 1,
        };
        let input = Shape { height: input.height, width: columns, channels: input.channels * pixels };
        Some((overlap, [extra + left, right], Image { node: self.node, window, input, padding: 0 }))
    }
}

/// Groups of `rows` · `columns` words of `lanes`, sent column by column; `None` where that is their order.
fn transposition(
    elem: IntType,
    lanes: usize,
    [rows, columns]: [usize; 2],
    groups: usize,
) -> Option<blocks::Reorder> {
    let group = rows * columns;
    let word = |place: usize| (place % rows * columns + place / rows) as u32;
    let order = Arc::new((0..group).map(word).collect());
    let memory = if 2 * group <= LONGEST { RamStyle::Distributed } else { RamStyle::Block };
    (rows > 1 && columns > 1).then_some(blocks::Reorder { elem, lanes, group, order, groups, memory })
}

/// Words of a transposition that live in look-up tables at most.
const LONGEST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transpositions_are_undone_by_their_opposites() {
        let elem = IntType::quantizer(false, 4, false);
        let there = transposition(elem, 2, [3, 4], 1).unwrap().order;
        let back = transposition(elem, 2, [4, 3], 1).unwrap().order;
        let both: Vec<u32> = back.iter().map(|word| there[*word as usize]).collect();
        assert_eq!(both, (0..12).collect::<Vec<_>>());
        assert_eq!(there[..3], [0, 4, 8]);
        assert_eq!(transposition(elem, 2, [1, 4], 1), None);
    }
}
