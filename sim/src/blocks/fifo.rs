//! FIFO: a buffer whose filling is watched.

use super::Simulate;
use crate::function::Function;
use crate::timing::{Buffer, Control, Handshakes, Occupancy};
use mpqc_ir::design::blocks::Fifo;

/// The count, and the most that it was.
#[derive(Clone, Debug)]
pub(crate) struct FifoControl {
    buffer: Buffer,
    occupancy: Occupancy,
}

impl Simulate for Fifo {
    type Control = FifoControl;

    fn control(&self) -> FifoControl {
        let capacity = self.depth as u64;
        FifoControl { buffer: Buffer::new(capacity), occupancy: Occupancy::empty(capacity) }
    }

    fn function(&self) -> Function {
        Function::Same
    }
}

impl Control for FifoControl {
    fn valid(&self, _: usize) -> bool {
        self.buffer.valid()
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        self.buffer.can_accept()
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        self.buffer.clock(handshakes.taken(0), handshakes.popped(0));
        self.occupancy.hold(self.buffer.count());
    }

    fn settled(&self) -> bool {
        true
    }

    fn state(&self, into: &mut Vec<u64>) {
        into.push(self.buffer.count());
    }

    fn occupancy(&self) -> Option<Occupancy> {
        Some(self.occupancy)
    }
}
