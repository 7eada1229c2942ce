//! Output buffers (`stream_half`, `stream_skid`) and FIFOs: a count between zero and a depth.

use super::control::{Control, Handshakes};

/// A FIFO of `depth` beats whose pushes are visible in the next cycle. As a [`Control`] it is a block of
/// one input and one output, `ready` while it is not full.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    count: u64,
    depth: u64,
}

impl Buffer {
    /// An empty buffer.
    pub fn new(depth: u64) -> Self {
        Buffer { count: 0, depth }
    }

    /// Beats inside.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether it offers a beat.
    #[inline]
    pub fn valid(&self) -> bool {
        self.count > 0
    }

    /// Whether it has room.
    #[inline]
    pub fn can_accept(&self) -> bool {
        self.count < self.depth
    }

    /// The clock edge.
    #[inline]
    pub fn clock(&mut self, push: bool, pop: bool) {
        debug_assert!(!push || self.can_accept(), "a push needs room");
        self.count = self.count + u64::from(push) - u64::from(pop);
    }
}

impl Control for Buffer {
    fn valid(&self, _: usize) -> bool {
        self.valid()
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        self.can_accept()
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        self.clock(handshakes.taken(0), handshakes.popped(0));
    }

    fn settled(&self) -> bool {
        true
    }

    fn state(&self, into: &mut Vec<u64>) {
        into.push(self.count);
    }
}
