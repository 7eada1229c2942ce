//! Designs of many small blocks beside each other, and the frames that show them every value.

use mpqc_ir::design::Design;
use mpqc_ir::design::blocks::{MemoryStyle, Multiplier};
use mpqc_ir::design::testing::{Chain, Mac, Random};
use mpqc_ir::number::{Encoding, IntType};
use ndarray::Array2;

/// Channels of a requantizer; the second one falls.
const CHANNELS: usize = 3;

/// Inputs per row, multipliers per row, and rows at a time: folded and not, with and without absent lanes.
const FOLDS: [(usize, usize, Option<usize>); 5] =
    [(7, 2, Some(1)), (4, 4, None), (5, 3, Some(3)), (6, 1, None), (3, 4, Some(2))];

/// Types of the codes that requantizers make; scale and shift make no bipolar ones.
pub const THRESHOLD_CODES: [IntType; 9] = [u(1), u(2), u(3), u(4), i(1), i(2), i(3), i(4), IntType::BIPOLAR];

/// How many of [`THRESHOLD_CODES`] scale and shift can make.
pub const SCALE_CODES: usize = THRESHOLD_CODES.len() - 1;

const fn u(bits: u32) -> IntType {
    IntType { encoding: Encoding::Unsigned, bits, min: 0, max: (1 << bits) - 1 }
}

const fn i(bits: u32) -> IntType {
    let half = 1 << (bits - 1);
    IntType { encoding: Encoding::Signed, bits, min: -half, max: half - 1 }
}

/// Activation and weight types: signed and unsigned of 1 to 4 bits times signed of 1 to 4; ±1 with ±1, once
/// for each of [`FOLDS`]; and ±1 with numbers.
pub fn operands() -> Vec<(IntType, IntType)> {
    const B: IntType = IntType::BIPOLAR;
    let numbers = (1..=4).flat_map(|bits| [u(bits), i(bits)]);
    let pairs = numbers.flat_map(|x| (1..=4).map(move |bits| (x, i(bits))));
    pairs.chain([(B, B); FOLDS.len()]).chain([(u(2), B), (i(3), B), (B, i(2)), (B, i(4))]).collect()
}

/// A MAC array for every pair of [`operands`], whose weights put every value into every column.
pub fn mac_arrays(name: &str, multiplier: Multiplier) -> Design {
    let array = |chain: Chain, (at, (x, w)): (usize, (IntType, IntType))| {
        let (columns, simd, pe) = FOLDS[at % FOLDS.len()];
        let rows = covering(w, columns);
        let mac = Mac::new(rows.len(), simd, pe.unwrap_or(rows.len()))
            .weights(w)
            .multiplier(if x.is_bipolar() || w.is_bipolar() { Multiplier::Lut } else { multiplier })
            .memory(memory(at, pe.is_none() && columns <= simd));
        let weights = Array2::from_shape_fn((rows.len(), columns), |(row, column)| rows[row][column]);
        chain.input(x, simd, columns).mac_of(mac, weights)
    };
    operands().into_iter().enumerate().fold(Chain::new(name), array).finish()
}

fn memory(at: usize, is_one_word: bool) -> MemoryStyle {
    match at % 2 {
        _ if is_one_word => MemoryStyle::Constant,
        0 => MemoryStyle::Distributed,
        _ => MemoryStyle::Block,
    }
}

/// Types of a requantizer's values: signed and unsigned of 1 to 8 bits.
fn values() -> impl Iterator<Item = IntType> {
    (1..=8).flat_map(|bits| [u(bits), i(bits)])
}

/// Every type of value to every one of the first `codes` types of codes.
pub fn all_conversions(codes: usize) -> Vec<(IntType, IntType)> {
    values().flat_map(|from| THRESHOLD_CODES[..codes].iter().map(move |to| (from, *to))).collect()
}

/// Every type of value to two types of codes, all of which occur.
pub fn conversions(codes: usize) -> Vec<(IntType, IntType)> {
    let pair = |(at, from)| [2 * at, 2 * at + 1].map(|code| (from, THRESHOLD_CODES[code % codes]));
    values().enumerate().flat_map(pair).collect()
}

/// A threshold requantizer for every conversion, with random thresholds per channel; every fourth with one
/// row for all channels.
pub fn thresholds(name: &str, conversions: &[(IntType, IntType)]) -> Design {
    requantizers(name, conversions, |chain, at, code| chain.thresholds(code, at % 4 != 0))
}

/// A multiply-add-shift requantizer for every conversion, as [`thresholds`]; every other one in DSP slices.
pub fn scale_shifts(name: &str, conversions: &[(IntType, IntType)]) -> Design {
    requantizers(name, conversions, |chain, at, code| chain.scale_shift(code, at % 4 != 0, at % 2 == 1))
}

fn requantizers(
    name: &str,
    conversions: &[(IntType, IntType)],
    requantize: impl Fn(Chain, usize, IntType) -> Chain,
) -> Design {
    let add = |chain: Chain, (at, (value, code)): (usize, &(IntType, IntType))| {
        requantize(chain.input(*value, 1 + at % CHANNELS, CHANNELS), at, *code)
    };
    conversions.iter().enumerate().fold(Chain::new(name), add).finish()
}

/// A small network with both kinds of requantizers, and random frames for it.
pub fn network() -> (Design, Vec<Vec<Vec<i64>>>) {
    let design = Chain::new("network")
        .seed(7)
        .input(u(3), 2, 8)
        .mac(Mac::new(6, 4, 3))
        .thresholds(u(2), true)
        .mac(Mac::new(5, 3, 1).weights(i(3)))
        .scale_shift(i(4), true, false)
        .mac(Mac::new(4, 2, 4).weights(i(2)))
        .finish();
    let mut random = Random(11);
    let frames = (0..40).map(|_| vec![(0..8).map(|_| random.value(u(3))).collect()]).collect();
    (design, frames)
}

/// Frames that show every lane of every input every value of its type.
///
/// Together with the weights of [`mac_arrays`] every multiplier sees every pair of operands, and every row
/// its lowest and highest sum.
pub fn every_value(design: &Design) -> Vec<Vec<Vec<i64>>> {
    let rows_of = |node| {
        let stream = &design.graph[design.outputs_of(node)[0]];
        covering(stream.elem, stream.vector)
    };
    let ports: Vec<Vec<Vec<i64>>> = design.inputs.iter().map(|node| rows_of(*node)).collect();
    let frames = ports.iter().map(Vec::len).max().unwrap_or(0);
    (0..frames).map(|frame| ports.iter().map(|rows| rows[frame % rows.len()].clone()).collect()).collect()
}

/// Rows that put every value of a type into every column, and two that are its lowest and its highest value.
fn covering(ty: IntType, columns: usize) -> Vec<Vec<i64>> {
    let values: Vec<i64> = (ty.min..=ty.max).filter(|value| ty.contains(*value)).collect();
    let cyclic = |row| (0..columns).map(|column| values[(row + column) % values.len()]).collect();
    let mut rows: Vec<Vec<i64>> = (0..values.len()).map(cyclic).collect();
    rows.extend([ty.min, ty.max].map(|value| vec![value; columns]));
    rows
}
