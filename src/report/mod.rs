//! The report of a design folder: `report.json` to compute with, `report.html` to look at; one source, written whole or not
//! at all.
//!
//! [`write()`] is called by `compile`; `sim` and `verify` add what they found with [`enrich`], and `synth.json` is read where
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

use mpqc_ir::int_network::IntNetwork;
use mpqc_schedule::Schedule;
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

/// Writes the report of a schedule into its folder; what earlier runs of `sim` and `verify` added is gone, as their design is.
///
/// # Errors
/// Where the pipeline does not move, or a file cannot be written.
pub fn write(folder: &Path, integers: &IntNetwork, schedule: &Schedule) -> Result<Report, ReportError> {
    let report = Report::new(integers, schedule)?;
    save(folder, &report)?;
    Ok(report)
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
    let path = folder.join("report.json");
    let json = serde_json::to_vec_pretty(report).map_err(|source| ReportError::Json { path, source })?;
    replace(folder, "report.json", &json)?;
    replace(folder, "report.html", render(report).as_bytes())
}

/// Writes a file under another name first.
fn replace(folder: &Path, name: &str, contents: &[u8]) -> Result<(), ReportError> {
    let (part, path) = (folder.join(format!(".{name}.{}", std::process::id())), folder.join(name));
    fs::write(&part, contents).and_then(|()| fs::rename(&part, &path)).map_err(|source| {
        // What is left of a failed attempt is of no use; the first error is the one to tell.
        let _ = fs::remove_file(&part);
        at(&path)(source)
    })
}

fn at(path: &Path) -> impl Fn(io::Error) -> ReportError + '_ {
    move |source| ReportError::Io { path: path.to_owned(), source }
}
