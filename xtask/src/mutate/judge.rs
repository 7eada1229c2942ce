//! What becomes of a fault.

use super::draw::{Fault, Suspect};
use crate::formal::can_be_tried;
use mpqc::boundaries::{self, Values};
use mpqc_ir::design::Design;
use mpqc_testbenches::formal::{Outcome, Prover};
use mpqc_testbenches::mutation::{Fate, Subject, model, rtl};
use mpqc_testbenches::synthesis::SourceFile;
use mpqc_testbenches::verilator::Verilator;
use std::fs;
use std::io;
use std::path::Path;

/// The programs.
pub struct Judge {
    /// Runs the Verilog.
    pub verilator: Verilator,
    /// Proves that a fault is none.
    pub prover: Prover,
}

impl Judge {
    /// What `mpqc verify` says of a fault; of one that it does not see, whether it is none: the same model, Verilog that is proved
    /// equal, or a requantizer whose codes are the same at every sum.
    ///
    /// # Errors
    /// Where a folder cannot be written.
    pub fn fate(&self, suspect: &Suspect) -> io::Result<Fate> {
        let place = suspect.place;
        let subject = Subject {
            design: &place.design,
            folder: &place.folder,
            files: &place.files,
            frames: &place.frames,
        };
        let scratch = tempfile::tempdir()?;
        let (design, folder, tables) = match &suspect.fault {
            Fault::Rtl(fault) => {
                subject.copy_with(fault, scratch.path())?;
                (subject.design, scratch.path(), is_in_a_lane(fault))
            }
            Fault::Model(operator, mutant) => (&**mutant, subject.folder, is_of_tables(*operator)),
        };
        let fate = self.verified(&subject, design, folder);
        let none = fate == Fate::Survived
            && (folder != subject.folder && self.is_equal(&subject, folder)?
                || tables && self.is_equal_at_all_sums(design, folder));
        Ok(if none { Fate::Same } else { fate })
    }

    /// What `mpqc verify` would see: frames in lock-step, then the requantizers alone.
    fn verified(&self, subject: &Subject, design: &Design, folder: &Path) -> Fate {
        match subject.fate(design, folder, &self.verilator) {
            Fate::Survived => {
                let alone = boundaries::check(design, folder, &self.verilator, Values::Changes);
                match alone.map(|it| it.and_then(|it| it.mismatch)) {
                    Ok(None) => Fate::Survived,
                    Ok(Some(mismatch)) => Fate::Killed(mismatch.what),
                    Err(error) => Fate::Killed(error.to_string()),
                }
            }
            fate => fate,
        }
    }

    /// Whether the Verilog in a folder is the design's own, to Verilator or by proof.
    fn is_equal(&self, subject: &Subject, folder: &Path) -> io::Result<bool> {
        if subject.is_same_model(folder, &self.verilator).unwrap_or(false) {
            return Ok(true);
        }
        let files = [files(subject.folder)?, files(folder)?];
        let outcome = self.prover.equivalent(&subject.design.name, [&files[0], &files[1]]);
        Ok(outcome.is_ok_and(|outcome| outcome == Outcome::Proved))
    }

    fn is_equal_at_all_sums(&self, design: &Design, folder: &Path) -> bool {
        let tried = || boundaries::check(design, folder, &self.verilator, Values::All);
        can_be_tried(design) && tried().is_ok_and(|it| it.is_some_and(|it| it.mismatch.is_none()))
    }
}

/// Whether a fault of the simulator's changes what codes a requantizer gives, and nothing else.
fn is_of_tables(operator: model::Operator) -> bool {
    use model::Operator::{Direction, Scale, Threshold};
    matches!(operator, Threshold | Direction | Scale)
}

/// The same of the Verilog's: a threshold, or a lane of a requantizer, which has no handshake.
fn is_in_a_lane(fault: &rtl::Fault) -> bool {
    fault.operator == rtl::Operator::WrongThreshold || fault.path.ends_with("_lane.v")
}

/// Verilog and images of a design.
fn files(folder: &Path) -> io::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for part in ["rtl", "mem"] {
        for entry in fs::read_dir(folder.join(part)).into_iter().flatten() {
            let entry = entry?;
            let path = format!("{part}/{}", entry.file_name().display());
            files.push(SourceFile { path, text: fs::read_to_string(entry.path())? });
        }
    }
    Ok(files)
}
