//! Moves of pixels: windows and padding.

use crate::function::Element;
use mpqc_ir::int_network::{Pad, Shape, Window};
use mpqc_ir::number::IntType;
use std::borrow::Cow;

/// The windows of any number of images: pixel by pixel of the result its groups, of each the taps row by row, of each
/// tap the group's channels.
pub(crate) fn windows<E: Element>(window: &Window, input: Shape, x: &[E]) -> Vec<E> {
    let output = window.output(input);
    let images = x.len() / input.elements();
    let mut result = Vec::with_capacity(images * output.elements());
    for image in x.chunks_exact(input.elements()) {
        for y in 0..output.height {
            (0..output.width).for_each(|x| one(window, input, image, [y, x], &mut result));
        }
    }
    result
}

/// One window; where a row's taps lie side by side in memory, they move as one.
fn one<E: Element>(window: &Window, input: Shape, image: &[E], at: [usize; 2], result: &mut Vec<E>) {
    let [rows, taps] = window.kernel;
    let group = input.channels / window.groups;
    for (g, tap) in (0..window.groups).flat_map(|g| (0..rows).map(move |tap| (g, tap))) {
        let row = window.source(0, input.height, at[0], tap);
        let Some(row) = row.map(|row| &image[row * input.width * input.channels..]) else {
            result.extend(std::iter::repeat_n(E::of(window.value), taps * group));
            continue;
        };
        let inside = at[1] * window.stride[1];
        if window.groups == 1
            && window.dilation[1] == 1
            && inside >= window.pads[1]
            && inside - window.pads[1] + taps <= input.width
        {
            result.extend_from_slice(&row[(inside - window.pads[1]) * group..][..taps * group]);
            continue;
        }
        for column in (0..taps).map(|tap| window.source(1, input.width, at[1], tap)) {
            match column {
                Some(column) => {
                    result.extend_from_slice(&row[column * input.channels + g * group..][..group]);
                }
                None => result.extend(std::iter::repeat_n(E::of(window.value), group)),
            }
        }
    }
}

/// Any number of images of pixels of `channels`, the last `fill` of which `x` does not have: they are of zero bits.
pub(crate) fn filled<E: Element>(elem: IntType, channels: usize, fill: usize, x: &[E]) -> Cow<'_, [E]> {
    if fill == 0 {
        return Cow::Borrowed(x);
    }
    let nothing = E::of(elem.decode(0));
    let pixels = x.chunks_exact(channels - fill);
    pixels.flat_map(|pixel| pixel.iter().copied().chain(std::iter::repeat_n(nothing, fill))).collect()
}

/// Any number of images with their padding.
pub(crate) fn padded<E: Element>(pad: &Pad, input: Shape, x: &[E]) -> Vec<E> {
    let ([top, left, bottom, right], value) = (pad.pads, E::of(pad.value));
    let (output, row) = (pad.output(input), input.width * input.channels);
    let edges = |pixels: usize| std::iter::repeat_n(value, pixels * input.channels);
    let mut result = Vec::with_capacity(x.len() / input.elements() * output.elements());
    for image in x.chunks_exact(input.elements()) {
        result.extend(edges(top * output.width));
        for row in image.chunks_exact(row) {
            result.extend(edges(left));
            result.extend_from_slice(row);
            result.extend(edges(right));
        }
        result.extend(edges(bottom * output.width));
    }
    result
}
