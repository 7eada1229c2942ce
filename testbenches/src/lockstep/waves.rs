//! Waves of both sides.

use super::LockstepError;
use super::history::{History, Moment};
use mpqc_ir::design::Design;
use mpqc_sim::trace::{Beat, Watch, Waves, WavesError};
use std::path::Path;

/// Which side of a moment is written.
type SideOf = fn(&Moment) -> &[Beat];

/// Writes `rtl.fst` and `sim.fst` into `folder`.
pub(super) fn write(
    folder: &Path,
    design: &Design,
    watches: &[Watch],
    history: &History,
) -> Result<(), LockstepError> {
    std::fs::create_dir_all(folder)
        .map_err(|e| LockstepError::Folder(format!("{}: {e}", folder.display())))?;
    let sides: [(&str, SideOf); 2] = [("rtl.fst", |m| &m.rtl), ("sim.fst", |m| &m.sim)];
    for (name, side) in sides {
        write_side(&folder.join(name), design, watches, history, side)?;
    }
    Ok(())
}

fn write_side(
    path: &Path,
    design: &Design,
    watches: &[Watch],
    history: &History,
    side: SideOf,
) -> Result<(), WavesError> {
    let first = history.moments().next().map_or(0, |m| m.cycle);
    let mut waves = Waves::create(path, design, watches, first)?;
    history.moments().try_for_each(|moment| waves.record(moment.cycle, side(moment)))?;
    waves.finish()
}
