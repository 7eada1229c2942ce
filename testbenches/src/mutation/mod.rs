//! Mutation: faults put into a design's Verilog, or into the design that the simulator runs, which lock-step must see.
//!
//! The other side stays as it was, so a fault that nobody sees is a hole in the comparison (or no fault at all: a
//! mutant that behaves as the original). [`rtl`] lists the faults of Verilog and memory images, [`model`] those of the
//! simulator's parameters.

mod explained;
pub mod model;
pub mod rtl;
mod text;

pub use explained::{explanation, explanation_by_text};

use crate::lockstep::{Lockstep, LockstepError};
use crate::verilator::{Verilator, VerilatorError};
use mpqc_ir::design::Design;
use mpqc_sim::Stalls;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// What became of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Lock-step told the two sides apart, in these words.
    Killed(String),
    /// Both sides agree in everything that is compared.
    Survived,
    /// It is none: Verilator makes the same model of both.
    Same,
    /// The mutant is no design: it cannot be translated, or the simulator refuses it.
    Broken(String),
}

/// A design that faults are put into.
pub struct Subject<'a> {
    /// The design.
    pub design: &'a Design,
    /// Its folder.
    pub folder: &'a Path,
    /// Its Verilog files, under the folder.
    pub files: &'a [PathBuf],
    /// Integers of every input port, frame by frame.
    pub frames: &'a [Vec<Vec<i64>>],
}

/// Stall patterns of a verification, as `mpqc verify` runs them.
const PATTERNS: [Stalls; 2] = [Stalls::None, Stalls::Random { seed: 1 }];

impl Subject<'_> {
    /// Copies the design's Verilog and memory images to `folder` and puts a fault into them.
    ///
    /// # Errors
    /// Where the copy cannot be made.
    pub fn copy_with(&self, fault: &rtl::Fault, folder: &Path) -> io::Result<()> {
        for part in ["rtl", "mem"] {
            copy(&self.folder.join(part), &folder.join(part))?;
        }
        let file = folder.join(&fault.path);
        fs::write(&file, fault.applied(&fs::read_to_string(&file)?))
    }

    /// Whether Verilator makes the same model of the Verilog in `folder` as of the design's own: then it behaves the same
    /// (trivial compiler equivalence, Papadakis et al., ICSE 2015).
    ///
    /// # Errors
    /// Where Verilator refuses either.
    pub fn is_same_model(&self, folder: &Path, verilator: &Verilator) -> Result<bool, VerilatorError> {
        let translated =
            |folder: &Path| verilator.translation(&self.job(self.design, folder, Stalls::None).build());
        Ok(translated(self.folder)? == translated(folder)?)
    }

    /// The Verilog in `folder` against the simulator of `design`, in lock-step; one of the two has a fault.
    pub fn fate(&self, design: &Design, folder: &Path, verilator: &Verilator) -> Fate {
        let run = || self.compared(design, folder, verilator);
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Fate::Broken("the simulator panicked".into()))
    }

    fn job<'b>(&'b self, design: &'b Design, folder: &'b Path, stalls: Stalls) -> Lockstep<'b> {
        let moved = |file: &PathBuf| folder.join(file.strip_prefix(self.folder).unwrap_or(file));
        let files = self.files.iter().map(moved).collect();
        Lockstep { design, folder, files, frames: self.frames, stalls, waves: None }
    }

    fn compared(&self, design: &Design, folder: &Path, verilator: &Verilator) -> Fate {
        for stalls in PATTERNS {
            let run = self.job(design, folder, stalls).run(verilator, &|_| {});
            match run.map(|report| report.mismatch) {
                Ok(None) => {}
                Ok(Some(mismatch)) => {
                    return Fate::Killed(format!(
                        "{} of {} in cycle {}",
                        mismatch.what, mismatch.stream, mismatch.cycle
                    ));
                }
                Err(LockstepError::Verilator(error @ VerilatorError::Verilate { .. })) => {
                    return Fate::Broken(error.to_string());
                }
                Err(error) => return Fate::Killed(error.to_string()),
            }
        }
        Fate::Survived
    }
}

/// Copies the files of a folder; nothing where there is none.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
