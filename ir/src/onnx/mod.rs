//! The ONNX file format, read without copying.
//!
//! An ONNX model is one protocol-buffer message, `ModelProto`. This module reads it in three layers, each in a
//! file of its own, and stops there: what an operator means is the importer's business.
//!
//! 1. [`wire`]: the [encoding](https://protobuf.dev/programming-guides/encoding/). A message is a row of fields;
//!    a field is a tag (field number and wire type) and a varint, four bytes, eight bytes or a counted run of
//!    bytes. Parsed with `nom`; every field knows its [`Span`] in the file.
//! 2. [`model`], [`graph`], [`node`], [`attribute`], [`value_info`] and [`tensor`]: the messages of
//!    [`onnx.proto`](https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), typed. Names, strings and raw
//!    tensor bytes borrow from the file's buffer. Fields that we have no use for (documentation, device
//!    placement, training) are passed over, as protocol buffers ask of every reader.
//! 3. [`Tensor::decode`]: the elements of a tensor as `f64` or `i64`, from any of the format's storages: raw
//!    bytes, typed lists, or a file beside the model.
//!
//! # What a hostile file can do
//!
//! Get an [`OnnxError`], with a code, the bytes concerned and the path of fields that leads there. Lengths are
//! compared with the bytes that are really there before anything is allocated; nesting stops at [`MAX_DEPTH`];
//! the work is linear in the file's size; external data cannot leave the model's folder.
//!
//! ```
//! use mpqc_ir::onnx::{self, ElemType, testing::*};
//!
//! let bytes = model(
//!     graph()
//!         .input(value_info("x", ElemType::Float, [1, 2]))
//!         .output(value_info("y", ElemType::Float, [1, 1]))
//!         .initializer(tensor_f32("w", &[2, 1], &[0.5, -1.0]))
//!         .node(node("MatMul", ["x", "w"], ["y"])),
//! )
//! .opset("", 13)
//! .to_bytes();
//!
//! let model = onnx::read(&bytes)?;
//! assert_eq!(model.graph.node[0].op_type, "MatMul");
//! assert_eq!(model.graph.initializer[0].decode(None)?.as_floats(), Some(&[0.5, -1.0][..]));
//!
//! let cut = onnx::read(&bytes[..bytes.len() - 1]).unwrap_err();
//! assert!(cut.to_string().contains("passes the end"));
//! # Ok::<(), onnx::OnnxError>(())
//! ```

pub mod attribute;
pub mod build;
pub mod elem;
pub mod error;
pub mod external;
pub mod graph;
mod message;
pub mod model;
pub mod node;
pub mod storage;
pub mod tensor;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod value_info;
mod values;
pub mod wire;

pub use attribute::{Attribute, AttributeKind, AttributeValue};
pub use elem::ElemType;
pub use error::{FieldPath, Mistake, OnnxError};
pub use external::External;
pub use graph::{Annotation, Graph, SparseTensor};
pub use message::MAX_DEPTH;
pub use model::{Entry, Function, Model, OpsetImport};
pub use node::Node;
pub use storage::Storage;
pub use tensor::{Tensor, TensorData};
pub use value_info::{Dim, TensorType, Type, ValueInfo};
pub use values::Values;
pub use wire::{Body, Span};

/// Reads a whole model file. The model borrows from `bytes`.
///
/// # Errors
/// The first [`Mistake`] in the file, with its place. Versions of the format and of the operator sets are not
/// judged here: see [`Model::ir_version`] and [`Model::opset_version`].
pub fn read(bytes: &[u8]) -> Result<Model<'_>, OnnxError> {
    let file = Body::file(bytes);
    if bytes.is_empty() {
        return Err(OnnxError::new(Mistake::Empty, file.span()));
    }
    message::whole(file).map_err(|error| match foreign_format(bytes) {
        Some(looks_like) => OnnxError::new(Mistake::NotOnnx { looks_like }, file.span()),
        None => error,
    })
}

/// How files that are often taken for a model begin, and what they are.
const FOREIGN: [(usize, &[u8], &str); 8] = [
    (0, b"version https://git-lfs", "a Git LFS pointer (run `git lfs pull`)"),
    (0, b"PK\x03\x04", "a zip archive (a PyTorch checkpoint, .npz or packed model)"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"\x89HDF", "an HDF5 file (Keras weights)"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"<", "a web page or XML"),
    (0, b"{", "JSON"),
];

/// What a file that is no model may be instead.
fn foreign_format(bytes: &[u8]) -> Option<&'static str> {
    let begins = |(at, signature, _): &&(usize, &[u8], &str)| {
        bytes.get(*at..).is_some_and(|tail| tail.starts_with(signature))
    };
    FOREIGN.iter().find(begins).map(|(_, _, name)| *name)
}
