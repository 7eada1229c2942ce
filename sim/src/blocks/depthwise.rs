//! Depthwise MAC array: a kernel for every channel.

use super::Simulate;
use crate::function::{Evaluate, Function};
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::Depthwise;
use mpqc_ir::int_network;

/// The function.
struct Products(int_network::Depthwise);

impl Simulate for Depthwise {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(Self::STAGES, self.beats(), self).with_results(self.slices())
    }

    fn function(&self) -> Function {
        Function::Compute(Box::new(Products(self.product.clone())))
    }
}

impl Evaluate for Products {
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        vec![self.0.apply(inputs[0])]
    }
}
