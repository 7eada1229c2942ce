//! Regression tests of designs: models and targets of a manifest, compiled, simulated, verified, synthesized, and
//! compared with what they were before. `docs/regress.md` tells the manifest's keys.

mod baseline;
mod junit;
mod manifest;
mod run;

pub use baseline::{Baseline, BaselineError};
pub use junit::junit;
pub use manifest::{Case, Manifest, ManifestError, Reserve, Tolerance};
pub use run::{CaseReport, Ended, Measured, Step, run};
