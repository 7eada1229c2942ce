//! Blocks that take many pixels and send few: a beat leaves when a marked one arrives.

use super::buffer::Buffer;
use super::control::{Control, Handshakes};
use super::raster::Raster;

/// A position in the image that arrives, and an output buffer; the beats of marked pixels are pushed.
#[derive(Clone, Debug)]
pub(crate) struct Gather {
    arriving: Raster,
    output: Buffer,
}

impl Gather {
    /// Before the first beat of the first image; the output buffer has room for `depth` beats.
    pub fn new(arriving: Raster, depth: u32) -> Self {
        Gather { arriving, output: Buffer::new(u64::from(depth)) }
    }
}

impl Control for Gather {
    fn valid(&self, _: usize) -> bool {
        self.output.valid()
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        !self.arriving.marked() || self.output.can_accept()
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        let taken = handshakes.taken(0);
        self.output.clock(taken && self.arriving.marked(), handshakes.popped(0));
        if taken {
            self.arriving.step();
        }
    }

    fn settled(&self) -> bool {
        true
    }

    fn state(&self, into: &mut Vec<u64>) {
        self.arriving.state(into);
        into.push(self.output.count());
    }
}
