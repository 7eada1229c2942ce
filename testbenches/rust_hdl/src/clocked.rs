//! Running a block, clock cycle by clock cycle.
//!
//! rust-hdl's own test benches are threads that pass the circuit to each other through channels; these
//! models have one clock and are driven from outside, so its update function is called directly.

use rust_hdl::prelude::*;

/// Updates after which a block that still changes has a combinational loop.
const MAX_UPDATES: usize = 64;

/// A block with one clock.
pub(crate) trait Clocked: Block + Sized {
    /// The clock's pin.
    fn clock(&mut self) -> &mut Signal<In, Clock>;

    /// Wires the block up and checks it.
    ///
    /// # Panics
    /// If rust-hdl finds an open signal, a logic loop or a write to an input.
    fn connected(mut self) -> Self {
        self.connect_all();
        check_all(&self).expect("the model passes rust-hdl's checks");
        self
    }

    /// One cycle: inputs that were set become visible at the falling edge, outputs after the rising edge.
    fn cycle(&mut self) {
        for level in [false, true] {
            self.clock().next = level.into();
            assert!(simulate(self, MAX_UPDATES), "a model without loops settles");
        }
    }
}

/// The integer in a two's complement pattern of 32 bits.
pub(crate) fn integer(pattern: Signed<32>) -> i64 {
    i64::from(unsigned_cast(pattern).to_u32() as i32)
}
