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
mod stalls;
pub mod timing;
pub mod toggle;
pub mod trace;
pub mod whole;

pub use stalls::{Stalls, StallsError};
