//! Multiply-add-shift requantizer.

use super::Simulate;
use crate::function::{Function, Width};
use crate::kernels::{Requantizer, Scale};
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::ScaleShift;
use std::sync::Arc;

impl Simulate for ScaleShift {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(Self::STAGES, 1, self)
    }

    fn function(&self) -> Function {
        let scale = Scale::new(&self.function, self.input, self.channels);
        Function::of(Requantizer::Scale(Arc::new(scale), Width::of(self.output)))
    }
}
