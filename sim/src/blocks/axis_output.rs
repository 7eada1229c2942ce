//! AXI4-Stream master adapter: an output buffer.

use super::Simulate;
use crate::function::Function;
use crate::timing::Buffer;
use mpqc_ir::design::blocks::{AxisOutput, BlockSpec};

impl Simulate for AxisOutput {
    type Control = Buffer;

    fn control(&self) -> Buffer {
        Buffer::new(u64::from(self.output_depth()))
    }

    fn function(&self) -> Function {
        Function::Same
    }
}
