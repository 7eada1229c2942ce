//! Lock-step: the RTL under Verilator beside the simulator, every stream in every cycle.
//!
//! The simulator's engine drives both: what its sources offer goes to the RTL's input pins, what its sinks accept to the
//! output pins. In every cycle `valid` and `ready` of every stream must be equal, and so must the data of every beat on
//! offer. The first difference ends the run and is reported with the block, the ONNX nodes and the cycles before it.

mod error;
mod history;
mod mismatch;
mod run;
pub(crate) mod watch;
mod waves;

pub use error::LockstepError;
pub use mismatch::{Mismatch, Row, Side};

use crate::verilator::{Build, Verilator};
use mpqc_ir::design::Design;
use mpqc_sim::Stalls;
use mpqc_sim::trace::watches;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What to run.
pub struct Lockstep<'a> {
    /// The design.
    pub design: &'a Design,
    /// Its folder, with `rtl/` and `mem/`.
    pub folder: &'a Path,
    /// Its Verilog files.
    pub files: Vec<PathBuf>,
    /// Integers of every input port in stream order, frame by frame.
    pub frames: &'a [Vec<Vec<i64>>],
    /// What the two ends do.
    pub stalls: Stalls,
    /// Where to write `rtl.fst` and `sim.fst` at a difference.
    pub waves: Option<PathBuf>,
}

/// A finished run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Frames that went through.
    pub frames: usize,
    /// Clock cycles compared.
    pub cycles: u64,
    /// Streams compared, the AXI ends included.
    pub streams: usize,
    /// Handshakes whose data were compared.
    pub handshakes: u64,
    /// The first difference, if there is one.
    pub mismatch: Option<Mismatch>,
}

impl Lockstep<'_> {
    /// Builds the model (from the cache where nothing changed) and runs it against the simulator.
    ///
    /// # Errors
    /// Where Verilator or the compiler fails, the waves cannot be written, or nothing moves any more.
    pub fn run(&self, verilator: &Verilator, progress: &dyn Fn(u64)) -> Result<Report, LockstepError> {
        let model = verilator.build(&self.build())?;
        run::run(self, model, progress)
    }

    pub(crate) fn build(&self) -> Build {
        let mut build = Build::new(&self.design.name, self.folder);
        build.files = self.files.clone();
        build.probes = watch::probes(self.design, &watches(self.design));
        build.inputs = watch::inputs(self.design);
        build
    }
}
