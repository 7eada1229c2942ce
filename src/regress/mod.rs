//! Regression of a list of designs: compiled, simulated, verified, synthesized, and compared with stored figures.

mod case;
mod figures;
mod junit;
mod manifest;

pub use case::Step;
pub use figures::{Baseline, Change, Figures, read, write};
pub use junit::junit;
pub use manifest::{Entry, Fold, Manifest, ManifestError, Tolerance};

use case::Case;
use serde::Serialize;

/// What became of the designs.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// One after another, as the manifest lists them.
    pub designs: Vec<DesignReport>,
    /// Whether nothing failed and nothing got worse.
    pub good: bool,
}

/// What became of a design.
#[derive(Clone, Debug, Serialize)]
pub struct DesignReport {
    /// Its name.
    pub name: String,
    /// Stages that were run; none after one that failed.
    pub steps: Vec<Step>,
    /// Its figures, as far as stages got.
    pub figures: Figures,
    /// What is not as stored.
    pub changes: Vec<Change>,
    /// Whether there were stored figures.
    pub stored: bool,
}

impl DesignReport {
    /// Whether nothing failed and nothing got worse.
    pub fn is_good(&self) -> bool {
        self.is_complete() && !self.changes.iter().any(|change| change.regression)
    }

    /// Whether no stage failed.
    pub fn is_complete(&self) -> bool {
        self.steps.iter().all(|step| step.failure.is_none())
    }
}

/// Runs the designs of a manifest whose name has `only` in it; `progress` is told of each that is done.
pub fn run(manifest: &Manifest, stored: &Baseline, only: &str, progress: &dyn Fn(&DesignReport)) -> Report {
    let chosen = manifest.designs.iter().filter(|entry| entry.name().contains(only));
    let designs: Vec<DesignReport> = chosen
        .map(|entry| {
            let report = of_design(manifest, entry, stored);
            progress(&report);
            report
        })
        .collect();
    let good = !designs.is_empty() && designs.iter().all(DesignReport::is_good);
    Report { designs, good }
}

fn of_design(manifest: &Manifest, entry: &Entry, stored: &Baseline) -> DesignReport {
    let name = entry.name();
    let folder = manifest.output.join(&name);
    let Case { steps, figures, .. } = Case::run(entry, &folder);
    let before = stored.get(&name);
    let mut report = DesignReport { name, steps, figures, changes: Vec::new(), stored: before.is_some() };
    // Figures of a design that failed are not whole.
    if let Some(before) = before.filter(|_| report.is_complete()) {
        report.changes = report.figures.changes(before, manifest.tolerance);
    }
    report
}
