//! Waves of both sides in FST (the format of GTKWave and Surfer), one scope a stream.

use super::LockstepError;
use super::expected::Beat;
use super::history::{History, Moment};
use super::watch::Watch;
use fst_writer::{
    FstBodyWriter, FstFileType, FstHeaderWriter, FstInfo, FstScopeType, FstSignalId, FstSignalType,
    FstVarDirection, FstVarType, open_fst,
};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// Nanoseconds a cycle: time `n · 10` is cycle `n`.
const PERIOD: u64 = 10;

type Header = FstHeaderWriter<BufWriter<File>>;
type Body = FstBodyWriter<BufWriter<File>>;

/// Which side of a moment is written.
type SideOf = fn(&Moment) -> &[Beat];

/// Writes `rtl.fst` and `sim.fst` into `folder`.
pub(super) fn write(folder: &Path, watches: &[Watch], history: &History) -> Result<(), LockstepError> {
    let failed = |e: String| LockstepError::Waves(format!("{}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
    let sides: [(&str, SideOf); 2] = [("rtl.fst", |m| &m.rtl), ("sim.fst", |m| &m.sim)];
    for (name, side) in sides {
        write_side(&folder.join(name), watches, history, side).map_err(|e| failed(e.to_string()))?;
    }
    Ok(())
}

fn write_side(path: &Path, watches: &[Watch], history: &History, side: SideOf) -> fst_writer::Result<()> {
    let start_time = history.moments().next().map_or(0, |m| m.cycle * PERIOD);
    let info = FstInfo {
        start_time,
        timescale_exponent: -9,
        version: concat!("mpqc ", env!("CARGO_PKG_VERSION")).into(),
        date: String::new(),
        file_type: FstFileType::Verilog,
    };
    let mut header = open_fst(path, &info)?;
    let signals = watches.iter().map(|watch| declare(&mut header, watch)).collect::<Result<Vec<_>, _>>()?;
    let mut body = header.finish()?;
    for moment in history.moments() {
        body.time_change(moment.cycle * PERIOD)?;
        for ((watch, ids), beat) in watches.iter().zip(&signals).zip(side(moment)) {
            change(&mut body, watch, ids, beat)?;
        }
    }
    body.finish().map(|_| ())
}

fn declare(header: &mut Header, watch: &Watch) -> fst_writer::Result<[FstSignalId; 3]> {
    header.scope(&watch.name, "stream", FstScopeType::Module)?;
    let mut wire = |name: &str, width: usize| {
        header.var(
            name,
            FstSignalType::bit_vec(width as u32),
            FstVarType::Wire,
            FstVarDirection::Implicit,
            None,
        )
    };
    let ids = [wire("valid", 1)?, wire("ready", 1)?, wire("data", watch.width)?];
    header.up_scope()?;
    Ok(ids)
}

fn change(body: &mut Body, watch: &Watch, ids: &[FstSignalId; 3], beat: &Beat) -> fst_writer::Result<()> {
    let bit = |b: bool| if b { b"1" } else { b"0" };
    body.signal_change(ids[0], bit(beat.valid))?;
    body.signal_change(ids[1], bit(beat.ready))?;
    let digit = |i: usize| b'0' + ((beat.data[i / 32] >> (i % 32)) & 1) as u8;
    let data: Vec<u8> = (0..watch.width).rev().map(|i| if beat.valid { digit(i) } else { b'x' }).collect();
    body.signal_change(ids[2], &data)
}
