//! A [`Design`](mpqc_ir::design::Design) as files: Verilog, memory images, and the design itself; see `docs/rtl.md`.

mod emit;
mod folder;
mod json;
mod parts;

pub use emit::{File, emit};
pub use folder::{read_design, rtl_files, write, write_with};
pub use parts::{BlockFiles, block_files, with_needs};

use std::path::PathBuf;

/// Why a design was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum CodegenError {
    /// A block has no Verilog.
    #[error(transparent)]
    Rtl(#[from] mpqc_rtl_templates::RtlError),
    /// Two modules have the same name.
    #[error("two Verilog modules would be called `{0}`; give the design another name")]
    NameTaken(String),
    /// A design without an input or an output.
    #[error("a design has at least one input and one output")]
    NoPorts,
    /// The folder to write holds something else.
    #[error("`{}` exists and is not a folder that mpqc wrote; choose another", .0.display())]
    NotOurs(PathBuf),
    /// A file or folder could not be read or written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `design.json` is not a design of this version.
    #[error("`{}` is not a design of this version of mpqc: {source}", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}
