//! Representations of mpqc, one after another: [`network::Network`] (the ONNX graph, typed and shaped),
//! [`int_network::IntNetwork`] (integer operators only) and [`design::Design`] (hardware blocks joined by
//! streams); the ONNX front end, the reference executor and the exact lowering between them.
//!
//! Each arrow of the road is one function from one representation to the next that returns diagnostics
//! instead of panicking; see `docs/` for a page per stage.

pub mod design;
pub mod diagnostic;
pub mod export;
pub mod import;
pub mod int_network;
pub mod lower;
pub mod network;
pub mod number;
pub mod onnx;
pub mod reference;
pub mod scalar;
pub mod tensor;
pub mod verilog;
