//! How far the registers of a window count.

use crate::text::counter_bits;
use mpqc_ir::design::blocks::{Axis, Window};

/// Bounds over all windows of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    capacity: usize,
    /// Words that the ring must hold: from a window's first word that is not freed to its last.
    pub needed: usize,
    /// Words that are freed before they are written, at most: those behind the last that any window reads.
    early: i64,
    /// The word to be read, counted from the first that is not freed, padding included.
    least: i64,
    most: i64,
}

impl Bounds {
    /// The bounds; none where no window reads a pixel, so that nothing bounds how far it runs ahead.
    pub fn new(block: &Window) -> Option<Self> {
        let (rows, columns) = (block.rows(), block.columns());
        let windows = || (0..rows.steps).flat_map(|row| (0..columns.steps).map(move |column| (row, column)));
        let end = |(row, column): (usize, usize)| {
            let pixel = last(&rows, row).zip(last(&columns, column));
            pixel.map(|(row, column)| row * block.row_words() + (column + 1) * block.slices())
        };
        let span = (rows.kernel - 1) * rows.dilation * block.row_words()
            + (columns.kernel - 1) * columns.dilation * block.slices()
            + block.slices();
        // Words that are surely written, from those that the frame before read.
        let mut written = windows().filter_map(end).max()? as i64 - block.frame_words() as i64;
        let mut bounds = Bounds { capacity: block.capacity, needed: 0, early: 0, least: 0, most: 0 };
        for (row, column) in windows() {
            let (base, origin) = (block.base(row, column), block.origin(row, column));
            if let Some(end) = end((row, column)) {
                bounds.needed = bounds.needed.max(end - base);
                written = written.max(end as i64);
            }
            bounds.early = bounds.early.max((base + block.freed(row, column)) as i64 - written);
            bounds.least = bounds.least.min(origin - base as i64);
            bounds.most = bounds.most.max(origin - base as i64 + span as i64);
        }
        Some(bounds)
    }

    /// Width of the number of stored words, which may fall below zero until the words freed early are written.
    pub fn stored_bits(&self) -> usize {
        counter_bits(self.capacity + self.early as usize + 1)
    }

    /// Width of the distance from the next word written to the next one read, two's complement.
    pub fn distance_bits(&self) -> usize {
        let least = self.capacity as i64 - self.least;
        let most = self.most + self.early + 1;
        counter_bits(least.max(most) as usize) + 1
    }
}

/// The last row or column in the image under the taps of a position.
fn last(axis: &Axis, position: usize) -> Option<usize> {
    (0..axis.kernel).rev().find_map(|tap| axis.source(position, tap))
}
