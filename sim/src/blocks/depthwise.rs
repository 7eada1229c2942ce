//! Depthwise MAC array: a kernel for every channel.

use super::Simulate;
use crate::function::{Element, Evaluate, Function, Tensor, Width, with_elements, with_word};
use crate::kernels;
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::Depthwise;
use std::num::Wrapping;

/// The weights, in words that hold the sums, and the sums' width.
enum Products {
    Word(kernels::Depthwise<Wrapping<i32>>, Width),
    Long(kernels::Depthwise<Wrapping<i64>>),
}

impl Simulate for Depthwise {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(self.stages(), self.beats(), self).with_results(self.slices())
    }

    fn function(&self) -> Function {
        let weights = &self.product.weights;
        Function::of(match Width::of(self.product.accumulator) {
            Width::Long => Products::Long(kernels::Depthwise::new(weights)),
            width => Products::Word(kernels::Depthwise::new(weights), width),
        })
    }
}

impl Evaluate for Products {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_elements!(inputs[0], x => match self {
            Products::Word(kernel, width) => with_word!(*width, Y => Y::tensor(kernel.apply(x))),
            Products::Long(kernel) => Tensor::Long(kernel.apply(x)),
        })
    }
}
