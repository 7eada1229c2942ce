//! What can go wrong around a comparison.

use crate::verilator::VerilatorError;
use mpqc_sim::trace::WavesError;
use thiserror::Error;

/// A lock-step run that could not be finished.
#[derive(Debug, Error)]
pub enum LockstepError {
    /// Verilator, the C++ compiler or the built model failed.
    #[error(transparent)]
    Verilator(#[from] VerilatorError),
    /// No stream shook hands for a long time although frames are left.
    #[error(
        "nothing moved for {idle} cycles (cycle {cycle}) although frames are left; a FIFO is too short for its branch. Waiting: {waiting}"
    )]
    Deadlock {
        /// Cycles without a handshake.
        idle: u64,
        /// The present cycle.
        cycle: u64,
        /// Streams with a beat on offer.
        waiting: String,
    },
    /// The waves could not be written.
    #[error(transparent)]
    Waves(#[from] WavesError),
    /// Their folder could not be made.
    #[error("cannot make the folder of waves: {0}")]
    Folder(String),
}
