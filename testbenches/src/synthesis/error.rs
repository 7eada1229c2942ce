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
    /// Synthesis is only known for some families.
    #[error(
        "no open synthesis is known for the part `{0}`; give --target with a Zynq, Artix, UltraScale+ or ECP5 part"
    )]
    UnknownPart(String),
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
    /// The statistics hold something that this version does not know how to count.
    #[error("cannot count what Yosys made of `{module}`: {reason}; another release of Yosys may be on PATH")]
    Uncounted {
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
