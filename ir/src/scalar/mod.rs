//! Scalar functions between an accumulator and what follows: per channel, monotone, exact.

mod float_fn;

pub use float_fn::{FloatFn, FloatStep};
