//! The threshold requantizer by its definition: compare with every threshold, count those that are reached.

use crate::clocked::{Clocked, integer};
use crate::operand::{Encoding, Format, Operand};
use crate::requantizer::Requantizer;
use rust_hdl::prelude::*;

/// The counter, for values of `N` bits: one comparison per cycle.
///
/// The code begins at `base` in a cycle in which `first` is high, and grows by `step` in every cycle in
/// which the value `x` reaches the threshold, or `−x − 1` does where the channel `falls`.
#[derive(LogicBlock)]
pub struct ThresholdCounter<const N: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Whether this is a value's first comparison.
    pub first: Signal<In, Bit>,
    /// The value.
    pub x: Signal<In, Bits<N>>,
    /// Whether the channel's function falls.
    pub falls: Signal<In, Bit>,
    /// The threshold of this cycle.
    pub threshold: Signal<In, Signed<16>>,
    /// The code of no threshold reached.
    pub base: Signal<In, Signed<32>>,
    /// What a threshold adds to the code.
    pub step: Signal<In, Signed<32>>,
    /// The code so far.
    pub code: Signal<Out, Signed<32>>,
    operand: Operand<N>,
    compared: Signal<Local, Signed<16>>,
    before: Signal<Local, Signed<32>>,
    minus_one: Constant<Signed<16>>,
    count: DFF<Signed<32>>,
}

impl<const N: usize> ThresholdCounter<N> {
    /// A counter for values of an encoding.
    pub fn new(encoding: Encoding) -> Self {
        ThresholdCounter {
            clock: Signal::default(),
            first: Signal::default(),
            x: Signal::default(),
            falls: Signal::default(),
            threshold: Signal::default(),
            base: Signal::default(),
            step: Signal::default(),
            code: Signal::default(),
            operand: Operand::new(encoding),
            compared: Signal::default(),
            before: Signal::default(),
            minus_one: Constant::new(signed(-1)),
            count: DFF::default(),
        }
    }
}

impl<const N: usize> Logic for ThresholdCounter<N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count);
        self.operand.pattern.next = self.x.val();
        self.compared.next = self.operand.value.val();
        if self.falls.val() {
            self.compared.next = self.minus_one.val() - self.operand.value.val();
        }
        self.before.next = self.count.q.val();
        if self.first.val() {
            self.before.next = self.base.val();
        }
        self.count.d.next = self.before.val();
        if self.compared.val() >= self.threshold.val() {
            self.count.d.next = self.before.val() + self.step.val();
        }
        self.code.next = self.count.q.val();
    }
}

impl<const N: usize> Clocked for ThresholdCounter<N> {
    fn clock(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}

/// The constants of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparisons {
    /// Thresholds in any order, of 16 bits each; at least one.
    pub thresholds: Vec<i64>,
    /// Whether `−x − 1` is compared instead of `x`.
    pub falls: bool,
    /// The code of no threshold reached.
    pub base: i64,
    /// What each threshold that is reached adds.
    pub step: i64,
}

/// A counter for values of this format, 1 to 12 bits.
///
/// # Panics
/// If the format is wider.
pub fn threshold_counter(x: Format) -> Box<dyn Requantizer<Comparisons>> {
    with_width!(x.bits, N in [1 2 3 4 5 6 7 8 9 10 11 12] => {
        let counter = ThresholdCounter::<N>::new(x.encoding).connected();
        Box::new(Driver { counter, encoding: x.encoding })
    })
}

struct Driver<const N: usize> {
    counter: ThresholdCounter<N>,
    encoding: Encoding,
}

impl<const N: usize> Requantizer<Comparisons> for Driver<N> {
    fn code(&mut self, x: i64, constants: &Comparisons) -> i64 {
        assert!(!constants.thresholds.is_empty(), "a code needs a comparison");
        let counter = &mut self.counter;
        counter.x.next = self.encoding.pattern(x);
        counter.falls.next = constants.falls;
        counter.base.next = signed(constants.base);
        counter.step.next = signed(constants.step);
        for (i, threshold) in constants.thresholds.iter().enumerate() {
            counter.first.next = i == 0;
            counter.threshold.next = Signed::from(*threshold);
            counter.cycle();
        }
        integer(counter.code.val())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_count_thresholds_that_are_reached() {
        let mut counter = threshold_counter(Format::signed(4));
        let rising = Comparisons { thresholds: vec![-8, -2, 3, 8], falls: false, base: 0, step: 1 };
        assert_eq!([-8, -3, -2, 3, 7].map(|x| counter.code(x, &rising)), [1, 1, 2, 3, 3]);
        let falling = Comparisons { falls: true, ..rising };
        assert_eq!([-8, -4, -3, 1, 7].map(|x| counter.code(x, &falling)), [3, 3, 2, 2, 1]);
    }

    #[test]
    fn a_sign_is_one_threshold_of_step_two() {
        let mut counter = threshold_counter(Format::unsigned(3));
        let sign = Comparisons { thresholds: vec![5], falls: false, base: -1, step: 2 };
        assert_eq!([0, 4, 5, 7].map(|x| counter.code(x, &sign)), [-1, -1, 1, 1]);
    }
}
