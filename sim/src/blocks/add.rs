//! Adder of two streams.

use super::Simulate;
use crate::function::{Evaluate, Function, Tensor, Width};
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::Add;

/// `gains[0] · a + gains[1] · b`.
struct WeightedSum {
    gains: [i64; 2],
    output: Width,
}

impl Simulate for Add {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(Self::STAGES, 1, self)
    }

    fn function(&self) -> Function {
        Function::of(WeightedSum { gains: self.gains, output: Width::of(self.output) })
    }
}

impl Evaluate for WeightedSum {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        let ([g, h], [a, b]) = (self.gains, [0, 1].map(|operand| inputs[operand].cast::<i64>()));
        Tensor::collect(self.output, a.iter().zip(&*b).map(|(a, b)| g * a + h * b))
    }
}
