//! The beats of an image, pixel by pixel.

use std::sync::Arc;

/// The position of the next beat of an image that is sent row by row, every pixel in `slices` beats; some of
/// its rows and columns are marked.
#[derive(Clone, Debug)]
pub(crate) struct Raster {
    rows: Arc<[bool]>,
    columns: Arc<[bool]>,
    slices: usize,
    row: usize,
    column: usize,
    slice: usize,
}

impl Raster {
    /// The first beat of an image of these rows and columns, each with whether it is marked.
    pub fn new(
        rows: impl Iterator<Item = bool>,
        columns: impl Iterator<Item = bool>,
        slices: usize,
    ) -> Raster {
        Raster { rows: rows.collect(), columns: columns.collect(), slices, row: 0, column: 0, slice: 0 }
    }

    /// Whether the pixel lies in a marked row and in a marked column.
    #[inline]
    pub fn marked(&self) -> bool {
        self.rows[self.row] && self.columns[self.column]
    }

    /// On to the next beat; after the last, to the next image's first.
    #[inline]
    pub fn step(&mut self) {
        self.slice += 1;
        if self.slice == self.slices {
            self.slice = 0;
            self.column += 1;
            if self.column == self.columns.len() {
                self.column = 0;
                self.row = if self.row + 1 == self.rows.len() { 0 } else { self.row + 1 };
            }
        }
    }

    /// Appends the position; always as many words.
    pub fn state(&self, into: &mut Vec<u64>) {
        into.extend([self.row, self.column, self.slice].map(|i| i as u64));
    }
}
