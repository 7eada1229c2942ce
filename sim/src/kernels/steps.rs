//! Step functions: how many thresholds a value reaches.

use super::dispatch::dispatched;
use crate::function::{Element, Tensor, Width};
use mpqc_ir::int_network;
use mpqc_ir::number::IntType;
use std::ops::{AddAssign, BitXor};
use std::sync::Arc;

/// Channels whose values are compared side by side: a register of 16-bit words.
const BLOCK: usize = 32;

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
    /// Where there are few: flips `[block][lane]` and thresholds `[block][threshold][lane]`, in words of the input.
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

    /// Flips and thresholds, block after block of channels; thresholds that are never or always reached at the next value
    /// that is.
    fn columns(&self, input: IntType) -> [Tensor; 2] {
        let reachable = |flip: i64, threshold: i64| {
            let (a, b) = (input.min ^ flip, input.max ^ flip);
            threshold.clamp(a.min(b), a.max(b) + 1)
        };
        let channels = self.flips.len();
        let threshold = |channel: usize, k: usize| match self.flips.get(channel) {
            Some(flip) => reachable(*flip, self.row(channel)[k]),
            None => 0,
        };
        let (blocks, count) = (channels.div_ceil(BLOCK), self.thresholds.table.ncols());
        let column = |(block, k)| (0..BLOCK).map(move |lane| (block * BLOCK + lane, k));
        let all = (0..blocks).flat_map(|block| (0..count).map(move |k| (block, k))).flat_map(column);
        let flips = (0..blocks * BLOCK).map(|channel| self.flips.get(channel).copied().unwrap_or(0));
        let width = Width::of(input);
        [Tensor::collect(width, flips), Tensor::collect(width, all.map(|(channel, k)| threshold(channel, k)))]
    }

    /// Words of the codes.
    pub fn output(&self) -> Width {
        self.output
    }

    /// The codes of all vectors.
    pub fn codes<X: Steppable, Y: Element>(&self, x: &[X], codes: &mut [Y]) {
        let columns = self.columns.as_ref().map(|columns| columns.each_ref().map(X::elements));
        let Some([Some(flips), Some(columns)]) = columns else {
            return self.search(x, codes);
        };
        count_reached(x, self.flips.len(), columns, flips, self.thresholds.base, self.step, codes);
    }

    /// Codes by binary search for the thresholds reached.
    fn search<X: Element, Y: Element>(&self, x: &[X], codes: &mut [Y]) {
        let channels = self.flips.len();
        let rows: Vec<(&[i64], i64)> = (0..channels).map(|c| (self.row(c), self.flips[c])).collect();
        for (x, codes) in x.chunks_exact(channels).zip(codes.chunks_exact_mut(channels)) {
            for ((x, code), (row, flip)) in x.iter().zip(codes).zip(&rows) {
                let reached = row.partition_point(|threshold| *threshold <= x.value() ^ flip);
                *code = Y::of(self.thresholds.base + self.step * reached as i64);
            }
        }
    }

    /// Ascending thresholds of a channel.
    fn row(&self, channel: usize) -> &[i64] {
        let table = &self.thresholds.table;
        let row = table.row(if table.nrows() == 1 { 0 } else { channel });
        row.to_slice().expect("a table is stored row by row")
    }
}

/// A word that counts.
pub(crate) trait Steppable: Element + BitXor<Output = Self> + AddAssign + From<bool> {}

impl<T: Element + BitXor<Output = T> + AddAssign + From<bool>> Steppable for T {}

dispatched! {
    /// `base + step · ` how many thresholds of its channel each value reaches.
    fn count_reached<X: Steppable, Y: Element>(x: &[X], channels: usize, columns: &[X], flips: &[X], base: i64, step: i64, y: &mut [Y]) = compare_all
}

#[inline(always)]
fn compare_all<X: Steppable, Y: Element>(
    x: &[X],
    channels: usize,
    columns: &[X],
    flips: &[X],
    base: i64,
    step: i64,
    y: &mut [Y],
) {
    let (flips, _) = flips.as_chunks::<BLOCK>();
    let (columns, _) = columns.as_chunks::<BLOCK>();
    let count = columns.len() / flips.len();
    if count == 0 {
        return y.fill(Y::of(base)); // a table without thresholds
    }
    if channels.is_multiple_of(BLOCK) {
        let (x, y) = (x.as_chunks::<BLOCK>().0, y.as_chunks_mut::<BLOCK>().0);
        for (x, y) in x.chunks_exact(flips.len()).zip(y.chunks_exact_mut(flips.len())) {
            for (((x, y), flips), columns) in x.iter().zip(y).zip(flips).zip(columns.chunks_exact(count)) {
                *y = codes(x, columns, flips, base, step);
            }
        }
        return;
    }
    for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
        let blocks = x.chunks(BLOCK).zip(y.chunks_mut(BLOCK));
        for ((x, y), (flips, columns)) in blocks.zip(flips.iter().zip(columns.chunks_exact(count))) {
            let mut values = [X::default(); BLOCK];
            values[..x.len()].copy_from_slice(x);
            y.copy_from_slice(&codes::<X, Y>(&values, columns, flips, base, step)[..y.len()]);
        }
    }
}

/// Codes of a block of channels, in registers; a constant step multiplies in the words' own width.
#[inline(always)]
fn codes<X: Steppable, Y: Element>(
    x: &[X; BLOCK],
    columns: &[[X; BLOCK]],
    flips: &[X; BLOCK],
    base: i64,
    step: i64,
) -> [Y; BLOCK] {
    let (mut counts, mut codes) = ([X::default(); BLOCK], [Y::default(); BLOCK]);
    for column in columns {
        for (((count, x), flip), threshold) in counts.iter_mut().zip(x).zip(flips).zip(column) {
            *count += X::from(*x ^ *flip >= *threshold);
        }
    }
    let pairs = codes.iter_mut().zip(counts);
    match step {
        2 => pairs.for_each(|(code, count)| *code = Y::of(base + 2 * count.value())),
        _ => pairs.for_each(|(code, count)| *code = Y::of(base + count.value())),
    }
    codes
}
