//! Replay buffer: a circular buffer read several times, and an output register.

use super::Simulate;
use crate::function::Function;
use crate::timing::{Control, Handshakes, Occupancy};
use mpqc_ir::design::blocks::Replay;

/// What is stored, where it is read, and whether the output register holds a beat.
#[derive(Clone, Debug)]
pub(crate) struct ReplayControl {
    beats: u64,
    repeats: u64,
    occupancy: Occupancy,
    /// Beats written and not freed.
    stored: u64,
    /// Beats of the vector read in this pass.
    position: u64,
    pass: u64,
    valid: bool,
}

impl Simulate for Replay {
    type Control = ReplayControl;

    fn control(&self) -> ReplayControl {
        ReplayControl {
            beats: self.beats as u64,
            repeats: self.repeats as u64,
            occupancy: Occupancy::empty(self.capacity as u64),
            stored: 0,
            position: 0,
            pass: 0,
            valid: false,
        }
    }

    fn function(&self) -> Function {
        Function::Same
    }
}

impl ReplayControl {
    fn frees(&self) -> bool {
        self.pass + 1 == self.repeats
    }

    /// Whether the beat to read next is stored: the last pass reads the oldest beat, and frees it.
    fn available(&self) -> bool {
        let offset = if self.frees() { 0 } else { self.position };
        offset < self.stored
    }

    fn load(&mut self) {
        self.stored -= u64::from(self.frees());
        self.position += 1;
        if self.position == self.beats {
            self.position = 0;
            self.pass = if self.frees() { 0 } else { self.pass + 1 };
        }
    }
}

impl Control for ReplayControl {
    fn valid(&self, _: usize) -> bool {
        self.valid
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        self.stored < self.occupancy.capacity
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        let pop = handshakes.popped(0);
        let load = self.available() && (!self.valid || pop);
        if load {
            self.load();
        }
        self.valid = load || (self.valid && !pop);
        self.stored += u64::from(handshakes.taken(0));
        self.occupancy.hold(self.stored);
    }

    fn settled(&self) -> bool {
        self.valid || !self.available()
    }

    fn state(&self, into: &mut Vec<u64>) {
        into.extend([self.stored, self.position, self.pass, u64::from(self.valid)]);
    }

    fn occupancy(&self) -> Option<Occupancy> {
        Some(self.occupancy)
    }
}
