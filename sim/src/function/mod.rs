//! What flows: every stream's elements, a tensor at a time, bit-exact.

use crate::kernels::PackedProduct;
use mpqc_ir::int_network::{Shape, Window};
use std::sync::Arc;

mod evaluator;
mod plan;
mod requantize;
mod tensor;
mod windows;

pub use evaluator::{Evaluator, FrameData};
pub(crate) use tensor::{Element, Tensor, Width, with_elements, with_word};
pub(crate) use windows::Windows;

/// What a block does to the elements of its streams.
pub(crate) enum Function {
    /// Nothing: it only changes when, how wide and how often they are sent.
    Same,
    /// It computes new ones.
    Compute(Arc<dyn Evaluate>),
}

impl Function {
    /// A computation.
    pub fn of(computation: impl Evaluate + 'static) -> Function {
        Function::Compute(Arc::new(computation))
    }
}

/// A computing block, prepared for speed.
pub(crate) trait Evaluate: Send + Sync {
    /// The elements of the output port, of the elements of every input port. Both are those of any number of whole
    /// frames, one after another, each vector once, in the words that the streams' types ask for.
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor;

    /// If this copies the windows of images: which, of images of which size.
    fn windows(&self) -> Option<(&Window, Shape)> {
        None
    }

    /// If this is a product of packed vectors: that, and the words of its sums.
    fn product(&self) -> Option<(Arc<PackedProduct>, Width)> {
        None
    }

    /// This and the computation before it as one, if together they are faster.
    fn behind(&self, _: &dyn Evaluate) -> Option<Arc<dyn Evaluate>> {
        None
    }
}
