//! AXI4-Stream slave adapter: an output buffer.

use super::Simulate;
use crate::function::Function;
use crate::timing::Buffer;
use mpqc_ir::design::blocks::{AxisInput, BlockSpec};

impl Simulate for AxisInput {
    type Control = Buffer;

    fn control(&self) -> Buffer {
        Buffer::new(u64::from(self.output_depth()))
    }

    fn function(&self) -> Function {
        Function::Same
    }
}
