//! What was measured before, and what of it changed.

use super::manifest::Tolerance;
use super::run::{CaseReport, Ended, Measured, Step};
use miette::Diagnostic;
use mpqc_ir::design::Resources;
use mpqc_sim::whole::write_whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Results of all cases, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Version of the format.
    pub version: u32,
    /// Version of the program that measured.
    pub mpqc: String,
    /// What each case measured.
    pub cases: BTreeMap<String, Measured>,
}

/// A baseline that cannot be read or written.
#[derive(Debug, Error, Diagnostic)]
#[error("`{path}`: {reason}")]
#[diagnostic(code(bad_baseline), help("write it with `mpqc regress MANIFEST --update`"))]
pub struct BaselineError {
    /// The file.
    path: PathBuf,
    /// What is wrong.
    reason: String,
}

impl Baseline {
    /// Version of the format.
    pub const VERSION: u32 = 1;

    /// Reads one; `None` where there is none.
    ///
    /// # Errors
    /// Where the file is none, or of another version.
    pub fn read(path: &Path) -> Result<Option<Baseline>, BaselineError> {
        let wrong = |reason: String| BaselineError { path: path.to_owned(), reason };
        let text = match std::fs::read_to_string(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|e| wrong(e.to_string()))?,
        };
        let baseline: Baseline = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        match baseline.version {
            Self::VERSION => Ok(Some(baseline)),
            version => Err(wrong(format!("version {version}, not {}", Self::VERSION))),
        }
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), BaselineError> {
        let wrong = |reason: String| BaselineError { path: path.to_owned(), reason };
        let text = serde_json::to_string_pretty(self).map_err(|e| wrong(e.to_string()))? + "\n";
        write_whole(path, text.as_bytes()).map_err(|e| wrong(e.to_string()))
    }

    /// Takes over what cases measured now.
    pub fn update(&mut self, cases: &[CaseReport]) {
        (self.version, self.mpqc) = (Self::VERSION, env!("CARGO_PKG_VERSION").to_owned());
        let measured = cases.iter().filter_map(|it| Some((it.name.clone(), it.measured.clone()?)));
        self.cases.extend(measured);
    }

    /// Compares a case with what it measured before; regressions are a failed step of it, other changes notes.
    pub fn compare(&self, case: &mut CaseReport, tolerance: &Tolerance) {
        let Some(now) = &case.measured else { return };
        let Some(then) = self.cases.get(&case.name) else {
            case.notes.push("new: not in the baseline".into());
            return;
        };
        let mut changes = Changes::default();
        if now.model != then.model {
            changes.worse.push("the model's file is another one: its baseline says nothing of it".into());
        } else {
            changes.of(then, now, tolerance);
        }
        let ended = match changes.worse.is_empty() {
            true => Ended::Passed,
            false => Ended::Failed(changes.worse.join("; ")),
        };
        case.notes.extend(changes.notes);
        case.steps.push(Step { name: "baseline".into(), seconds: 0.0, ended });
    }
}

/// What changed.
#[derive(Default)]
struct Changes {
    worse: Vec<String>,
    notes: Vec<String>,
}

impl Changes {
    fn of(&mut self, then: &Measured, now: &Measured, tolerance: &Tolerance) {
        self.figure("cycles per frame", then.cycles_per_frame, now.cycles_per_frame, tolerance.cycles);
        self.figure("latency in cycles", then.latency_cycles, now.latency_cycles, tolerance.cycles);
        self.resources("predicted", &then.predicted, &now.predicted, tolerance);
        if let (Some(then), Some(now)) = (&then.synthesized, &now.synthesized) {
            self.resources("synthesized", then, now, tolerance);
        }
        self.accuracy(then.accuracy, now.accuracy, tolerance.accuracy);
        if then.outputs.is_some() && now.outputs.is_some() && then.outputs != now.outputs {
            self.worse.push("outputs differ from those of the same frames before".into());
        }
        if then.files != now.files {
            let list = if tolerance.same_files { &mut self.worse } else { &mut self.notes };
            list.push(format!("Verilog changed: {} to {}", then.files, now.files));
        }
    }

    fn resources(&mut self, kind: &str, then: &Resources, now: &Resources, tolerance: &Tolerance) {
        let allowed = [tolerance.lut, tolerance.ff, tolerance.dsp, tolerance.memory, tolerance.memory];
        let counts = then.counts().into_iter().zip(now.counts()).zip(allowed);
        for (name, ((then, now), allowed)) in Resources::NAMES.into_iter().zip(counts) {
            self.figure(&format!("{kind} {name}"), then, now, allowed);
        }
    }

    /// A count of which less is better.
    fn figure(&mut self, name: &str, then: u64, now: u64, allowed: f64) {
        let text = || format!("{name}: {then} to {now}");
        match now as f64 > then as f64 * (1.0 + allowed) {
            true => self.worse.push(text()),
            false if now != then => self.notes.push(text()),
            false => {}
        }
    }

    fn accuracy(&mut self, then: Option<f64>, now: Option<f64>, allowed: f64) {
        let (Some(then), Some(now)) = (then, now) else { return };
        let text = || format!("accuracy: {:.2} to {:.2} %", 100.0 * then, 100.0 * now);
        match now < then - allowed {
            true => self.worse.push(text()),
            false if now != then => self.notes.push(text()),
            false => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(measured: Measured) -> CaseReport {
        CaseReport { name: "a".into(), steps: Vec::new(), measured: Some(measured), notes: Vec::new() }
    }

    fn compared(change: impl FnOnce(&mut Measured), tolerance: &Tolerance) -> CaseReport {
        let resources = Resources { lut: 1000, ff: 1000, dsp: 10, ..Resources::default() };
        let then = Measured {
            cycles_per_frame: 100,
            predicted: resources,
            accuracy: Some(0.9),
            outputs: Some("x".into()),
            ..Measured::default()
        };
        let mut baseline = Baseline::default();
        baseline.update(&[case(then.clone())]);
        let mut now = then;
        change(&mut now);
        let mut report = case(now);
        baseline.compare(&mut report, tolerance);
        report
    }

    #[test]
    fn what_is_worse_fails_and_what_is_better_is_told() {
        let tolerance = Tolerance::default();
        assert!(compared(|_| (), &tolerance).is_good());
        for worse in [
            (|m: &mut Measured| m.cycles_per_frame = 101) as fn(&mut Measured),
            |m| m.predicted.lut = 1021,
            |m| m.predicted.dsp = 11,
            |m| m.accuracy = Some(0.89),
            |m| m.outputs = Some("y".into()),
            |m| m.model = "other".into(),
        ] {
            assert!(!compared(worse, &tolerance).is_good());
        }
        for fine in [
            (|m: &mut Measured| m.cycles_per_frame = 99) as fn(&mut Measured),
            |m| m.predicted.lut = 1020,
            |m| m.files = "other".into(),
        ] {
            let report = compared(fine, &tolerance);
            assert!(report.is_good() && report.notes.len() == 1, "{:?}", report.notes);
        }
        let strict = Tolerance { same_files: true, ..Tolerance::default() };
        assert!(!compared(|m| m.files = "other".into(), &strict).is_good());
    }
}
