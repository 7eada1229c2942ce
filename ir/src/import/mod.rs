//! ONNX model to [`Network`]: names to edges, attributes to typed parameters, shapes for every wire.
//!
//! The order of work, one module each:
//!
//! 1. [`crate::onnx`] reads the file; `versions` judges IR version and operator sets;
//! 2. `order` joins names to producers and sorts the nodes, and reports cycles, strangers and duplicates;
//! 3. `session` walks the nodes: initializers and inputs become `value::Value`s, every node is handed
//!    as a `call::Call` to the importer that the `registry` has under its domain and type. Importers live in one
//!    file per family (`matmul`, `conv`, `quantizers_qonnx`, ...);
//! 4. what depends on constants alone is folded as it is met (`fold`); what no output needs is pruned.
//!
//! Every problem is reported, not the first alone; a node that depends on a refused one stays silent.
//! What a hostile file can cost is bounded in [`limits`].
//!
//! ```
//! use mpqc_ir::import::{Options, import};
//! use mpqc_ir::onnx::{ElemType, testing::*};
//!
//! let bytes = model(
//!     graph()
//!         .input(value_info("x", ElemType::Float, [1, 2]))
//!         .output(value_info("y", ElemType::Float, [1, 2]))
//!         .node(node("Relu", ["x"], ["y"])),
//! )
//! .to_bytes();
//! let network = import(&bytes, &Options::default()).unwrap();
//! assert_eq!(network.graph.node_count(), 3);
//! ```

mod axis;
mod builder;
mod call;
mod call_attributes;
mod call_constants;
mod constants;
mod conv;
mod datatype;
mod elementwise;
mod fill;
mod fold;
pub mod limits;
mod matmul;
mod movement;
mod order;
mod pool;
mod qlinear;
mod quantize_constant;
mod quantizers_qdq;
mod quantizers_qonnx;
mod registry;
mod resize;
mod session;
mod shape;
mod slicing;
mod tail;
#[cfg(test)]
mod tests;
mod trunc;
mod value;
mod versions;
mod weights;
mod window;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::network::Network;
use crate::onnx::{self, Mistake, OnnxError};
use std::path::PathBuf;

/// What the caller adds to the file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The model's folder, where external data are; without it external data are refused.
    pub folder: Option<PathBuf>,
    /// Shapes of graph inputs by name, in place of those in the file (`--input-shape`); an empty name
    /// stands for the only input.
    pub input_shapes: Vec<(String, Vec<usize>)>,
}

/// Imports a model file.
///
/// # Errors
/// Everything in the model that mpqc cannot represent, each with node, reason and way out.
pub fn import(bytes: &[u8], options: &Options) -> Result<Network, Diagnostics> {
    let model = onnx::read(bytes).map_err(|error| broken_file(&error, "model"))?;
    versions::check(&model)?;
    session::run(&model, options, bytes.len())
}

/// A mistake in the file as a diagnostic; `concerned` names what was being read.
fn broken_file(error: &OnnxError, concerned: &str) -> Diagnostic {
    let help = miette::Diagnostic::help(error).map(|help| help.to_string()).unwrap_or_default();
    let code = match error.mistake {
        Mistake::UnsupportedElemType { .. } => Code::UnsupportedAttribute,
        _ => Code::BrokenFile,
    };
    Diagnostic::new(code, concerned, error.to_string(), help).at((error.span.start, error.span.end))
}
