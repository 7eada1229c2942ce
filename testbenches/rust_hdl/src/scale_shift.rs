//! The multiply-add-shift requantizer by its definition: `clamp(⌊(x·mul + add) / 2^shift⌋, lowest, highest)`.

use crate::clocked::{Clocked, integer};
use crate::operand::{Encoding, Format, Operand};
use crate::requantizer::Requantizer;
use rust_hdl::prelude::*;

/// The requantizer, for values of `N` bits; the code of a cycle's inputs appears in the next.
#[derive(LogicBlock)]
pub struct ScaleShift<const N: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The value.
    pub x: Signal<In, Bits<N>>,
    /// The factor.
    pub mul: Signal<In, Signed<16>>,
    /// The addend.
    pub add: Signal<In, Signed<32>>,
    /// Binary places dropped.
    pub shift: Signal<In, Bits<5>>,
    /// The lowest code.
    pub lowest: Signal<In, Signed<32>>,
    /// The highest code.
    pub highest: Signal<In, Signed<32>>,
    /// The code.
    pub code: Signal<Out, Signed<32>>,
    operand: Operand<N>,
    sum: Signal<Local, Signed<32>>,
    floor: Signal<Local, Signed<32>>,
    zero: Constant<Signed<32>>,
    clamped: DFF<Signed<32>>,
}

impl<const N: usize> ScaleShift<N> {
    /// A requantizer for values of an encoding.
    pub fn new(encoding: Encoding) -> Self {
        ScaleShift {
            clock: Signal::default(),
            x: Signal::default(),
            mul: Signal::default(),
            add: Signal::default(),
            shift: Signal::default(),
            lowest: Signal::default(),
            highest: Signal::default(),
            code: Signal::default(),
            operand: Operand::new(encoding),
            sum: Signal::default(),
            floor: Signal::default(),
            zero: Constant::new(signed(0)),
            clamped: DFF::default(),
        }
    }
}

impl<const N: usize> Logic for ScaleShift<N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, clamped);
        self.operand.pattern.next = self.x.val();
        self.sum.next = self.operand.value.val() * self.mul.val() + self.add.val();
        // For s < 0, ⌊s / 2^k⌋ = −⌊(−s − 1) / 2^k⌋ − 1, and −s − 1 is the complement of s.
        self.floor.next = signed_cast(unsigned_cast(self.sum.val()) >> self.shift.val());
        if self.sum.val() < self.zero.val() {
            self.floor.next = signed_cast(!(!unsigned_cast(self.sum.val()) >> self.shift.val()));
        }
        self.clamped.d.next = self.floor.val();
        if self.floor.val() < self.lowest.val() {
            self.clamped.d.next = self.lowest.val();
        }
        if self.floor.val() > self.highest.val() {
            self.clamped.d.next = self.highest.val();
        }
        self.code.next = self.clamped.q.val();
    }
}

impl<const N: usize> Clocked for ScaleShift<N> {
    fn clock(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}

/// The constants of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affine {
    /// Factor, of 16 bits.
    pub mul: i64,
    /// Addend; `x·mul + add` has 32 bits.
    pub add: i64,
    /// Binary places dropped, at most 31.
    pub shift: u32,
    /// The lowest code.
    pub lowest: i64,
    /// The highest code.
    pub highest: i64,
}

/// A requantizer for values of this format, 1 to 12 bits.
///
/// # Panics
/// If the format is wider.
pub fn scale_shift(x: Format) -> Box<dyn Requantizer<Affine>> {
    with_width!(x.bits, N in [1 2 3 4 5 6 7 8 9 10 11 12] => {
        let requantizer = ScaleShift::<N>::new(x.encoding).connected();
        Box::new(Driver { requantizer, encoding: x.encoding })
    })
}

struct Driver<const N: usize> {
    requantizer: ScaleShift<N>,
    encoding: Encoding,
}

impl<const N: usize> Requantizer<Affine> for Driver<N> {
    fn code(&mut self, x: i64, constants: &Affine) -> i64 {
        let requantizer = &mut self.requantizer;
        requantizer.x.next = self.encoding.pattern(x);
        requantizer.mul.next = signed(constants.mul);
        requantizer.add.next = signed(constants.add);
        requantizer.shift.next = u64::from(constants.shift).into();
        requantizer.lowest.next = signed(constants.lowest);
        requantizer.highest.next = signed(constants.highest);
        requantizer.cycle();
        integer(requantizer.code.val())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_round_down_and_codes_are_clamped() {
        let mut requantizer = scale_shift(Format::signed(5));
        let half = Affine { mul: 3, add: 2, shift: 2, lowest: -8, highest: 7 };
        assert_eq!([-16, -3, -1, 0, 1, 3, 15].map(|x| requantizer.code(x, &half)), [-8, -2, -1, 0, 1, 2, 7]);
        let negative = Affine { mul: -100, add: -1, shift: 0, lowest: -900, highest: 1400 };
        assert_eq!([-16, -1, 0, 15].map(|x| requantizer.code(x, &negative)), [1400, 99, -1, -900]);
    }
}
