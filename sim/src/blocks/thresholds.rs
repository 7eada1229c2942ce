//! Threshold requantizer.

use super::Simulate;
use crate::function::{Evaluate, Function};
use crate::kernels::Steps;
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::Thresholds;

impl Simulate for Thresholds {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(self.stages(), 1, self)
    }

    fn function(&self) -> Function {
        Function::Compute(Box::new(Steps::new(&self.table, self.output, self.channels)))
    }
}

impl Evaluate for Steps {
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        vec![self.apply(inputs[0])]
    }
}
