//! What can go wrong with an outside tool, and what to do about it.

use super::Tool;
use std::{io, path::PathBuf};
use thiserror::Error;

/// An outside tool is missing, broken or could not be installed. Every message ends with what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ToolError {
    /// Neither `PATH` nor the project's folder has a usable one.
    #[error("{} was not found{}: {}", tool.name(), tried(rejected), tool.remedy())]
    Missing {
        /// The tool.
        tool: Tool,
        /// Candidates that were found but cannot be used, each with its reason.
        rejected: Vec<String>,
    },
    /// [`super::install()`] cannot get this tool.
    #[error("{} cannot be installed by mpqc: {}", .0.name(), .0.remedy())]
    NotInstallable(Tool),
    /// A step of the installation failed.
    #[error(
        "installing {name} failed: `{command}` said:\n{output}\ncheck that python3 with its venv module works \
         and that packages can be downloaded, then run this again"
    )]
    Install {
        /// What was to be installed.
        name: &'static str,
        /// The command that failed.
        command: String,
        /// The end of what it printed.
        output: String,
    },
    /// A program could not be started, or a file could not be read or written.
    #[error("cannot {action} {}: {source}; check that it exists and that its permissions allow this", path.display())]
    Io {
        /// What was tried, as a verb: `run`, `create`, `lock`.
        action: &'static str,
        /// The program, file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl ToolError {
    /// For `map_err`: attaches what was tried, on which path.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

fn tried(rejected: &[String]) -> String {
    match rejected {
        [] => String::new(),
        reasons => format!(" (not usable: {})", reasons.join("; ")),
    }
}
