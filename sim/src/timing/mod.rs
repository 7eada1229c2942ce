//! When handshakes happen: control without data, exact in every cycle.

mod buffer;
mod control;
mod ends;
mod engine;
mod gather;
mod measure;
mod paced;
mod pipeline;
mod profile;
mod raster;
mod report;
mod steady;
mod wires;

pub use engine::Engine;
pub use measure::{TimingError, measure};
pub use profile::{Full, Lane, Profile};
pub use report::{BlockTiming, FifoTiming, StreamTiming, Timing};

pub(crate) use buffer::Buffer;
pub(crate) use control::{Control, Handshakes, Occupancy, Tick};
pub(crate) use ends::{Sink, Source};
pub(crate) use gather::Gather;
pub(crate) use measure::{Rate, steady_rate};
pub(crate) use paced::{Pace, pace};
pub(crate) use pipeline::Pipeline;
pub(crate) use raster::Raster;
