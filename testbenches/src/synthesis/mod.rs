//! Open synthesis: what Yosys makes of a block's Verilog, counted in a device's primitives.
//!
//! A [`Unit`] (a module with everything below it) is synthesized alone by the [`Flow`] of the target's [`Family`](mpqc_ir::design::Family) and
//! counted ([`Counts`]). Results are kept in the project's folder of tools under a hash of all that they depend on: the
//! Verilog and memory images, the script, the build of Yosys. `docs/measure.md` says what each count means.

mod cache;
mod counts;
mod error;
mod flow;
mod harness;
mod part;
mod place_route;
mod synthesizer;
mod timing;
mod unit;

pub use counts::Counts;
pub use error::SynthesisError;
pub use flow::Flow;
pub use part::Part;
pub use place_route::PlaceRoute;
pub use synthesizer::Synthesizer;
pub use timing::{Timing, WorstPath};
pub use unit::{SourceFile, Unit};
