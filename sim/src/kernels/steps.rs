//! Step functions: how many thresholds a value reaches.

use super::channels::per_channel;
use super::dispatch::dispatched;
use mpqc_ir::int_network;
use mpqc_ir::number::IntType;
use std::sync::Arc;

/// A step function per channel.
#[derive(Debug)]
pub(crate) struct Steps {
    thresholds: Arc<int_network::Thresholds>,
    /// Codes per step: two for ±1.
    step: i64,
    /// Per channel −1 where the function falls (`v ^ −1 = !v`), else 0.
    flips: Vec<i64>,
    /// Where there are few: thresholds `[threshold][channel]`.
    columns: Option<Vec<i64>>,
}

impl Steps {
    /// Up to so many thresholds, comparing with all of them, several channels at once, is faster than a
    /// search.
    const FEW: usize = 15;

    /// Prepares thresholds of codes of type `output` for vectors of `channels` elements.
    pub fn new(thresholds: &Arc<int_network::Thresholds>, output: IntType, channels: usize) -> Self {
        let falling = &thresholds.falling;
        let falls = |channel: usize| falling[if falling.len() == 1 { 0 } else { channel }];
        let mut steps = Steps {
            thresholds: thresholds.clone(),
            step: if output.is_bipolar() { 2 } else { 1 },
            flips: (0..channels).map(|channel| -i64::from(falls(channel))).collect(),
            columns: None,
        };
        let count = thresholds.table.ncols();
        if count <= Self::FEW {
            let column = |k| (0..channels).map(move |channel| (k, channel));
            let columns = (0..count).flat_map(column).map(|(k, channel)| steps.row(channel)[k]).collect();
            steps.columns = Some(columns);
        }
        steps
    }

    /// The codes of all vectors.
    pub fn apply(&self, x: &[i64]) -> Vec<i64> {
        let mut codes = match &self.columns {
            Some(columns) => {
                let mut y = vec![0; x.len()];
                count_reached(x, columns, &self.flips, &mut y);
                y
            }
            None => self.search(x),
        };
        codes.iter_mut().for_each(|code| *code = self.thresholds.base + self.step * *code);
        codes
    }

    /// Thresholds reached by every value, by binary search.
    fn search(&self, x: &[i64]) -> Vec<i64> {
        let rows = self.flips.iter().enumerate().map(|(channel, flip)| (self.row(channel), *flip));
        let rows: Vec<(&[i64], i64)> = rows.collect();
        per_channel(x, &rows, |v, (row, flip)| row.partition_point(|threshold| *threshold <= v ^ flip) as i64)
    }

    /// Ascending thresholds of a channel.
    fn row(&self, channel: usize) -> &[i64] {
        let table = &self.thresholds.table;
        let row = table.row(if table.nrows() == 1 { 0 } else { channel });
        row.to_slice().expect("a table is stored row by row")
    }
}

dispatched! {
    /// Adds to `y` how many thresholds of its column each value of `x` reaches.
    fn count_reached(x: &[i64], columns: &[i64], flips: &[i64], y: &mut [i64]) = compare_all
}

#[inline(always)]
fn compare_all(x: &[i64], columns: &[i64], flips: &[i64], y: &mut [i64]) {
    for (x, y) in x.chunks_exact(flips.len()).zip(y.chunks_exact_mut(flips.len())) {
        for column in columns.chunks_exact(flips.len()) {
            for (((x, y), threshold), flip) in x.iter().zip(&mut *y).zip(column).zip(flips) {
                *y += i64::from(x ^ flip >= *threshold);
            }
        }
    }
}
