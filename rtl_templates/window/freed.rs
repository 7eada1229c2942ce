//! How many words the end of a window frees.

use crate::choice::Case;
use crate::condition::Condition;
use crate::walk::Walk;
use mpqc_ir::design::blocks::Window;
use std::ops::Range;

/// Windows of some rows and columns.
struct Region {
    rows: Range<usize>,
    columns: Range<usize>,
    comment: &'static str,
}

impl Region {
    fn holds(&self, row: usize, column: usize) -> bool {
        self.rows.contains(&row) && self.columns.contains(&column)
    }

    fn condition(&self, reader: &Walk) -> Condition {
        let within = |name, range: &Range<usize>| {
            let last = range.start + 1 == range.end;
            match last {
                true => reader.is(name, range.start),
                false => Condition::all([reader.from(name, range.start), reader.below(name, range.end)]),
            }
        };
        Condition::all([within("row", &self.rows), within("column", &self.columns)])
    }
}

/// The regions of windows that free as many words each; of several that hold a window the first counts.
fn regions(block: &Window) -> Vec<Region> {
    let (rows, columns) = (block.rows(), block.columns());
    let outside = |before: usize, stride: usize, steps: usize| before.div_ceil(stride).min(steps);
    let above = outside(rows.before, rows.stride, rows.steps);
    let left = outside(columns.before, columns.stride, columns.steps);
    let last_row = rows.steps - 1..rows.steps;
    let last_column = columns.steps - 1..columns.steps;
    let region = |rows, columns, comment| Region { rows, columns, comment };
    let (all_rows, all_columns) = (0..rows.steps, 0..columns.steps);
    vec![
        region(last_row, last_column.clone(), "the frame is read"),
        region(0..above.saturating_sub(1), last_column.clone(), "the next row begins above the image, too"),
        region(above.saturating_sub(1)..above, last_column.clone(), "the next row begins in the image"),
        region(all_rows.clone(), last_column, "next row"),
        region(0..above, all_columns.clone(), "windows begin above the image"),
        region(all_rows.clone(), 0..left.saturating_sub(1), "the next window begins left of the image, too"),
        region(all_rows.clone(), left.saturating_sub(1)..left, "the next window begins in the image"),
        region(all_rows, all_columns, "next window"),
    ]
}

/// The words that the end of a window frees, by where it is; none where a region's windows disagree.
pub(super) fn cases(block: &Window, reader: &Walk) -> Option<Vec<Case>> {
    let regions = regions(block);
    let mut words: Vec<Option<usize>> = vec![None; regions.len()];
    let (rows, columns) = (block.rows().steps, block.columns().steps);
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        let freed = block.freed(row, column);
        let region = regions.iter().position(|region| region.holds(row, column))?;
        if *words[region].get_or_insert(freed) != freed {
            return None;
        }
    }
    let case = |(region, words): (&Region, Option<usize>)| {
        words.map(|words| Case {
            condition: region.condition(reader),
            value: words as i64,
            comment: region.comment,
        })
    };
    Some(regions.iter().zip(words).filter_map(case).collect())
}
