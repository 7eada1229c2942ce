//! Threshold requantizer.

use super::Simulate;
use crate::function::{Evaluate, Function, Tensor};
use crate::kernels::Steps;
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::Thresholds;

impl Simulate for Thresholds {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(self.stages(), 1, self)
    }

    fn function(&self) -> Function {
        Function::of(Steps::new(&self.table, self.input, self.output, self.channels))
    }
}

impl Evaluate for Steps {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        self.apply(inputs[0])
    }
}
