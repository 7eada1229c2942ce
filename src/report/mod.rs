//! The report of a design folder: `report.json` to compute with, `report.html` to look at; one source, written whole or not
//! at all.
//!
//! [`files`] are written by `compile` with the design; `sim` and `verify` add what they found with [`enrich`], and `synth.json` is read where
//! it is there. `docs/report.md` says what is in it.

mod data;
mod diagram;
mod html;
mod memory;
mod pipeline;
mod text;

pub use data::{
    Accuracy, Decision, Edge, HostPart, Layer, Memory, Model, Report, Simulated, Stage, Summary, Synthesized,
    SynthesizedBlock, Verified, VerifiedRun,
};
pub use html::render;

use mpqc_sim::whole::write_whole;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A report that could not be written or read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ReportError {
    /// A file cannot be read or written.
    #[error("`{}`: {source}", path.display())]
    #[diagnostic(code(report), help("give a folder that `mpqc compile` wrote and that can be written"))]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `report.json` is of another version.
    #[error("`{}` is not a report of this version of mpqc: {source}", path.display())]
    #[diagnostic(code(report), help("compile the model again"))]
    Json {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The pipeline never moves.
    #[error(transparent)]
    #[diagnostic(code(report))]
    Timing(#[from] mpqc_sim::timing::TimingError),
}

/// The files of a report in `folder`, and their text.
///
/// # Errors
/// Where the report has no JSON.
pub fn files(folder: &Path, report: &Report) -> Result<[(&'static str, String); 2], ReportError> {
    let no_json = |source| ReportError::Json { path: folder.join("report.json"), source };
    let json = serde_json::to_string_pretty(report).map_err(no_json)?;
    Ok([("report.json", json), ("report.html", render(report))])
}

/// Reads `report.json`, with `synth.json` where it is there.
///
/// # Errors
/// Where there is no report, or one of another version.
pub fn read(folder: &Path) -> Result<Report, ReportError> {
    let path = folder.join("report.json");
    let bytes = fs::read(&path).map_err(at(&path))?;
    let mut report: Report =
        serde_json::from_slice(&bytes).map_err(|source| ReportError::Json { path, source })?;
    report.take_synthesis(folder);
    Ok(report)
}

/// Changes a folder's report and writes both files again. A folder without a report (of another version of mpqc) is left as
/// it is.
///
/// # Errors
/// Where the report cannot be read or written.
pub fn enrich(folder: &Path, change: impl FnOnce(&mut Report)) -> Result<(), ReportError> {
    if !folder.join("report.json").is_file() {
        return Ok(());
    }
    let mut report = read(folder)?;
    change(&mut report);
    save(folder, &report)
}

fn save(folder: &Path, report: &Report) -> Result<(), ReportError> {
    files(folder, report)?.iter().try_for_each(|(name, text)| {
        let path = folder.join(name);
        write_whole(&path, text.as_bytes()).map_err(at(&path))
    })
}

fn at(path: &Path) -> impl Fn(io::Error) -> ReportError + '_ {
    move |source| ReportError::Io { path: path.to_owned(), source }
}
