//! The order in which a window's words are read.

use mpqc_ir::design::blocks::{Axis, Window};
use std::sync::Arc;

/// The position of the next beat to read, and how far it is from the oldest word that is not freed. Moving on takes
/// a few additions; only a new tap takes products.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    walk: Arc<Walk>,
    /// Window.
    y: usize,
    x: usize,
    group: usize,
    sending: usize,
    /// Tap.
    row: usize,
    column: usize,
    slice: usize,
    /// Words after the oldest; meaningless in the padding.
    ahead: i64,
    /// Whether the tap lies in the padding.
    padding: bool,
}

/// What stays the same.
#[derive(Debug)]
struct Walk {
    rows: Axis,
    columns: Axis,
    /// Words of a kept row, of a kept pixel, and of a pixel's group.
    row_words: i64,
    slices: i64,
    group_slices: usize,
    groups: usize,
    repeats: usize,
    frame_words: i64,
}

impl Walk {
    /// [`Window::base`] from axes at hand.
    fn base(&self, y: usize, x: usize) -> i64 {
        match self.rows.first(y) {
            row if row < 0 => 0,
            row => row * self.row_words + self.columns.first(x).max(0) * self.slices,
        }
    }

    /// [`Window::freed`] from axes at hand.
    fn freed(&self, y: usize, x: usize) -> i64 {
        let next = match (x + 1 < self.columns.steps, y + 1 < self.rows.steps) {
            (true, _) => self.base(y, x + 1),
            (false, true) => self.base(y + 1, 0),
            (false, false) => self.frame_words,
        };
        next - self.base(y, x)
    }
}

/// Counts up; whether that ends a round of `count`.
#[inline]
fn wraps(counter: &mut usize, count: usize) -> bool {
    *counter += 1;
    let wraps = *counter == count;
    if wraps {
        *counter = 0;
    }
    wraps
}

impl Reader {
    /// Before the first beat of a frame's first window.
    pub fn new(window: &Window) -> Reader {
        let walk = Walk {
            rows: window.rows(),
            columns: window.columns(),
            row_words: window.row_words() as i64,
            slices: window.slices() as i64,
            group_slices: window.group_slices(),
            groups: window.window.groups,
            repeats: window.repeats,
            frame_words: window.frame_words() as i64,
        };
        let mut reader = Reader {
            walk: Arc::new(walk),
            y: 0,
            x: 0,
            group: 0,
            sending: 0,
            row: 0,
            column: 0,
            slice: 0,
            ahead: 0,
            padding: false,
        };
        reader.find_tap();
        reader
    }

    /// Whether the next beat is one of the padding.
    #[inline]
    pub fn padding(&self) -> bool {
        self.padding
    }

    /// How many words after the oldest the next beat is, unless it is one of the padding.
    #[inline]
    pub fn ahead(&self) -> i64 {
        self.ahead
    }

    /// On to the next beat; the words that the one read frees.
    #[inline]
    pub fn step(&mut self) -> i64 {
        if !wraps(&mut self.slice, self.walk.group_slices) {
            self.ahead += 1;
            return 0;
        }
        let freed = if self.next_tap() { self.next_window() } else { 0 };
        self.find_tap();
        freed
    }

    /// On to the next tap; whether that ends the window.
    fn next_tap(&mut self) -> bool {
        wraps(&mut self.column, self.walk.columns.kernel)
            && wraps(&mut self.row, self.walk.rows.kernel)
            && wraps(&mut self.sending, self.walk.repeats)
            && wraps(&mut self.group, self.walk.groups)
    }

    /// On to the next window; the words that this frees.
    fn next_window(&mut self) -> i64 {
        let freed = self.walk.freed(self.y, self.x);
        if wraps(&mut self.x, self.walk.columns.steps) {
            wraps(&mut self.y, self.walk.rows.steps);
        }
        freed
    }

    /// Where the tap's first beat is.
    fn find_tap(&mut self) {
        let walk = &*self.walk;
        let row = walk.rows.source(self.y, self.row);
        let column = walk.columns.source(self.x, self.column);
        let pixel = row.zip(column).map(|(r, c)| r as i64 * walk.row_words + c as i64 * walk.slices);
        let word = pixel.map(|word| word + (self.group * walk.group_slices) as i64);
        self.padding = word.is_none();
        self.ahead = word.map_or(0, |word| word - walk.base(self.y, self.x));
    }

    /// Appends the position; always as many words.
    pub fn state(&self, into: &mut Vec<u64>) {
        let window = [self.y, self.x, self.group, self.sending];
        into.extend(window.into_iter().chain([self.row, self.column, self.slice]).map(|i| i as u64));
    }
}
