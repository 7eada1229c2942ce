//! Which lines and bits of generated Verilog a run reaches, counted by Verilator.
//!
//! The bench of [`crate::icarus`] drives the design, so that one bench is run by both; Verilator compiles it with its own
//! `main`, and counts.

mod points;

pub use points::{Point, points};

use crate::icarus::Run;
use crate::tools::{ToolError, patiently};
use crate::verilator::{Verilator, VerilatorError};
use mpqc_sim::whole::write_whole;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Parts of Verilator's runtime that a model with delays and coverage needs.
const PARTS: [&str; 4] = ["verilated", "verilated_threads", "verilated_timing", "verilated_cov"];

/// Builds models that count, with one runtime for all.
pub struct Coverage<'a> {
    verilator: &'a Verilator,
    objects: Vec<PathBuf>,
    patience: Duration,
}

impl<'a> Coverage<'a> {
    /// Compiles the runtime into `folder`. No step of a design may take longer than `patience`: a translation, a compilation, a run.
    ///
    /// # Errors
    /// Where the compiler fails.
    pub fn new(verilator: &'a Verilator, folder: &Path, patience: Duration) -> Result<Self, VerilatorError> {
        let mut coverage = Coverage { verilator, objects: Vec::new(), patience };
        for part in PARTS {
            let object = folder.join(format!("{part}.o"));
            let source = verilator.root().join("include").join(part).with_extension("cpp");
            coverage.compile(&[source], &["-c"], &object)?.ok_or_else(|| {
                let why = std::io::Error::from(std::io::ErrorKind::TimedOut);
                ToolError::io("compile", &object)(why)
            })?;
            coverage.objects.push(object);
        }
        Ok(coverage)
    }

    /// Runs a design and says how often each of its points was reached; nothing where a step takes too long.
    ///
    /// # Errors
    /// Where Verilator or the compiler fails.
    pub fn run(&self, run: &Run, folder: &Path) -> Result<Option<Vec<Point>>, VerilatorError> {
        run.write_bench(folder)?;
        let mut command = self.verilator.coverage_command(folder);
        command.args(run.files).arg(folder.join("bench.v"));
        if self.done(&mut command)?.is_none() {
            return Ok(None);
        }
        let sources = fs::read_dir(folder).map_err(ToolError::io("read", folder))?.flatten();
        let sources =
            sources.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "cpp"));
        let unit: String = sources.map(|path| format!("#include \"{}\"\n", path.display())).collect();
        let source = folder.join("unit.cc");
        write_whole(&source, unit.as_bytes()).map_err(ToolError::io("write", &source))?;
        let program = folder.join("model");
        let objects: Vec<PathBuf> = [vec![source], self.objects.clone()].concat();
        let include = format!("-I{}", folder.display());
        let built = self.compile(&objects, &[&include, "-pthread"], &program)?;
        let mut model = Command::new(&program);
        model.arg("+verilator+seed+1").current_dir(run.folder);
        if built.is_none() || self.done(&mut model)?.is_none() {
            return Ok(None);
        }
        let counts = run.folder.join("coverage.dat");
        let text = fs::read(&counts).map_err(ToolError::io("read", &counts))?;
        Ok(Some(points(&String::from_utf8_lossy(&text))))
    }

    fn compile(
        &self,
        sources: &[PathBuf],
        flags: &[&str],
        product: &Path,
    ) -> Result<Option<()>, VerilatorError> {
        let include = self.verilator.root().join("include");
        let mut command = Command::new(self.verilator.compiler().program());
        command.args([
            "-std=c++20",
            "-O0",
            "-fcoroutines",
            "-w",
            "-DVM_COVERAGE=1",
            "-DVM_TIMING=1",
            "-DVM_SC=0",
            "-DVM_TRACE=0",
        ]);
        command.args(flags).arg("-I").arg(&include).arg("-I").arg(include.join("vltstd"));
        self.done(command.args(sources).arg("-o").arg(product))
    }

    /// Runs a command that must succeed, if it ends in time.
    fn done(&self, command: &mut Command) -> Result<Option<()>, VerilatorError> {
        match patiently(command, self.patience)? {
            Some(output) if !output.status.success() => Err(VerilatorError::failed(command, &output)),
            output => Ok(output.map(|_| ())),
        }
    }
}
