//! What flows: every stream's elements, a tensor at a time, bit-exact.

mod evaluator;
mod plan;

pub use evaluator::{Evaluator, FrameData};

/// What a block does to the elements of its streams.
pub(crate) enum Function {
    /// Nothing: it only changes when, how wide and how often they are sent.
    Same,
    /// It computes new ones.
    Compute(Box<dyn Evaluate>),
}

/// A computing block, prepared for speed.
pub(crate) trait Evaluate: Send + Sync {
    /// The elements of every output port, of the elements of every input port. Both are those of any
    /// number of whole frames, one after another, each vector once.
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>>;
}
