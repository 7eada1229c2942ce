//! Multiply-add-shift requantizer.

use super::Simulate;
use crate::function::{Element, Evaluate, Function, Tensor, Width, with_elements, with_word};
use crate::kernels::Scale;
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::ScaleShift;

/// The function, and words of its codes.
struct Scaled {
    scale: Scale,
    output: Width,
}

impl Simulate for ScaleShift {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(Self::STAGES, 1, self)
    }

    fn function(&self) -> Function {
        let scale = Scale::new(&self.function, self.input, self.channels);
        Function::of(Scaled { scale, output: Width::of(self.output) })
    }
}

impl Evaluate for Scaled {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_word!(self.output, Y => with_elements!(inputs[0], x => Y::tensor(self.scale.apply(x))))
    }
}
