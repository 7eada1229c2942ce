//! What can go wrong between Verilog and a running model, and what to do about it.

use super::LintReport;
use crate::tools::ToolError;
use std::path::PathBuf;
use thiserror::Error;

/// A design could not be linted, built or run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerilatorError {
    /// The lint gate is not clean.
    #[error("{0}")]
    Lint(LintReport),
    /// Verilator refused the Verilog.
    #[error(
        "Verilator cannot translate `{top}`:\n{0}\ncorrect the Verilog at the places named above",
        report
    )]
    Verilate {
        /// The top module.
        top: String,
        /// What it said.
        report: LintReport,
    },
    /// The C++ compiler failed.
    #[error(
        "`{command}` failed:\n{output}\ncheck with `mpqc doctor` that the compiler and Verilator fit each other"
    )]
    Compile {
        /// The command.
        command: String,
        /// The end of what it printed.
        output: String,
    },
    /// A library could not be loaded.
    #[error("cannot load {}: {source}; delete the file to have it built again", path.display())]
    Load {
        /// The library.
        path: PathBuf,
        /// The loader's reason.
        source: libloading::Error,
    },
    /// A probe or input names nothing that can be read or set.
    #[error(
        "module `{top}` has no {kind} vector `{name}` that Verilator can show; check the name against its Verilog"
    )]
    NoSuchSignal {
        /// The top module.
        top: String,
        /// `input` or `probe`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A probe or input has another width than was said.
    #[error(
        "`{name}` of module `{top}` is {actual} bits wide, but {declared} were declared; correct whichever is wrong"
    )]
    Width {
        /// The top module.
        top: String,
        /// The signal.
        name: String,
        /// Bits that the caller declared.
        declared: u32,
        /// Bits in the Verilog.
        actual: u32,
    },
    /// A name is not a plain Verilog identifier.
    #[error("`{0}` is not a plain Verilog identifier; rename it")]
    BadName(String),
    /// The running model complained: a missing memory file, `$finish`, a loop that does not settle.
    #[error(
        "the model of `{top}` reported: {message}; check the Verilog there, and that memory files lie where \
         `$readmemh` looks for them from {}",
        work_dir.display()
    )]
    Run {
        /// The top module.
        top: String,
        /// What it said first.
        message: String,
        /// The folder from which memory files are read.
        work_dir: PathBuf,
    },
    /// A tool or a file of the cache.
    #[error(transparent)]
    Tool(#[from] ToolError),
}

impl VerilatorError {
    /// A command that failed, with what it printed.
    pub(crate) fn failed(command: &std::process::Command, output: &std::process::Output) -> Self {
        let text = [output.stdout.as_slice(), &output.stderr].concat();
        let output = String::from_utf8_lossy(&text).lines().take(20).collect::<Vec<_>>().join("\n");
        VerilatorError::Compile { command: format!("{command:?}"), output }
    }
}
