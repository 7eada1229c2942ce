//! Simulation of a [`Design`](mpqc_ir::design::Design): bit-exact [`function`] and cycle-exact [`timing`],
//! apart.
//!
//! Whether a handshake happens depends on counts, never on values, so the two need not know each other:
//! [`function::Evaluator`] computes what flows on every stream, a tensor at a time, and [`timing::Engine`]
//! when each beat of it flows. Joined, beat [`timing::Engine::beat`] of
//! [`function::FrameData::stream`] is the word that the hardware shows on that stream in that cycle:
//!
//! ```
//! use mpqc_ir::design::testing::{Chain, Mac};
//! use mpqc_ir::number::IntType;
//! use mpqc_sim::{Stalls, function::Evaluator, timing::measure};
//!
//! let u2 = IntType::quantizer(false, 2, false);
//! let design = Chain::new("tiny").input(u2, 1, 2).mac_of(Mac::new(1, 1, 1), ndarray::arr2(&[[3, -1]])).finish();
//! assert_eq!(Evaluator::new(&design).outputs(&[vec![2, 1]]), [[5]]);
//! assert_eq!(measure(&design, 10, Stalls::None)?.cycles_per_frame, 2);
//! # Ok::<(), mpqc_sim::timing::TimingError>(())
//! ```
//!
//! `docs/simulate.md` says how both work and what every figure means; `docs/blocks.md` is the contract that
//! the timing of each block follows.

mod bitset;
mod blocks;
pub mod function;
mod kernels;
pub mod sizing;
pub mod timing;
pub mod toggle;
pub mod trace;

/// How the two ends of a design behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stalls {
    /// Sources offer a beat in every cycle until the frames run out; sinks take one in every cycle.
    None,
    /// Sources withhold `valid` and sinks withhold `ready` at random, in phases from always to never. An
    /// offered beat stays until it is taken (AMBA AXI4-Stream, ARM IHI 0051, 2.2.1).
    Random {
        /// Equal seeds give equal runs.
        seed: u64,
    },
}
