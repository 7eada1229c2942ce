//! From one word that is read to the next.

use crate::choice::Case;
use crate::condition::Condition;
use crate::walk::Walk;
use mpqc_ir::design::blocks::Window;

/// A counter of the reader, and how many words the word to be read moves with it.
pub(super) struct Dimension {
    pub name: &'static str,
    pub count: usize,
    words: i64,
    comment: &'static str,
}

/// The reader's counters, innermost first.
pub(super) fn dimensions(block: &Window) -> [Dimension; 7] {
    let (rows, columns) = (block.rows(), block.columns());
    let (pixel, line) = (block.slices(), block.row_words());
    let dimension =
        |name, count, words: usize, comment| Dimension { name, count, words: words as i64, comment };
    [
        dimension("slice", block.group_slices(), 1, "next slice"),
        dimension("tap_column", columns.kernel, columns.dilation * pixel, "next tap"),
        dimension("tap_row", rows.kernel, rows.dilation * line, "next row of the kernel"),
        dimension("sending", block.repeats, 0, "the same group again"),
        dimension("group", block.window.groups, block.group_slices(), "next group"),
        dimension("column", columns.steps, columns.stride * pixel, "next window"),
        dimension("row", rows.steps, rows.stride * line, "next row of windows"),
    ]
}

/// How many words the next word to be read is ahead, by the outermost counter that moves.
pub(super) fn cases(block: &Window, reader: &Walk) -> Vec<Case> {
    let (mut cases, mut inside, mut condition) = (Vec::new(), 0, Condition::Always);
    for d in dimensions(block).iter().filter(|d| d.count > 1) {
        cases.push(Case { condition, value: d.words - inside, comment: d.comment });
        inside += (d.count as i64 - 1) * d.words;
        condition = reader.end(d.name);
    }
    cases.push(Case { condition, value: block.frame_words() as i64 - inside, comment: "next frame" });
    cases.reverse();
    cases
}
