//! One design of a manifest: compiled, simulated, verified, synthesized.

use super::figures::Figures;
use super::manifest::{Entry, Fold};
use crate::{Compiled, boundaries, compile, pipeline, simulate, synthesis};
use mpqc_ir::design::Resources;
use mpqc_schedule::{Options, targets};
use mpqc_sim::Stalls;
use mpqc_sim::timing::measure;
use mpqc_testbenches::tools;
use serde::Serialize;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// Frames of a measurement, and of a verification.
const FRAMES: usize = 4;

/// Tolerance of float outputs, relative.
const TOLERANCE: f64 = 1e-5;

/// A stage of a case.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// `compile`, `simulate`, `verify` or `synth`.
    pub name: &'static str,
    /// Wall time.
    pub seconds: f64,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// Runs the stages of a design in turn, up to the first that fails.
pub struct Case<'a> {
    entry: &'a Entry,
    folder: &'a Path,
    /// What was run.
    pub steps: Vec<Step>,
    /// What was found.
    pub figures: Figures,
}

impl<'a> Case<'a> {
    /// The case of an entry, whose design goes to `folder`.
    pub fn run(entry: &'a Entry, folder: &'a Path) -> Self {
        let mut case = Case { entry, folder, steps: Vec::new(), figures: Figures::default() };
        let Some(compiled) = case.step("compile", |case| case.compile()) else { return case };
        let simulated = case.step("simulate", |case| case.simulate(&compiled));
        if simulated.is_some() && entry.verify {
            case.step("verify", |case| case.verify(&compiled));
        }
        if simulated.is_some() && entry.synth {
            case.step("synth", |case| case.synthesize(&compiled));
        }
        case
    }

    fn step<T>(
        &mut self,
        name: &'static str,
        run: impl FnOnce(&mut Self) -> Result<T, Box<dyn Error>>,
    ) -> Option<T> {
        let started = Instant::now();
        let result = run(self);
        let failure = result.as_ref().err().map(ToString::to_string);
        self.steps.push(Step { name, seconds: started.elapsed().as_secs_f64(), failure });
        result.ok()
    }

    fn compile(&mut self) -> Result<Compiled, Box<dyn Error>> {
        let target = targets::find_in(&self.entry.target, &targets::folders())?;
        let fold = match self.entry.fold {
            Fold::Auto => mpqc_schedule::Fold::Auto,
            Fold::Max => mpqc_schedule::Fold::Max,
            Fold::Min => mpqc_schedule::Fold::Min,
        };
        let options = Options { fps: self.entry.fps, fold, ..Options::new(target) };
        let compiled = compile(&self.entry.model, &options)?;
        compiled.write(self.folder, false)?;
        self.figures.predicted = compiled.schedule.resources;
        self.figures.files = hash(compiled.design())?;
        Ok(compiled)
    }

    fn simulate(&mut self, compiled: &Compiled) -> Result<(), Box<dyn Error>> {
        let timing = measure(compiled.design(), FRAMES as u64, Stalls::None)?;
        self.figures.cycles_per_frame = timing.cycles_per_frame;
        self.figures.latency_cycles = timing.latency_cycles;
        let Some(expected) = &self.entry.expected else { return Ok(()) };
        let inputs =
            self.entry.input.iter().map(|path| crate::arrays::read(path)).collect::<Result<Vec<_>, _>>()?;
        let outputs = simulate(compiled.design(), &inputs, Stalls::None)?.outputs;
        let output = outputs.first().ok_or("the model has no output")?;
        let difference = crate::arrays::compare(output, &crate::arrays::read(expected)?, TOLERANCE);
        match difference.different {
            0 => Ok(()),
            n => Err(format!("{n} of {} outputs are not as expected", difference.elements).into()),
        }
    }

    fn verify(&mut self, compiled: &Compiled) -> Result<(), Box<dyn Error>> {
        let (design, folder) = (compiled.design(), std::path::absolute(self.folder)?);
        let verilator = tools::verilator()?;
        let files = mpqc_codegen::rtl_files(&folder)?;
        verilator.lint(&files, &design.name)?;
        let frames = pipeline::random_streams(design, FRAMES, 1);
        for stalls in [Stalls::None, Stalls::Random { seed: 1 }] {
            let (files, frames, folder) = (files.clone(), &frames, &folder);
            let job =
                mpqc_testbenches::lockstep::Lockstep { design, folder, files, frames, stalls, waves: None };
            if let Some(mismatch) = job.run(&verilator, &|_| {})?.mismatch {
                return Err(mismatch.to_string().into());
            }
        }
        match boundaries::check(design, &folder, &verilator)?.and_then(|it| it.mismatch) {
            Some(mismatch) => Err(format!("requantizers alone: {mismatch}").into()),
            None => Ok(()),
        }
    }

    fn synthesize(&mut self, compiled: &Compiled) -> Result<(), Box<dyn Error>> {
        let options = synthesis::Options::default();
        let report = synthesis::compare(compiled.design(), self.folder, &options, &|_| {})?;
        let total: Resources = report.total.synthesized;
        self.figures.synthesized = Some(total);
        if report.fits { Ok(()) } else { Err("what was synthesized does not fit the target".into()) }
    }
}

/// A hash of the Verilog and memory images.
fn hash(design: &mpqc_ir::design::Design) -> Result<String, Box<dyn Error>> {
    let mut hasher = blake3::Hasher::new();
    for file in mpqc_codegen::emit(design)?.iter().filter(|file| file.path != "design.json") {
        for part in [file.path.as_bytes(), &file.contents] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
    }
    Ok(hasher.finalize().to_hex()[..16].to_owned())
}
