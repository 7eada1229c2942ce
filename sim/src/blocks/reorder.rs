//! Reordering: a memory of two halves, one written while the other is read.

use super::Simulate;
use crate::function::{Element, Evaluate, Function, Tensor, with_elements};
use crate::timing::{Control, Handshakes};
use mpqc_ir::design::blocks::Reorder;
use std::sync::Arc;

/// The halves, and whether the output register holds a beat.
#[derive(Clone, Debug)]
pub(crate) struct ReorderControl {
    full: [bool; 2],
    writer: Side,
    reader: Side,
    valid: bool,
}

/// A half, and how far it is written or read.
#[derive(Clone, Debug)]
struct Side {
    half: usize,
    word: usize,
    words: usize,
}

/// Groups of `group` beats of `lanes` elements, and the beats to send of each.
struct Moves {
    group: usize,
    lanes: usize,
    order: Arc<Vec<u32>>,
}

impl Simulate for Reorder {
    type Control = ReorderControl;

    fn control(&self) -> ReorderControl {
        let side = |words| Side { half: 0, word: 0, words };
        let (writer, reader) = (side(self.group), side(self.order.len()));
        ReorderControl { full: [false; 2], writer, reader, valid: false }
    }

    fn function(&self) -> Function {
        let Reorder { group, lanes, .. } = *self;
        Function::of(Moves { group, lanes, order: self.order.clone() })
    }
}

impl Side {
    /// On to the next word; the half that this ends, if it does.
    fn step(&mut self) -> Option<usize> {
        self.word += 1;
        if self.word < self.words {
            return None;
        }
        self.word = 0;
        self.half ^= 1;
        Some(self.half ^ 1)
    }

    fn state(&self) -> [u64; 2] {
        [self.half as u64, self.word as u64]
    }
}

impl ReorderControl {
    fn available(&self) -> bool {
        self.full[self.reader.half]
    }
}

impl Control for ReorderControl {
    fn valid(&self, _: usize) -> bool {
        self.valid
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        !self.full[self.writer.half]
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        let pop = handshakes.popped(0);
        let load = self.available() && (!self.valid || pop);
        if load && let Some(half) = self.reader.step() {
            self.full[half] = false;
        }
        self.valid = load || (self.valid && !pop);
        if handshakes.taken(0)
            && let Some(half) = self.writer.step()
        {
            self.full[half] = true;
        }
    }

    fn settled(&self) -> bool {
        self.valid || !self.available()
    }

    fn state(&self, into: &mut Vec<u64>) {
        into.extend([self.full[0], self.full[1], self.valid].map(u64::from));
        into.extend(self.writer.state().into_iter().chain(self.reader.state()));
    }
}

impl Moves {
    fn sent<E: Element>(&self, x: &[E]) -> Vec<E> {
        let groups = x.chunks_exact(self.group * self.lanes);
        let mut sent = Vec::with_capacity(groups.len() * self.order.len() * self.lanes);
        for group in groups {
            let beats = self.order.iter().map(|beat| &group[*beat as usize * self.lanes..][..self.lanes]);
            beats.for_each(|beat| sent.extend_from_slice(beat));
        }
        sent
    }
}

impl Evaluate for Moves {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_elements!(inputs[0], x => Element::tensor(self.sent(x)))
    }
}
