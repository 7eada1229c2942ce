//! Why something was not synthesized.

use crate::tools::ToolError;
use std::{io, path::PathBuf};
use thiserror::Error;

/// A unit could not be synthesized or counted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SynthesisError {
    /// Yosys is missing or broken.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// Only devices of one family can be placed and routed.
    #[error("`{0}` is no ECP5 that can be placed and routed; give --target ecp5-25k or ecp5-85k")]
    NotPlaceable(String),
    /// Placing or routing failed.
    #[error(
        "`{module}` was not placed and routed:\n{output}\ngive a larger device with --target, or a part of the design with --block"
    )]
    NotRouted {
        /// The module.
        module: String,
        /// The end of what was printed.
        output: String,
    },
    /// Yosys stopped.
    #[error(
        "Yosys refuses `{module}`:\n{output}\nrun `mpqc verify` on the folder to see whether its Verilog is intact"
    )]
    Refused {
        /// The module.
        module: String,
        /// The end of what Yosys printed.
        output: String,
    },
    /// A netlist, statistics or a timing report hold something that this version cannot read.
    #[error(
        "cannot read what was made of `{module}`: {reason}; another release of Yosys or nextpnr may be on PATH"
    )]
    Unreadable {
        /// The module.
        module: String,
        /// What was not understood.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}; check that it exists and that its permissions allow this", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl SynthesisError {
    /// For `map_err`: attaches what was tried, on which path.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
