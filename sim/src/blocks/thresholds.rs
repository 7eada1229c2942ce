//! Threshold requantizer.

use super::Simulate;
use crate::function::Function;
use crate::kernels::{Requantizer, Steps};
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::Thresholds;
use std::sync::Arc;

impl Simulate for Thresholds {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(self.stages(), 1, self)
    }

    fn function(&self) -> Function {
        let steps = Steps::new(&self.table, self.input, self.output, self.channels);
        Function::of(Requantizer::Steps(Arc::new(steps)))
    }
}
