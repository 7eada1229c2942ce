//! Runs generated Verilog with Verilator, one clock cycle at a time, from Rust.
//!
//! [`Verilator::lint`] is the lint gate. [`Verilator::build`] turns a design into a shared library and loads it as a
//! [`Model`], whose inputs are set and whose wires are sampled as 32-bit words:
//!
//! 1. `verilator_bin --cc` translates the Verilog. Which wires can be read is said by a control file made here, so the
//!    Verilog itself carries no simulator's comments.
//! 2. g++ compiles that C++ and links it with `shim.cpp`, a C interface that is the same for every design. The shim,
//!    Verilator's runtime and its headers are compiled once and kept.
//! 3. The library is kept in a cache under a key of everything that went into it: the Verilog, the probes, the flags,
//!    Verilator's binary and the compiler.
//!
//! ```no_run
//! use mpqc_testbenches::{tools, verilator::{Build, Port, Probe}};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut build = Build::new("counter", "/designs/counter");
//! build.files.push("/designs/counter/rtl/counter.v".into());
//! build.inputs.push(Port::new("step", 4));
//! build.probes.push(Probe::new("count", 16));
//! let mut model = tools::verilator()?.build(&build)?;
//! model.reset(4)?;
//! model.set(0, &[3]);
//! model.settle()?;
//! let mut words = vec![0; model.sample_words()];
//! model.sample(&mut words);
//! model.tick()?;
//! # Ok(()) }
//! ```

mod build;
mod cache;
mod compiler;
mod error;
mod ffi;
mod lint;
mod model;
mod runtime;
#[cfg(test)]
mod tests;
mod work_dir;

pub use compiler::Compiler;
pub use error::VerilatorError;
pub use lint::LintReport;
pub use model::Model;

use crate::tools::{self, ToolError};
use cache::Cache;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A Verilator program with its runtime, a C++ compiler and a cache of what they built.
#[derive(Debug, Clone)]
pub struct Verilator {
    program: PathBuf,
    root: PathBuf,
    fingerprint: String,
    compiler: Compiler,
    cache: Cache,
}

impl Verilator {
    pub(crate) fn new(program: PathBuf, root: PathBuf, compiler: Compiler) -> Result<Self, ToolError> {
        let fingerprint = tools::fingerprint(&program)?;
        let cache = Cache::new(tools::folder().join("verilator-cache"));
        Ok(Self { program, root, fingerprint, compiler, cache })
    }

    /// The program, `verilator_bin`.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The hash that tells this build of Verilator from others.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The compiler of its models.
    pub fn compiler(&self) -> &Compiler {
        &self.compiler
    }

    /// The same Verilator with another folder for what it builds.
    pub fn with_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Cache::new(folder.into());
        self
    }

    /// The same Verilator for models that run once, as campaigns have thousands: they are compiled without optimizations,
    /// and kept in `folder`, where nobody looks for them later.
    pub fn for_one_run(self, folder: impl Into<PathBuf>) -> Self {
        let compiler = self.compiler.clone().hasty();
        Self { compiler, ..self.with_cache(folder) }
    }

    /// The folder of the runtime.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Translates the bench of [`crate::icarus`] into `folder`, with counters of lines and toggles.
    pub(crate) fn coverage_command(&self, folder: &Path) -> Command {
        let mut command = self.command();
        command.args([
            "--cc",
            "--main",
            "--timing",
            "--coverage-line",
            "--coverage-toggle",
            "-Wno-fatal",
            "-O3",
        ]);
        command
            .args(["-Wno-lint", "-Wno-style", "--top-module", "bench", "--prefix", "Vmodel", "--Mdir"])
            .arg(folder);
        command
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("VERILATOR_ROOT", &self.root);
        command
    }
}

/// A wire of the top module to be sampled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Probe {
    /// Its name inside the top module.
    pub name: String,
    /// Its width, at least 1.
    pub width_bits: u32,
}

impl Probe {
    /// A probe on the wire `name` of `width_bits`.
    pub fn new(name: impl Into<String>, width_bits: u32) -> Self {
        Self { name: name.into(), width_bits }
    }
}

/// An input port of the top module, other than clock and reset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its width in bits, at least 1.
    pub width: u32,
}

impl Port {
    /// The port `name` of `width` bits.
    pub fn new(name: impl Into<String>, width: u32) -> Self {
        Self { name: name.into(), width }
    }
}

/// What to build and how to run it.
#[derive(Debug, Clone)]
pub struct Build {
    /// Name of the top module.
    pub top: String,
    /// Verilog files, absolute paths, in any order. They must not `` `include`` others: those would escape the cache's key.
    pub files: Vec<PathBuf>,
    /// Folder from which `$readmemh` paths are resolved: the design's.
    pub work_dir: PathBuf,
    /// Wires to sample, in the order of the samples.
    pub probes: Vec<Probe>,
    /// Inputs, in the order of [`Model::set`]'s index.
    pub inputs: Vec<Port>,
    /// Clock port; `aclk`.
    pub clock: String,
    /// Synchronous reset port, active low; `aresetn`.
    pub reset: String,
    /// State that the Verilog leaves unknown starts at zero (`None`), or at values drawn from this seed. A run that depends
    /// on the seed reads something that was never written. The library is the same for all seeds.
    pub x_seed: Option<u32>,
    /// What it is optimized for.
    pub tuning: Tuning,
}

/// What a model is optimized for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tuning {
    /// Built soon: for short runs, as tests are.
    QuickBuild,
    /// Fast once it is built: for long runs and for measurements of Verilator's speed. Unknown values are not random.
    FastRun,
}

impl Build {
    /// A build of `top`, whose memory files lie in `work_dir`, without files, inputs or probes as yet, with `aclk` and
    /// `aresetn`.
    pub fn new(top: impl Into<String>, work_dir: impl Into<PathBuf>) -> Self {
        Self {
            top: top.into(),
            files: Vec::new(),
            work_dir: work_dir.into(),
            probes: Vec::new(),
            inputs: Vec::new(),
            clock: "aclk".to_owned(),
            reset: "aresetn".to_owned(),
            x_seed: None,
            tuning: Tuning::QuickBuild,
        }
    }
}
