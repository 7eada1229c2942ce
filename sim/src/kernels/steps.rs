//! Step functions: how many thresholds a value reaches.

use mpqc_ir::int_network;
use mpqc_ir::number::IntType;
use std::sync::Arc;

/// A step function per channel.
#[derive(Debug)]
pub(crate) struct Steps {
    thresholds: Arc<int_network::Thresholds>,
    /// Codes per step: two for ±1.
    step: i64,
    channels: usize,
}

impl Steps {
    /// Prepares thresholds of codes of type `output` for vectors of `channels` elements.
    pub fn new(thresholds: &Arc<int_network::Thresholds>, output: IntType, channels: usize) -> Self {
        Steps { thresholds: thresholds.clone(), step: if output.is_bipolar() { 2 } else { 1 }, channels }
    }

    /// The codes of all vectors.
    pub fn apply(&self, x: &[i64]) -> Vec<i64> {
        let rows: Vec<(&[i64], i64)> = (0..self.channels).map(|channel| self.row(channel)).collect();
        let code = |(v, (row, flip)): (&i64, &(&[i64], i64))| {
            let reached = row.partition_point(|threshold| *threshold <= v ^ flip);
            self.thresholds.base + self.step * reached as i64
        };
        x.chunks(self.channels).flat_map(|vector| vector.iter().zip(&rows).map(code)).collect()
    }

    /// Ascending thresholds of a channel, and −1 where it falls: `v ^ −1 = !v`.
    fn row(&self, channel: usize) -> (&[i64], i64) {
        let table = &self.thresholds.table;
        let row = if table.nrows() == 1 { 0 } else { channel };
        let falls = &self.thresholds.falling;
        let falls = falls[if falls.len() == 1 { 0 } else { channel }];
        let thresholds = table.row(row).to_slice().expect("a table is stored row by row");
        (thresholds, -i64::from(falls))
    }
}
