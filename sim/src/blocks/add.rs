//! Adder of two streams.

use super::Simulate;
use crate::function::{Evaluate, Function};
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::Add;

/// `gains[0] · a + gains[1] · b`.
struct WeightedSum([i64; 2]);

impl Simulate for Add {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(Self::STAGES, 1, self)
    }

    fn function(&self) -> Function {
        Function::Compute(Box::new(WeightedSum(self.gains)))
    }
}

impl Evaluate for WeightedSum {
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        let [g, h] = self.0;
        vec![inputs[0].iter().zip(inputs[1]).map(|(a, b)| g * a + h * b).collect()]
    }
}
