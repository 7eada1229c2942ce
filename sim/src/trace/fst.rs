//! Waves in FST (the format of GTKWave and Surfer): a scope an ONNX node, in it a scope a stream.

use super::{Beat, Watch};
use crate::whole::WholeFile;
use fst_writer::{
    FstBodyWriter, FstFileType, FstHeaderWriter, FstInfo, FstScopeType, FstSignalId, FstSignalType,
    FstVarDirection, FstVarType, open_fst,
};
use mpqc_ir::design::Design;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Nanoseconds a cycle: time `n · 10` is cycle `n`.
const PERIOD: u64 = 10;

type Header = FstHeaderWriter<BufWriter<File>>;
type Body = FstBodyWriter<BufWriter<File>>;

/// Waves that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write waves to `{}`: {reason}; check that the folder exists and can be written", path.display())]
pub struct WavesError {
    path: PathBuf,
    reason: String,
}

/// A file of waves in the making, without its name until [`Waves::finish`].
///
/// Time is in nanoseconds, ten a cycle. Data are unknown (`x`) while a stream is not valid.
pub struct Waves {
    path: PathBuf,
    file: WholeFile,
    body: Body,
    streams: Vec<Wires>,
}

/// What a stream showed last, so that only changes are written.
struct Wires {
    valid: FstSignalId,
    ready: FstSignalId,
    data: FstSignalId,
    width: usize,
    last: Option<Beat>,
}

impl Waves {
    /// Begins a file for these streams of a design at cycle `first`.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn create(path: &Path, design: &Design, watches: &[Watch], first: u64) -> Result<Waves, WavesError> {
        let failed = |e: fst_writer::FstWriteError| error(path, &e);
        let info = FstInfo {
            start_time: first * PERIOD,
            timescale_exponent: -9,
            version: concat!("mpqc ", env!("CARGO_PKG_VERSION")).into(),
            date: String::new(),
            file_type: FstFileType::Verilog,
        };
        let file = WholeFile::create(path).map_err(|e| error(path, &e))?;
        let mut header = open_fst(file.place(), &info).map_err(failed)?;
        let streams = declare(&mut header, design, watches).map_err(failed)?;
        let body = header.finish().map_err(failed)?;
        Ok(Waves { path: path.to_owned(), file, body, streams })
    }

    /// Writes what the streams show in cycle `cycle`, later than the last one.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn record(&mut self, cycle: u64, beats: &[Beat]) -> Result<(), WavesError> {
        self.body.time_change(cycle * PERIOD).map_err(|e| error(&self.path, &e))?;
        for (wires, beat) in self.streams.iter_mut().zip(beats) {
            wires.record(&mut self.body, beat).map_err(|e| error(&self.path, &e))?;
        }
        Ok(())
    }

    /// Ends the file, which then has its name.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish(self) -> Result<(), WavesError> {
        let mut written = self.body.finish().map_err(|e| error(&self.path, &e))?;
        written.flush().and_then(|()| self.file.finish()).map_err(|e| error(&self.path, &e))
    }
}

fn error(path: &Path, reason: &dyn std::fmt::Display) -> WavesError {
    WavesError { path: path.to_owned(), reason: reason.to_string() }
}

/// Scopes in the streams' order: an ONNX node's streams that follow each other share one.
fn declare(header: &mut Header, design: &Design, watches: &[Watch]) -> fst_writer::Result<Vec<Wires>> {
    let mut streams = Vec::new();
    header.scope(&design.name, "design", FstScopeType::Module)?;
    let layers = design.layers();
    for group in watches.chunk_by(|a, b| a.origin(design, &layers) == b.origin(design, &layers)) {
        // A dot separates scopes.
        let node = group[0].origin(design, &layers).replace('.', "_");
        header.scope(&node, "onnx_node", FstScopeType::Module)?;
        for watch in group {
            streams.push(declare_stream(header, watch)?);
        }
        header.up_scope()?;
    }
    header.up_scope()?;
    Ok(streams)
}

fn declare_stream(header: &mut Header, watch: &Watch) -> fst_writer::Result<Wires> {
    header.scope(&watch.name, "stream", FstScopeType::Module)?;
    let mut wire = |name: &str, width: usize| {
        let kind = FstSignalType::bit_vec(width as u32);
        header.var(name, kind, FstVarType::Wire, FstVarDirection::Implicit, None)
    };
    let (valid, ready, data) = (wire("valid", 1)?, wire("ready", 1)?, wire("data", watch.width)?);
    header.up_scope()?;
    Ok(Wires { valid, ready, data, width: watch.width, last: None })
}

impl Wires {
    fn record(&mut self, body: &mut Body, beat: &Beat) -> fst_writer::Result<()> {
        let bit = |b: bool| if b { b"1" } else { b"0" };
        let last = self.last.as_ref();
        if last.is_none_or(|last| last.valid != beat.valid) {
            body.signal_change(self.valid, bit(beat.valid))?;
        }
        if last.is_none_or(|last| last.ready != beat.ready) {
            body.signal_change(self.ready, bit(beat.ready))?;
        }
        let shows = |beat: &Beat| beat.valid.then(|| beat.data.clone());
        if last.is_none_or(|last| shows(last) != shows(beat)) {
            let digit = |i: usize| b'0' + ((beat.data[i / 32] >> (i % 32)) & 1) as u8;
            let digits = (0..self.width).rev().map(|i| if beat.valid { digit(i) } else { b'x' });
            body.signal_change(self.data, &digits.collect::<Vec<u8>>())?;
        }
        match &mut self.last {
            Some(last) => last.clone_from(beat),
            None => self.last = Some(beat.clone()),
        }
        Ok(())
    }
}
