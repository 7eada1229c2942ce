//! MAC array: matrix products.

use super::Simulate;
use crate::function::{Evaluate, Function};
use crate::kernels::MatMul;
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::MacArray;

impl Simulate for MacArray {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(self.stages(), self.synapse_fold(), self)
    }

    fn function(&self) -> Function {
        Function::Compute(Box::new(MatMul::new(&self.weights, self.x, self.acc)))
    }
}

impl Evaluate for MatMul {
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        vec![self.apply(inputs[0])]
    }
}
