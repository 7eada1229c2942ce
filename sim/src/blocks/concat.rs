//! Concatenation: operands take turns.

use super::Simulate;
use crate::function::{Element, Evaluate, Function, Tensor, Width, with_word};
use crate::timing::{Buffer, Control, Handshakes};
use mpqc_ir::design::blocks::{BlockSpec, Concat};

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

/// Channels of every operand, and words of the result.
struct Joined {
    channels: Vec<usize>,
    output: Width,
}

impl Simulate for Concat {
    type Control = ConcatControl;

    fn control(&self) -> ConcatControl {
        let beats = (0..self.operands.len()).map(|operand| self.beats(operand)).collect();
        let output = Buffer::new(u64::from(self.output_depth()));
        ConcatControl { beats, turn: 0, beat: 0, output }
    }

    fn function(&self) -> Function {
        Function::of(Joined { channels: self.channels.clone(), output: Width::of(self.output) })
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

impl Joined {
    /// Pixels side by side.
    fn join<Y: Element>(&self, inputs: &[&Tensor]) -> Vec<Y> {
        let all: usize = self.channels.iter().sum();
        let mut y = vec![Y::default(); inputs.iter().map(|x| x.len()).sum()];
        let mut first = 0;
        for (x, channels) in inputs.iter().zip(&self.channels) {
            let (x, places) = (x.cast::<Y>(), y.chunks_exact_mut(all));
            let pixels = places.zip(x.chunks_exact(*channels));
            pixels.for_each(|(y, x)| y[first..first + channels].copy_from_slice(x));
            first += channels;
        }
        y
    }
}

impl Evaluate for Joined {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_word!(self.output, Y => Y::tensor(self.join(inputs)))
    }
}
