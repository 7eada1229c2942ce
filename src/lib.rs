//! mpqc: from a trained mixed-precision network to verified Verilog.
//!
//! [`compile`], [`simulate`] and [`verify`] are the road in three calls:
//!
//! ```
//! use mpqc::{Options, Stalls, arrays, compile, simulate, targets};
//! use std::path::Path;
//!
//! let digits = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits");
//! let options = Options::new(targets::find("ultra96").expect("a known target"));
//! let compiled = compile(&digits.join("digits_mlp_w4a4.onnx"), &options)?;
//! let images = arrays::read(&digits.join("digits_test.input.npy")).expect("an array");
//! let simulation = simulate(compiled.design(), &[images], Stalls::None)?;
//! println!("{} cycles a frame", simulation.timing.cycles_per_frame);
//! # assert_eq!(simulation.timing.cycles_per_frame, compiled.schedule.cycles_per_frame);
//! # Ok::<(), mpqc::Error>(())
//! ```
//!
//! Behind them each stage of the road is one call ([`pipeline`]); [`simulator`] takes frames piece by piece, arrays go in and
//! out as npy files ([`arrays`], [`npy`]), and [`report`] holds what is known of a design. The crates below are a library too:
//! [`mpqc_ir`] (networks and designs), [`mpqc_schedule`], [`mpqc_codegen`], [`mpqc_sim`], [`mpqc_testbenches`].

mod api;
pub mod arrays;
pub mod bench;
pub mod boundaries;
pub mod campaign;
pub mod metamorphic;
pub mod npy;
pub mod pipeline;
pub mod quantize;
pub mod regress;
pub mod report;
pub mod simulator;
pub mod synthesis;

pub use api::{
    Compiled, Error, Simulation, Verification, compile, compile_shaped, simulate, verify,
    verify_requantizers, verify_streams,
};
pub use mpqc_schedule::{Fold, Options, targets};
pub use mpqc_sim::Stalls;
