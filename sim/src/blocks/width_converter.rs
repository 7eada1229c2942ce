//! Width converter: collects beats (up) or shifts them out (down).

use super::Simulate;
use crate::function::Function;
use crate::timing::{Buffer, Control, Handshakes};
use mpqc_ir::design::blocks::{BlockSpec, WidthConverter};

/// Control of either direction.
#[derive(Clone, Debug)]
pub(crate) enum Converter {
    Up(Up),
    Down(Down),
}

/// Collects input beats until an output beat or the vector is complete.
#[derive(Clone, Debug)]
pub(crate) struct Up {
    ratio: usize,
    in_beats: usize,
    /// Input beats in the output beat so far.
    slot: usize,
    /// Input beats of the vector so far.
    beat: usize,
    output: Buffer,
}

/// Shifts a register out while the next beat waits in the input buffer.
#[derive(Clone, Debug)]
pub(crate) struct Down {
    ratio: u64,
    last_ratio: u64,
    in_beats: usize,
    input: Buffer,
    /// Input beats of the vector that the shift register took so far.
    beat: usize,
    /// Output beats to go.
    left: u64,
}

impl Simulate for WidthConverter {
    type Control = Converter;

    fn control(&self) -> Converter {
        let (ratio, in_beats) = (self.ratio(), self.in_beats());
        if self.is_up() {
            let output = Buffer::new(u64::from(self.output_depth()));
            return Converter::Up(Up { ratio, in_beats, slot: 0, beat: 0, output });
        }
        let input = Buffer::new(u64::from(self.input_depth()));
        let (ratio, last_ratio) = (ratio as u64, self.last_ratio() as u64);
        Converter::Down(Down { ratio, last_ratio, in_beats, input, beat: 0, left: 0 })
    }

    fn function(&self) -> Function {
        Function::Same
    }
}

impl Up {
    fn completes(&self) -> bool {
        self.slot + 1 == self.ratio || self.beat + 1 == self.in_beats
    }

    fn clock(&mut self, taken: bool, pop: bool) {
        let push = taken && self.completes();
        self.output.clock(push, pop);
        if taken {
            self.slot = if push { 0 } else { self.slot + 1 };
            self.beat = if self.beat + 1 == self.in_beats { 0 } else { self.beat + 1 };
        }
    }
}

impl Down {
    /// Output beats of the next beat that the shift register takes.
    fn load(&mut self) -> u64 {
        self.beat += 1;
        if self.beat < self.in_beats {
            return self.ratio;
        }
        self.beat = 0;
        self.last_ratio
    }

    fn clock(&mut self, taken: bool, pop: bool) {
        let load = self.input.valid() && (self.left == 0 || (self.left == 1 && pop));
        self.input.clock(taken, load);
        if load {
            self.left = self.load();
        } else {
            self.left -= u64::from(pop);
        }
    }
}

impl Control for Converter {
    fn valid(&self, _: usize) -> bool {
        match self {
            Converter::Up(up) => up.output.valid(),
            Converter::Down(down) => down.left > 0,
        }
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        match self {
            Converter::Up(up) => !up.completes() || up.output.can_accept(),
            Converter::Down(down) => down.input.can_accept(),
        }
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        let (taken, pop) = (handshakes.taken(0), handshakes.popped(0));
        match self {
            Converter::Up(up) => up.clock(taken, pop),
            Converter::Down(down) => down.clock(taken, pop),
        }
    }

    fn settled(&self) -> bool {
        match self {
            Converter::Up(_) => true,
            Converter::Down(down) => !down.input.valid() || down.left > 0,
        }
    }

    fn state(&self, into: &mut Vec<u64>) {
        into.extend(match self {
            Converter::Up(up) => [up.slot as u64, up.beat as u64, up.output.count()],
            Converter::Down(down) => [down.left, down.beat as u64, down.input.count()],
        });
    }
}
