//! Open synthesis: what Yosys makes of a block's Verilog, counted in a device's primitives.
//!
//! A [`Unit`] (a module with everything below it) is synthesized alone by the [`Flow`] of the target's [`Family`] and
//! counted ([`Counts`]). Results are kept in the project's folder of tools under a hash of all that they depend on: the
//! Verilog and memory images, the script, the build of Yosys. `docs/measure.md` says what each count means.

mod cache;
mod counts;
mod error;
mod family;
mod flow;
mod synthesizer;
mod unit;

pub use counts::Counts;
pub use error::SynthesisError;
pub use family::Family;
pub use flow::Flow;
pub use synthesizer::Synthesizer;
pub use unit::{SourceFile, Unit};
