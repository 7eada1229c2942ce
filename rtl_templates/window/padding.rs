//! Which taps lie in the padding.

use crate::condition::Condition;
use crate::walk::Walk;
use mpqc_ir::design::blocks::{Axis, Window};

/// When the tap to be read lies in the padding: one of these holds.
pub(super) fn conditions(block: &Window, reader: &Walk) -> Vec<Condition> {
    let rows = outside(reader, "row", "tap_row", &block.rows());
    let columns = outside(reader, "column", "tap_column", &block.columns());
    rows.into_iter().chain(columns).filter(|tap| *tap != Condition::Never).collect()
}

/// For each tap, at which positions it lies before or behind the image.
fn outside(reader: &Walk, position: &str, tap: &str, axis: &Axis) -> Vec<Condition> {
    let at = |p: usize, t: usize| axis.first(p) + (t * axis.dilation) as i64;
    let below = |t: usize, limit: i64| (0..axis.steps).take_while(|p| at(*p, t) < limit).count();
    let of_tap = |t: usize| {
        let (first, end) = (below(t, 0), below(t, axis.kept as i64));
        let out = Condition::any([reader.below(position, first), reader.from(position, end)]);
        Condition::all([reader.is(tap, t), out])
    };
    (0..axis.kernel).map(of_tap).collect()
}
