//! Fork: a buffer per output.

use super::Simulate;
use crate::function::Function;
use crate::timing::{Buffer, Control, Handshakes};
use mpqc_ir::design::blocks::{BlockSpec, Fork};

/// The output buffers.
#[derive(Clone, Debug)]
pub(crate) struct ForkControl(Vec<Buffer>);

impl Simulate for Fork {
    type Control = ForkControl;

    fn control(&self) -> ForkControl {
        ForkControl(vec![Buffer::new(u64::from(self.output_depth())); self.ways])
    }

    fn function(&self) -> Function {
        Function::Same
    }
}

impl Control for ForkControl {
    fn valid(&self, output: usize) -> bool {
        self.0.get(output).is_some_and(Buffer::valid)
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        self.0.iter().all(Buffer::can_accept)
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        for (output, buffer) in self.0.iter_mut().enumerate() {
            buffer.clock(handshakes.taken(0), handshakes.popped(output));
        }
    }

    fn settled(&self) -> bool {
        true
    }

    fn state(&self, into: &mut Vec<u64>) {
        into.extend(self.0.iter().map(Buffer::count));
    }
}
