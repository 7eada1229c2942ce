//! The lint gate: `verilator --lint-only -Wall`, without waivers.

use super::{Verilator, VerilatorError};
use crate::tools::ToolError;
use std::{
    fmt,
    path::{Path, PathBuf},
    process::Output,
};

/// What Verilator said of a design, message by message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintReport {
    /// The top module.
    pub top: String,
    /// One entry a message: `%Warning-WIDTH: file:line:column: …` with its excerpt of the source.
    pub messages: Vec<String>,
}

impl LintReport {
    /// Splits what Verilator printed; its closing summary is left out.
    pub(super) fn of(top: &str, printed: &[u8]) -> Self {
        let mut messages: Vec<String> = Vec::new();
        for line in String::from_utf8_lossy(printed).lines() {
            match messages.last_mut() {
                _ if line.starts_with('%') => messages.push(line.to_owned()),
                Some(message) if line.starts_with(' ') => *message += &format!("\n{line}"),
                _ => {}
            }
        }
        messages.retain(|message| !message.starts_with("%Error: Exiting due to"));
        Self { top: top.to_owned(), messages }
    }
}

impl fmt::Display for LintReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Verilator has {} message(s) on module `{}`:", self.messages.len(), self.top)?;
        f.write_str(&self.messages.join("\n"))?;
        f.write_str("\ncorrect the Verilog at the places named above; there are no waivers")
    }
}

impl Verilator {
    /// Lints a design with every warning on. `files` are absolute; a single message fails.
    ///
    /// # Errors
    /// [`VerilatorError::Lint`] with the messages; [`VerilatorError::Tool`] if Verilator could not be run.
    pub fn lint(&self, files: &[PathBuf], top: &str) -> Result<(), VerilatorError> {
        let mut command = self.command();
        command.args(["--lint-only", "-Wall", "--top-module", top]).args(files);
        let output = command.output().map_err(ToolError::io("run", self.program()))?;
        let report = LintReport::of(top, &printed(&output));
        match output.status.success() && report.messages.is_empty() {
            true => Ok(()),
            false => Err(VerilatorError::Lint(report)),
        }
    }

    /// Translates a five-line module, the way that designs are translated, into a folder that is then thrown away.
    pub(crate) fn try_out(&self) -> Result<(), VerilatorError> {
        let folder = tempfile::tempdir().map_err(ToolError::io("create", std::env::temp_dir()))?;
        let file = folder.path().join("trial.v");
        std::fs::write(&file, TRIAL).map_err(ToolError::io("write", &file))?;
        let mut build = super::Build::new("trial", folder.path());
        build.files.push(file);
        build.probes.push(super::Probe::new("state", 4));
        self.translate(&build, Path::new(folder.path()))
    }
}

const TRIAL: &str = "`default_nettype none\nmodule trial (input wire aclk, input wire aresetn, output wire out);\n\
    reg [3:0] state;\nalways @(posedge aclk) state <= aresetn ? state + 4'd1 : 4'd0;\nassign out = state[3];\n\
    endmodule\n";

pub(super) fn printed(output: &Output) -> Vec<u8> {
    [output.stdout.as_slice(), output.stderr.as_slice()].concat()
}
