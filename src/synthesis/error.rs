//! Why a design was not compared.

use std::path::PathBuf;

/// Why predicted and synthesized costs were not compared.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Error {
    /// A block that the design does not have.
    #[error("the design has no block `{name}`")]
    #[diagnostic(help("its blocks are: {}", known.join(", ")))]
    NoBlock {
        /// What was asked for.
        name: String,
        /// All blocks.
        known: Vec<String>,
    },
    /// The design contradicts itself.
    #[error(transparent)]
    Codegen(#[from] mpqc_codegen::CodegenError),
    /// Synthesis failed.
    #[error(transparent)]
    Synthesis(#[from] mpqc_testbenches::synthesis::SynthesisError),
    /// A file of the folder could not be read or written.
    #[error("`{}`: {source}", path.display())]
    #[diagnostic(help("compile the model again if a file is missing"))]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
