//! Concatenation: operands take turns.

use super::Simulate;
use crate::function::{Evaluate, Function};
use crate::timing::{Buffer, Control, Handshakes};
use mpqc_ir::design::blocks::{BlockSpec, Concat};
use mpqc_ir::int_network;

/// Whose turn it is, and the output buffer.
#[derive(Clone, Debug)]
pub(crate) struct ConcatControl {
    /// Beats per pixel of every operand.
    beats: Vec<usize>,
    turn: usize,
    /// Beats of the operand in this pixel so far.
    beat: usize,
    output: Buffer,
}

/// Channels of every operand.
struct Joined(Vec<usize>);

impl Simulate for Concat {
    type Control = ConcatControl;

    fn control(&self) -> ConcatControl {
        let beats = (0..self.operands.len()).map(|operand| self.beats(operand)).collect();
        let output = Buffer::new(u64::from(self.output_depth()));
        ConcatControl { beats, turn: 0, beat: 0, output }
    }

    fn function(&self) -> Function {
        Function::Compute(Box::new(Joined(self.channels.clone())))
    }
}

impl ConcatControl {
    fn step(&mut self) {
        self.beat += 1;
        if self.beat == self.beats[self.turn] {
            self.beat = 0;
            self.turn = if self.turn + 1 == self.beats.len() { 0 } else { self.turn + 1 };
        }
    }
}

impl Control for ConcatControl {
    fn valid(&self, _: usize) -> bool {
        self.output.valid()
    }

    /// Whatever the other operands offer.
    fn ready(&self, input: usize, _: bool) -> bool {
        self.turn == input && self.output.can_accept()
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        let push = handshakes.taken(self.turn);
        self.output.clock(push, handshakes.popped(0));
        if push {
            self.step();
        }
    }

    fn settled(&self) -> bool {
        true
    }

    fn state(&self, into: &mut Vec<u64>) {
        into.extend([self.turn as u64, self.beat as u64, self.output.count()]);
    }
}

impl Evaluate for Joined {
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        vec![int_network::concat(inputs, &self.0)]
    }
}
