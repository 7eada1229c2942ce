//! mpqc: from a trained mixed-precision network to verified Verilog.
//!
//! The command's pieces as a library, for tests, benches and developer commands: each stage of the road is one
//! call ([`pipeline`]), and arrays go in and out as npy files ([`arrays`]).

pub mod arrays;
pub mod campaign;
pub mod npy;
pub mod pipeline;
pub mod report;
pub mod simulator;
