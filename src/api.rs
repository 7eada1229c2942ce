//! The road in three calls.

use crate::boundaries::{self, Boundaries, Values};
use crate::pipeline;
use crate::report::{self, Report, ReportError};
use crate::simulator::Simulator;
use mpqc_codegen::CodegenError;
use mpqc_ir::design::Design;
use mpqc_ir::diagnostic::{Diagnostic, Diagnostics};
use mpqc_ir::int_network::IntNetwork;
use mpqc_ir::network::Network;
use mpqc_schedule::{Options, Schedule, schedule};
use mpqc_sim::Stalls;
use mpqc_sim::timing::{Timing, TimingError, measure};
use mpqc_testbenches::lockstep::{Lockstep, LockstepError, Mismatch, Report as LockstepReport};
use mpqc_testbenches::tools::{self, ToolError};
use mpqc_testbenches::verilator::VerilatorError;
use ndarray::ArrayD;
use std::path::{Path, PathBuf};

/// What can go wrong on the road.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error(transparent)]
pub enum Error {
    /// The model, an option or an input array cannot be used, as the diagnostics say.
    #[diagnostic(transparent)]
    Model(#[from] Diagnostics),
    /// The report cannot be written.
    #[diagnostic(transparent)]
    Report(#[from] ReportError),
    /// The design's folder cannot be written or read.
    #[diagnostic(code(folder))]
    Folder(#[from] CodegenError),
    /// Nothing moves any more.
    #[diagnostic(code(timing))]
    Timing(#[from] TimingError),
    /// Verilator is not there.
    #[diagnostic(code(tool), help("run `mpqc doctor --install`"))]
    Tool(#[from] ToolError),
    /// The Verilog has warnings, or cannot be built.
    #[diagnostic(code(verilator))]
    Verilator(#[from] VerilatorError),
    /// A lock-step run could not be finished.
    #[diagnostic(code(lockstep))]
    Lockstep(#[from] LockstepError),
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Error::Model(diagnostic.into())
    }
}

/// A model with everything that it became.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The ONNX graph, typed and shaped.
    pub network: Network,
    /// Integer operators.
    pub integers: IntNetwork,
    /// Blocks and streams, and how they were chosen.
    pub schedule: Schedule,
}

/// Compiles the ONNX model at `model`.
///
/// # Errors
/// [`Error::Model`] with everything that keeps the model from being hardware of the target.
pub fn compile(model: &Path, options: &Options) -> Result<Compiled, Error> {
    compile_shaped(model, Vec::new(), options)
}

/// As [`compile`], with shapes of graph inputs, by name, in place of the file's.
///
/// # Errors
/// As [`compile`].
pub fn compile_shaped(
    model: &Path,
    input_shapes: Vec<(String, Vec<usize>)>,
    options: &Options,
) -> Result<Compiled, Error> {
    let network = pipeline::import(model, input_shapes)?;
    let integers = pipeline::lower(&network)?;
    let schedule = schedule(&integers, options)?;
    Ok(Compiled { network, integers, schedule })
}

impl Compiled {
    /// The hardware.
    pub fn design(&self) -> &Design {
        &self.schedule.design
    }

    /// Writes the design's folder, whole or not at all: Verilog, memory images, `design.json`, `plan.json`, `report.json`, `report.html`.
    ///
    /// # Errors
    /// [`Error::Folder`] where `folder` holds something else (unless `force`) or cannot be written, [`Error::Report`] where
    /// the pipeline does not move; then nothing is written.
    pub fn write(&self, folder: &Path, force: bool) -> Result<Report, Error> {
        let report = Report::new(&self.integers, &self.schedule)?;
        let mut more = vec![("plan.json", self.schedule.plan.to_json())];
        more.extend(report::files(folder, &report)?);
        mpqc_codegen::write_with(self.design(), &more, folder, force)?;
        Ok(report)
    }
}

/// A finished simulation.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The model's outputs, `[N, …]` each.
    pub outputs: Vec<ArrayD<f64>>,
    /// Exact cycles of the `N` frames.
    pub timing: Timing,
}

/// Simulates a design: bit-exact outputs and exact cycles of the frames in `inputs` (`[N, …]`, one per model input).
///
/// Memory grows with the number of frames, as the arrays do; [`Simulator`] takes them piece by piece.
///
/// # Errors
/// [`Error::Model`] where the arrays are not the model's inputs, [`Error::Timing`] where nothing moves any more.
pub fn simulate(design: &Design, inputs: &[ArrayD<f64>], stalls: Stalls) -> Result<Simulation, Error> {
    let outputs = Simulator::new(design).run(inputs)?;
    let frames = inputs.first().and_then(|array| array.shape().first()).copied().unwrap_or(0);
    Ok(Simulation { outputs, timing: measure(design, frames.max(1) as u64, stalls)? })
}

/// A finished verification.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The frames, in lock-step.
    pub lockstep: LockstepReport,
    /// The requantizers alone; nothing where the design has none.
    pub boundaries: Option<Boundaries>,
}

impl Verification {
    /// The first difference between RTL and simulator; nothing where they are equal.
    pub fn mismatch(&self) -> Option<&Mismatch> {
        let alone = || self.boundaries.as_ref().and_then(|it| it.mismatch.as_ref());
        self.lockstep.mismatch.as_ref().or_else(alone)
    }
}

/// Holds a folder's Verilog against the simulator: `valid`, `ready` and data of every stream in every cycle for the frames in
/// `inputs`, in lock-step with Verilator ([`verify_streams`]), then each requantizer alone ([`verify_requantizers`]). The
/// report says where they first differ.
///
/// # Errors
/// [`Error::Tool`] without Verilator, [`Error::Verilator`] where its lint warns or its build fails, [`Error::Lockstep`] where
/// nothing moves any more, [`Error::Model`] where the arrays are not the model's inputs.
pub fn verify(folder: &Path, inputs: &[ArrayD<f64>], stalls: Stalls) -> Result<Verification, Error> {
    let design = &pipeline::open(folder)?;
    let frames = Simulator::new(design).encode(&pipeline::design_frames(design, inputs)?)?;
    let lockstep = verify_streams(folder, &frames, stalls)?;
    Ok(Verification { lockstep, boundaries: verify_requantizers(folder)? })
}

/// Lock-step alone, for integers of every input port, frame by frame.
///
/// # Errors
/// As [`verify`].
pub fn verify_streams(
    folder: &Path,
    frames: &[Vec<Vec<i64>>],
    stalls: Stalls,
) -> Result<LockstepReport, Error> {
    let (design, folder) = (&pipeline::open(folder)?, &absolute(folder));
    let verilator = tools::verilator()?;
    let files = mpqc_codegen::rtl_files(folder)?;
    verilator.lint(&files, &design.name)?;
    let waves = Some(folder.join("waves"));
    Ok(Lockstep { design, folder, files, frames, stalls, waves }.run(&verilator, &|_| {})?)
}

/// Each requantizer of a folder alone, at every value where a code changes, as [`boundaries`] tells; nothing where the
/// design has none.
///
/// # Errors
/// As [`verify`].
pub fn verify_requantizers(folder: &Path) -> Result<Option<Boundaries>, Error> {
    boundaries::check(&pipeline::open(folder)?, &absolute(folder), &tools::verilator()?, Values::Changes)
}

fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}
