//! Random geometries of the blocks over images, and of arrays over several of their pixels, in lock-step, a dozen blocks
//! a design.

mod common;

use mpqc_ir::design::DspSlice;
use mpqc_ir::design::blocks::{DspRows, MemoryStyle, Multiplier, Overlap, Packing, RamStyle};
use mpqc_ir::design::testing::{Chain, Mac, Random};
use mpqc_ir::int_network::{PoolFunction, Window};
use mpqc_ir::number::IntType;

/// Blocks per design: each has an input and an output of its own.
const BLOCKS: usize = 12;

/// A stream of the pixels of an image.
struct Image {
    height: usize,
    width: usize,
    channels: usize,
    slices: usize,
    elem: IntType,
    open: Chain,
}

fn between(random: &mut Random, min: usize, max: usize) -> usize {
    random.within(min as i64, max as i64) as usize
}

fn one_of<T: Copy>(random: &mut Random, choices: &[T]) -> T {
    choices[between(random, 0, choices.len() - 1)]
}

fn image(random: &mut Random, chain: Chain) -> Image {
    let types = [IntType::quantizer(false, 3, false), IntType::quantizer(true, 4, false), IntType::BIPOLAR];
    let [height, width] = [7, 7].map(|most| between(random, 1, most));
    let (lanes, slices) = (between(random, 1, 2), one_of(random, &[1, 2, 4]));
    // What a pixel's last beat lacks is filled.
    let fill = if slices == 4 { between(random, 0, lanes - 1) } else { 0 };
    let (elem, channels) = (one_of(random, &types), lanes * slices - fill);
    let open = chain.vectors(height * width).input(elem, lanes, channels);
    Image { height, width, channels, slices, elem, open }
}

/// A window that reads a pixel of the image, if this draw is one.
fn window(random: &mut Random, image: &Image, padded: bool) -> Option<Window> {
    let mut pair = |most: usize| [0; 2].map(|_| between(random, 1, most));
    let (kernel, stride, dilation) = (pair(4), pair(4), pair(3));
    let bare = Window { kernel, stride, dilation, pads: [0; 4], value: 3, groups: 1 };
    let padded = padded && !image.elem.is_bipolar();
    let pads = [0, 1, 0, 1].map(|axis| if padded { between(random, 0, bare.extent(axis) - 1) } else { 0 });
    let window = Window { pads, ..bare };
    let reads = |axis: usize, size: usize| {
        let tap_reads = |position, tap| window.source(axis, size, position, tap).is_some();
        (0..window.positions(axis, size)).any(|p| (0..kernel[axis]).any(|tap| tap_reads(p, tap)))
    };
    (reads(0, image.height) && reads(1, image.width)).then_some(window)
}

fn windows(random: &mut Random, image: Image) -> Option<Chain> {
    let groups = if image.slices.is_multiple_of(2) { one_of(random, &[1, 2]) } else { 1 };
    let window = Window { groups, ..window(random, &image, true)? };
    let (repeats, extra) = (between(random, 1, 3), one_of(random, &[0, 0, 1, 5]));
    Some(image.open.window(image.height, window, repeats, extra))
}

fn line_buffer(random: &mut Random, image: Image) -> Option<Chain> {
    let window = window(random, &image, false)?;
    let memory = one_of(random, &[RamStyle::Distributed, RamStyle::Block]);
    Some(image.open.line_buffer(image.height, window, memory))
}

fn pool(random: &mut Random, image: Image) -> Option<Chain> {
    // Pools have no lanes to fill.
    if !image.channels.is_multiple_of(image.slices) {
        return None;
    }
    let kernel = [image.height, image.width].map(|size| between(random, 1, size.min(4)));
    let function = one_of(random, &[PoolFunction::Max, PoolFunction::Sum]);
    Some(image.open.pool(image.height, image.channels, kernel, function))
}

fn depthwise(random: &mut Random, image: Image) -> Option<Chain> {
    let window = window(random, &image, true)?;
    let weights = [IntType::quantizer(true, 3, false), IntType::BIPOLAR, IntType::quantizer(false, 2, false)];
    let multiplier = one_of(random, &[Multiplier::Lut, Multiplier::Dsp]);
    let memory = one_of(random, &[MemoryStyle::Distributed, MemoryStyle::Block]);
    let (taps, weights) = (window.taps(), one_of(random, &weights));
    Some(image.open.window(image.height, window, 1, 0).depthwise(taps, weights, multiplier, memory))
}

fn pad(random: &mut Random, image: Image) -> Option<Chain> {
    let pads = [0; 4].map(|_| between(random, 0, 2));
    let value = if image.elem.is_bipolar() { -1 } else { 2 };
    Some(image.open.pad(image.height, pads, value))
}

/// An array whose vectors are several pixels or whose weights are several taps, two rows of an image a frame.
fn overlapping(random: &mut Random, chain: &Chain) -> Chain {
    let [lanes, beats, passes, pe] = [5, 3, 3, 3].map(|most| between(random, 1, most));
    let (pixels, taps) = (between(random, 1, 4), between(random, 1, 4));
    let taps = if pixels * taps == 1 { 3 } else { taps };
    let passes = if beats * passes == 1 { 2 } else { passes };
    let signed = one_of(random, &[false, true]);
    let x = IntType::quantizer(pixels == 1 && signed, between(random, 1, 5) as u32 + 1, false);
    let w = IntType::quantizer(one_of(random, &[false, true]), between(random, 1, 3) as u32 + 1, false);
    let chunk = one_of(random, &[1, lanes]);
    let columns = (taps - 1).div_ceil(pixels) + between(random, 1, 3);
    let per_stage = between(random, 1, 3);
    let array = Mac::new(pe * passes, lanes * pixels, pe).weights(w).per_stage(per_stage);
    let array = array.overlap(pixels, taps, columns).chunk(chunk);
    let array = Mac { dsp: slices(random, &array, x, lanes), ..array };
    let input = chain.clone().vectors(2 * columns).input(x, array.simd, lanes * beats * pixels);
    input.mac(array)
}

/// Some of an array's rows in DSP slices, with any number of rows that a slice takes; none where it takes none.
fn slices(random: &mut Random, array: &Mac, x: IntType, lanes: usize) -> DspRows {
    let (slice, overlap): (DspSlice, Overlap) = (DspSlice::default(), array.overlap);
    let packing = |rows: &usize| Packing::new(*rows, lanes, x, array.w, slice, overlap);
    let fits = |rows: &usize| packing(rows).is_some_and(|p| p.is_in_time(lanes, array.per_stage));
    let all: Vec<usize> = (1..=4).filter(fits).collect();
    let products = if all.is_empty() { return DspRows::NONE } else { one_of(random, &all) };
    DspRows { rows: between(random, 1, array.pe), products }
}

/// One more input, block and output.
fn extended(random: &mut Random, chain: &Chain) -> Chain {
    let blocks = [windows, windows, line_buffer, pool, depthwise, pad];
    loop {
        let image = image(random, chain.clone());
        if let Some(chain) = one_of(random, &blocks)(random, image) {
            return chain;
        }
    }
}

/// Designs of many blocks each, one after another as `extend` draws them.
fn agree(name: &str, seed: u64, designs: usize, extend: fn(&mut Random, &Chain) -> Chain) {
    let mut random = Random(seed);
    common::all((0..designs).map(|i| {
        let empty = Chain::new(&format!("{name}_{i}"));
        (0..BLOCKS).fold(empty, |chain, _| extend(&mut random, &chain)).finish()
    }));
}

#[test]
fn random_blocks_agree() {
    agree("random", 17, 3, extended);
}

#[test]
fn random_arrays_of_several_pixels_agree() {
    agree("random_arrays", 23, 2, overlapping);
}
