//! The figures of a design, and those that were stored.

use super::manifest::Tolerance;
use mpqc_ir::design::Resources;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What is compared from run to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Cycles per frame, as simulated.
    pub cycles_per_frame: u64,
    /// Cycles from a frame's first beat in to its last beat out.
    pub latency_cycles: u64,
    /// Resources as predicted.
    pub predicted: Resources,
    /// Resources as synthesized, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthesized: Option<Resources>,
    /// Hash of all Verilog and memory images.
    pub files: String,
}

/// Figures by design.
pub type Baseline = BTreeMap<String, Figures>;

/// A figure that is not as stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Its name.
    pub figure: String,
    /// As stored.
    pub before: String,
    /// Now.
    pub now: String,
    /// Whether it is worse than the tolerance allows.
    pub regression: bool,
}

/// Reads stored figures; none where there is no file.
///
/// # Errors
/// Where the file cannot be read or is something else.
pub fn read(path: &Path) -> std::io::Result<Option<Baseline>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Stores figures, whole or not at all.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(path: &Path, baseline: &Baseline) -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(baseline)? + "\n";
    mpqc_testbenches::tools::write_whole(path, text.as_bytes())
}

impl Figures {
    /// What differs from the stored figures. Less of everything is a change, but no regression.
    pub fn changes(&self, stored: &Figures, tolerance: Tolerance) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut number = |figure: String, before: u64, now: u64, tolerance: f64| {
            let most = before as f64 * (1.0 + tolerance);
            let change = Change {
                figure,
                before: before.to_string(),
                now: now.to_string(),
                regression: now as f64 > most,
            };
            changes.extend((before != now).then_some(change));
        };
        number("cycles_per_frame".into(), stored.cycles_per_frame, self.cycles_per_frame, tolerance.cycles);
        number("latency_cycles".into(), stored.latency_cycles, self.latency_cycles, tolerance.cycles);
        let kinds = [("predicted", Some(stored.predicted), Some(self.predicted))];
        for (kind, before, now) in
            kinds.into_iter().chain([("synthesized", stored.synthesized, self.synthesized)])
        {
            for ((name, before), (_, now)) in before.iter().flat_map(named).zip(now.iter().flat_map(named)) {
                number(format!("{kind} {name}"), before, now, tolerance.resources);
            }
        }
        changes.extend((self.files != stored.files).then(|| Change {
            figure: "files".into(),
            before: stored.files.clone(),
            now: self.files.clone(),
            regression: tolerance.same_files,
        }));
        changes
    }
}

fn named(it: &Resources) -> [(&'static str, u64); 5] {
    [("LUT", it.lut), ("FF", it.ff), ("DSP", it.dsp), ("BRAM18", it.bram18), ("URAM", it.uram)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_tolerance_is_a_regression() {
        let stored = Figures { cycles_per_frame: 100, files: "a".into(), ..Figures::default() };
        let now = Figures { cycles_per_frame: 102, files: "b".into(), ..stored.clone() };
        let of = |now: &Figures, cycles, same_files| {
            let tolerance = Tolerance { cycles, resources: 0.0, same_files };
            now.changes(&stored, tolerance).iter().map(|change| change.regression).collect::<Vec<_>>()
        };
        assert_eq!(of(&now, 0.0, false), [true, false]);
        assert_eq!(of(&now, 0.02, true), [false, true]);
        assert_eq!(of(&Figures { cycles_per_frame: 90, ..stored.clone() }, 0.0, true), [false]);
        assert!(of(&stored, 0.0, true).is_empty());
        let lut = Resources { lut: 5, ..Resources::default() };
        let grown = Figures { predicted: lut, synthesized: Some(lut), ..stored.clone() };
        assert_eq!(of(&grown, 0.0, true), [true], "what was not synthesized before is not compared");
    }
}
