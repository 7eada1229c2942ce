//! A case, step by step.

use super::manifest::Case;
use crate::arrays::{self, Score, TOLERANCE, compare};
use crate::synthesis;
use crate::{Compiled, compile_shaped, pipeline};
use miette::{Diagnostic, Report};
use mpqc_ir::design::Resources;
use mpqc_sim::Stalls;
use mpqc_sim::timing::measure;
use mpqc_testbenches::lockstep::Mismatch;
use ndarray::{ArrayD, Axis, Slice};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;

/// What a case measures, and a baseline keeps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Hash of the model's file.
    pub model: String,
    /// Hash of Verilog and memory images.
    pub files: String,
    /// Hash of the first output's bits, of all frames; `None` without input.
    pub outputs: Option<String>,
    /// Cycles from frame to frame in the steady state.
    pub cycles_per_frame: u64,
    /// Cycles from a frame's first beat to its last result.
    pub latency_cycles: u64,
    /// Estimate of the resources.
    pub predicted: Resources,
    /// What synthesis counted; `None` where it was not asked.
    pub synthesized: Option<Resources>,
    /// Fraction of the frames whose largest output is the label; `None` without labels.
    pub accuracy: Option<f64>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "reason")]
pub enum Ended {
    /// Well.
    Passed,
    /// With this.
    Failed(String),
}

/// A step of a case.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// `compile`, `simulate`, `verify none`, …, `verify requantizers`, `synthesize`, `baseline`.
    pub name: String,
    /// Wall time.
    pub seconds: f64,
    /// How it ended.
    #[serde(flatten)]
    pub ended: Ended,
}

/// What came of a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// What was measured, if it compiled and ran.
    pub measured: Option<Measured>,
    /// What differs from the baseline without being a failure.
    pub notes: Vec<String>,
}

impl CaseReport {
    /// Whether no step failed.
    pub fn is_good(&self) -> bool {
        !self.steps.iter().any(|step| matches!(step.ended, Ended::Failed(_)))
    }

    /// Adds what `step` gives; its error ends up in the report.
    fn step<T>(&mut self, name: &str, step: impl FnOnce() -> Result<T, String>) -> Option<T> {
        let started = Instant::now();
        let result = step();
        let seconds = started.elapsed().as_secs_f64();
        let (ended, value) = match result {
            Ok(value) => (Ended::Passed, Some(value)),
            Err(reason) => (Ended::Failed(reason), None),
        };
        self.steps.push(Step { name: name.to_owned(), seconds, ended });
        value
    }
}

/// Runs a case in `folder`, which need not exist; steps behind one that fails are left out where they need it.
pub fn run(case: &Case, folder: &Path) -> CaseReport {
    let mut report =
        CaseReport { name: case.name.clone(), steps: Vec::new(), measured: None, notes: Vec::new() };
    let Some(compiled) = report.step("compile", || compile(case, folder)) else { return report };
    let inputs = report.step("simulate", || simulate(case, &compiled));
    let Some((inputs, mut measured)) = inputs else { return report };
    let patterns = case.patterns().unwrap_or_default();
    for stalls in &patterns {
        report.step(&format!("verify {stalls}"), || verify(case, &compiled, folder, &inputs, *stalls));
    }
    if !patterns.is_empty() {
        report.step("verify requantizers", || requantizers(folder));
    }
    if case.synthesize {
        measured.synthesized = report.step("synthesize", || synthesize(&compiled, case, folder));
    }
    report.measured = Some(measured);
    report
}

/// An error with all that it says: what, where, and the way out.
fn said(error: impl Diagnostic + Send + Sync + 'static) -> String {
    format!("{:?}", Report::new(error)).trim().to_owned()
}

fn compile(case: &Case, folder: &Path) -> Result<Compiled, String> {
    let options = case.options().map_err(said)?;
    let shapes = case.input_shapes.clone().into_iter().collect();
    let compiled = compile_shaped(&case.model, shapes, &options).map_err(said)?;
    compiled.write(folder, false).map_err(said)?;
    Ok(compiled)
}

/// The input arrays, and what cycles, outputs and files say.
fn simulate(case: &Case, compiled: &Compiled) -> Result<(Vec<ArrayD<f64>>, Measured), String> {
    let design = compiled.design();
    let inputs = case.input.iter().map(|path| arrays::read(path).map_err(said));
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    let timing = measure(design, case.frames.max(1) as u64, Stalls::None).map_err(|e| e.to_string())?;
    let mut measured = Measured {
        model: hash(&std::fs::read(&case.model).map_err(|e| e.to_string())?),
        files: files(compiled)?,
        cycles_per_frame: timing.cycles_per_frame,
        latency_cycles: timing.latency_cycles,
        predicted: compiled.schedule.resources,
        ..Measured::default()
    };
    if !inputs.is_empty() {
        let simulation = crate::simulate(design, &inputs, Stalls::None).map_err(said)?;
        judge(case, &simulation.outputs, &mut measured)?;
    }
    Ok((inputs, measured))
}

/// Compares the first output with what is expected, and counts right answers.
fn judge(case: &Case, outputs: &[ArrayD<f64>], measured: &mut Measured) -> Result<(), String> {
    let Some(first) = outputs.first() else { return Ok(()) };
    let bits: Vec<u8> = first.iter().flat_map(|value| value.to_le_bytes()).collect();
    measured.outputs = Some(hash(&bits));
    if let Some(path) = &case.labels {
        let mut score = Score::default();
        score.count(first, arrays::read(path).map_err(said)?.iter());
        measured.accuracy = Some(score.top1());
    }
    let Some(path) = &case.expected else { return Ok(()) };
    let difference = compare(first, &arrays::read(path).map_err(said)?, TOLERANCE);
    match difference.different {
        0 => Ok(()),
        n => Err(format!("{n} of {} elements differ from {}", difference.elements, path.display())),
    }
}

/// The hash of all files that go to synthesis.
fn files(compiled: &Compiled) -> Result<String, String> {
    let mut hasher = blake3::Hasher::new();
    for file in mpqc_codegen::emit(compiled.design()).map_err(|e| e.to_string())? {
        for part in [file.path.as_bytes(), &file.contents] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
    }
    Ok(short(&hasher.finalize()))
}

fn hash(bytes: &[u8]) -> String {
    short(&blake3::hash(bytes))
}

/// As many digits as tell files apart.
fn short(hash: &blake3::Hash) -> String {
    hash.to_hex()[..24].to_owned()
}

/// Lock-step of the case's first frames, or of random ones.
fn verify(
    case: &Case,
    compiled: &Compiled,
    folder: &Path,
    inputs: &[ArrayD<f64>],
    stalls: Stalls,
) -> Result<(), String> {
    let design = compiled.design();
    let first = |array: &ArrayD<f64>| {
        let frames = array.shape().first().map_or(0, |all| case.frames.min(*all));
        array.slice_axis(Axis(0), Slice::from(..frames)).to_owned()
    };
    let streams = match inputs {
        [] => pipeline::random_frames(design, case.frames).map_err(said)?,
        all => {
            let frames = pipeline::design_frames(design, &all.iter().map(first).collect::<Vec<_>>());
            pipeline::encode(design, &frames.map_err(said)?).map_err(said)?
        }
    };
    equal(crate::verify_streams(folder, &streams, stalls).map_err(said)?.mismatch)
}

/// Requantizers alone.
fn requantizers(folder: &Path) -> Result<(), String> {
    let boundaries = crate::verify_requantizers(folder).map_err(said)?;
    equal(boundaries.and_then(|it| it.mismatch))
}

fn equal(mismatch: Option<Mismatch>) -> Result<(), String> {
    mismatch.map_or(Ok(()), |mismatch| Err(mismatch.to_string()))
}

fn synthesize(compiled: &Compiled, case: &Case, folder: &Path) -> Result<Resources, String> {
    let reserve_lut = case.reserve.lut;
    let options = synthesis::Options { target: None, reserve_lut, blocks: Vec::new(), place_route: None };
    let report = synthesis::compare(compiled.design(), folder, &options, &|_| {}).map_err(said)?;
    match report.fits {
        true => Ok(report.total.synthesized),
        false => Err(format!("it does not fit {}: {:?}", report.target, report.total.synthesized)),
    }
}
