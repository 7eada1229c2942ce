//! Step functions: how many thresholds a value reaches.

use super::channels::per_channel;
use super::dispatch::dispatched;
use super::matmul::{LANES, ROWS};
use crate::function::{Element, Tensor, Width, with_elements, with_word};
use mpqc_ir::int_network;
use mpqc_ir::number::IntType;
use std::ops::{AddAssign, BitXor};
use std::sync::Arc;

/// A step function per channel.
#[derive(Debug)]
pub(crate) struct Steps {
    thresholds: Arc<int_network::Thresholds>,
    /// Codes per step: two for ±1.
    step: i64,
    /// Words of the codes.
    output: Width,
    /// Per channel −1 where the function falls (`v ^ −1 = !v`), else 0.
    flips: Vec<i64>,
    /// Where there are few: flips and thresholds `[threshold][channel]`, in words of the input.
    columns: Option<[Tensor; 2]>,
}

impl Steps {
    /// Up to so many thresholds, comparing with all of them, several channels at once, is faster than a
    /// search.
    const FEW: usize = 15;

    /// Prepares thresholds from `input` to codes of type `output` for vectors of `channels` elements.
    pub fn new(
        thresholds: &Arc<int_network::Thresholds>,
        input: IntType,
        output: IntType,
        channels: usize,
    ) -> Self {
        let falling = &thresholds.falling;
        let falls = |channel: usize| falling[if falling.len() == 1 { 0 } else { channel }];
        let mut steps = Steps {
            thresholds: thresholds.clone(),
            step: if output.is_bipolar() { 2 } else { 1 },
            output: Width::of(output),
            flips: (0..channels).map(|channel| -i64::from(falls(channel))).collect(),
            columns: None,
        };
        steps.columns = (thresholds.table.ncols() <= Self::FEW).then(|| steps.columns(input));
        steps
    }

    /// Flips and thresholds by column; thresholds that are never or always reached at the next value that is.
    fn columns(&self, input: IntType) -> [Tensor; 2] {
        let reachable = |flip: i64, threshold: i64| {
            let (a, b) = (input.min ^ flip, input.max ^ flip);
            threshold.clamp(a.min(b), a.max(b) + 1)
        };
        let column = |k: usize| {
            self.flips.iter().enumerate().map(move |(channel, flip)| reachable(*flip, self.row(channel)[k]))
        };
        let width = Width::of(input);
        let columns = (0..self.thresholds.table.ncols()).flat_map(column);
        [Tensor::collect(width, self.flips.iter().copied()), Tensor::collect(width, columns)]
    }

    /// The codes of all vectors.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        with_word!(self.output, Y => with_elements!(x, x => Y::tensor(self.codes(x))))
    }

    fn codes<X: Word, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        let base = self.thresholds.base;
        let columns = self.columns.as_ref().map(|columns| columns.each_ref().map(X::elements));
        let Some([Some(flips), Some(columns)]) = columns else {
            return self.search(x, |count| base + self.step * count);
        };
        let (mut counts, mut codes) = (vec![X::default(); ROWS * flips.len()], vec![Y::default(); x.len()]);
        let groups = x.chunks(ROWS * flips.len()).zip(codes.chunks_mut(ROWS * flips.len()));
        for (x, codes) in groups {
            let counts = &mut counts[..x.len()];
            counts.fill(X::default());
            count_reached(x, columns, flips, counts);
            encode(counts, base, self.step, codes);
        }
        codes
    }

    /// Codes by binary search for the thresholds reached.
    fn search<X: Element, Y: Element>(&self, x: &[X], code: impl Fn(i64) -> i64) -> Vec<Y> {
        let rows = self.flips.iter().enumerate().map(|(channel, flip)| (self.row(channel), *flip));
        let rows: Vec<(&[i64], i64)> = rows.collect();
        per_channel(x, &rows, |v, (row, flip)| {
            code(row.partition_point(|threshold| *threshold <= v ^ flip) as i64)
        })
    }

    /// Ascending thresholds of a channel.
    fn row(&self, channel: usize) -> &[i64] {
        let table = &self.thresholds.table;
        let row = table.row(if table.nrows() == 1 { 0 } else { channel });
        row.to_slice().expect("a table is stored row by row")
    }
}

/// A word that counts.
pub(super) trait Word: Element + BitXor<Output = Self> + AddAssign + From<bool> {}

impl<T: Element + BitXor<Output = T> + AddAssign + From<bool>> Word for T {}

dispatched! {
    /// Adds to `y`, which is zero, how many thresholds of its column each value of `x` reaches.
    fn count_reached<X: Word>(x: &[X], columns: &[X], flips: &[X], y: &mut [X]) = compare_all
}

dispatched! {
    /// Codes of counts: `base + step · count`.
    fn encode<X: Word, Y: Element>(counts: &[X], base: i64, step: i64, codes: &mut [Y]) = codes_of
}

/// A constant step multiplies in the words' own width.
#[inline(always)]
fn codes_of<X: Word, Y: Element>(counts: &[X], base: i64, step: i64, codes: &mut [Y]) {
    let pairs = codes.iter_mut().zip(counts);
    match step {
        2 => pairs.for_each(|(code, count)| *code = Y::of(base + 2 * count.value())),
        _ => pairs.for_each(|(code, count)| *code = Y::of(base + count.value())),
    }
}

#[inline(always)]
fn compare_all<X: Word>(x: &[X], columns: &[X], flips: &[X], y: &mut [X]) {
    let channels = flips.len();
    for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
        let (blocks, rest) = y.as_chunks_mut::<LANES>();
        let done = blocks.len() * LANES;
        for (b, block) in blocks.iter_mut().enumerate() {
            *block = count_block(x, columns, flips, b * LANES);
        }
        for column in columns.chunks_exact(channels) {
            let tails = x[done..].iter().zip(&flips[done..]).zip(&column[done..]);
            for (y, ((x, flip), threshold)) in rest.iter_mut().zip(tails) {
                *y += X::from(*x ^ *flip >= *threshold);
            }
        }
    }
}

/// Counts of [`LANES`] channels from `first` on, in registers.
#[inline(always)]
fn count_block<X: Word>(x: &[X], columns: &[X], flips: &[X], first: usize) -> [X; LANES] {
    let (mut values, mut counts) = ([X::default(); LANES], [X::default(); LANES]);
    for ((value, x), flip) in values.iter_mut().zip(&x[first..]).zip(&flips[first..]) {
        *value = *x ^ *flip;
    }
    for column in columns.chunks_exact(flips.len()) {
        for ((count, value), threshold) in counts.iter_mut().zip(&values).zip(&column[first..]) {
            *count += X::from(*value >= *threshold);
        }
    }
    counts
}
