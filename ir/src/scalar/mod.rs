//! Scalar functions between an accumulator and what follows: per channel, monotone, exact.
//!
//! A [`ScalarFn`] is a chain of [`Step`]s with rational constants. It is the specification of a requantizer:
//! [`Evaluator`] evaluates it exactly, in float64 where a running error bound decides the result and in
//! rationals where it does not.

mod bounds;
mod enclosure;
mod eval;
mod fast;
mod float_fn;
mod step;
#[cfg(test)]
mod tests;

pub use eval::Evaluator;
pub(crate) use float_fn::sigmoid;
pub use float_fn::{FloatFn, FloatStep};
pub use step::{ScalarFn, Step};
pub(crate) use step::{at, f64_of, zip};
