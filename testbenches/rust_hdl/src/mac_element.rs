//! The MAC processing element: products of a few lanes, added up over the beats of a vector.

use crate::clocked::{Clocked, integer};
use crate::operand::{Encoding, Format, Operand};
use rust_hdl::prelude::*;

/// Lanes of an element; fewer are used by declaring the others absent.
pub const LANES: usize = 4;

/// One lane: the product of two operands, or zero where the lane is beyond the vector.
#[derive(LogicBlock)]
struct Lane<const A: usize, const W: usize> {
    x: Signal<In, Bits<A>>,
    w: Signal<In, Bits<W>>,
    present: Signal<In, Bit>,
    product: Signal<Out, Signed<32>>,
    x_operand: Operand<A>,
    w_operand: Operand<W>,
}

impl<const A: usize, const W: usize> Lane<A, W> {
    fn new(x: Encoding, w: Encoding) -> Self {
        Lane {
            x: Signal::default(),
            w: Signal::default(),
            present: Signal::default(),
            product: Signal::default(),
            x_operand: Operand::new(x),
            w_operand: Operand::new(w),
        }
    }
}

impl<const A: usize, const W: usize> Logic for Lane<A, W> {
    #[hdl_gen]
    fn update(&mut self) {
        self.x_operand.pattern.next = self.x.val();
        self.w_operand.pattern.next = self.w.val();
        self.product.next = 0.into();
        if self.present.val() {
            self.product.next = self.x_operand.value.val() * self.w_operand.value.val();
        }
    }
}

/// The element, for activations of `A` bits and weights of `W` bits.
///
/// In a cycle in which `valid` is high the products of all lanes are added up: to zero where `first` is
/// high, else to what was accumulated. `done` is high in the cycle after one with `valid` and `last`, when
/// `sum` is the dot product.
#[derive(LogicBlock)]
pub struct MacElement<const A: usize, const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Whether there is a beat.
    pub valid: Signal<In, Bit>,
    /// Whether it is a vector's first.
    pub first: Signal<In, Bit>,
    /// Whether it is a vector's last.
    pub last: Signal<In, Bit>,
    /// Activations.
    pub x: [Signal<In, Bits<A>>; LANES],
    /// Weights.
    pub w: [Signal<In, Bits<W>>; LANES],
    /// Lanes that are part of the vector.
    pub present: [Signal<In, Bit>; LANES],
    /// The accumulator.
    pub sum: Signal<Out, Signed<32>>,
    /// Whether it holds a dot product.
    pub done: Signal<Out, Bit>,
    lanes: [Lane<A, W>; LANES],
    beat: Signal<Local, Signed<32>>,
    before: Signal<Local, Signed<32>>,
    accumulator: DFF<Signed<32>>,
    finished: DFF<Bit>,
}

impl<const A: usize, const W: usize> MacElement<A, W> {
    /// An element for operands of these encodings.
    pub fn new(x: Encoding, w: Encoding) -> Self {
        MacElement {
            clock: Signal::default(),
            valid: Signal::default(),
            first: Signal::default(),
            last: Signal::default(),
            x: Default::default(),
            w: Default::default(),
            present: Default::default(),
            sum: Signal::default(),
            done: Signal::default(),
            lanes: std::array::from_fn(|_| Lane::new(x, w)),
            beat: Signal::default(),
            before: Signal::default(),
            accumulator: DFF::default(),
            finished: DFF::default(),
        }
    }
}

impl<const A: usize, const W: usize> Logic for MacElement<A, W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, accumulator, finished);
        for i in 0..LANES {
            self.lanes[i].x.next = self.x[i].val();
            self.lanes[i].w.next = self.w[i].val();
            self.lanes[i].present.next = self.present[i].val();
        }
        self.beat.next = self.lanes[0].product.val()
            + self.lanes[1].product.val()
            + self.lanes[2].product.val()
            + self.lanes[3].product.val();
        self.before.next = self.accumulator.q.val();
        if self.first.val() {
            self.before.next = 0.into();
        }
        if self.valid.val() {
            self.accumulator.d.next = self.before.val() + self.beat.val();
        }
        self.finished.d.next = self.valid.val() & self.last.val();
        self.sum.next = self.accumulator.q.val();
        self.done.next = self.finished.q.val();
    }
}

impl<const A: usize, const W: usize> Clocked for MacElement<A, W> {
    fn clock(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}

/// What an element is for.
pub trait DotProduct {
    /// `Σ x[i] · w[i]`, taken in beats of `lanes`; between beats there are cycles without one.
    ///
    /// # Panics
    /// If `lanes` is 0 or more than [`LANES`], or `x` and `w` are empty or of different length.
    fn dot(&mut self, x: &[i64], w: &[i64], lanes: usize) -> i64;
}

/// An element for activations and weights of these formats, 1 to 4 bits each.
///
/// # Panics
/// If a format is wider.
pub fn mac_element(x: Format, w: Format) -> Box<dyn DotProduct> {
    with_width!(x.bits, A in [1 2 3 4] => with_width!(w.bits, W in [1 2 3 4] => {
        let element = MacElement::<A, W>::new(x.encoding, w.encoding).connected();
        Box::new(Driver { element, x: x.encoding, w: w.encoding })
    }))
}

/// An element, and how its operands are packed.
struct Driver<const A: usize, const W: usize> {
    element: MacElement<A, W>,
    x: Encoding,
    w: Encoding,
}

impl<const A: usize, const W: usize> Driver<A, W> {
    /// A cycle with a beat.
    fn beat(&mut self, x: &[i64], w: &[i64]) {
        self.element.valid.next = true;
        for lane in 0..LANES {
            self.element.present[lane].next = lane < x.len();
        }
        for (lane, (x, w)) in x.iter().zip(w).enumerate() {
            self.element.x[lane].next = self.x.pattern(*x);
            self.element.w[lane].next = self.w.pattern(*w);
        }
        self.element.cycle();
    }

    /// A cycle without one, operands and controls left as they were.
    fn pause(&mut self) {
        self.element.valid.next = false;
        self.element.cycle();
    }
}

impl<const A: usize, const W: usize> DotProduct for Driver<A, W> {
    fn dot(&mut self, x: &[i64], w: &[i64], lanes: usize) -> i64 {
        assert!((1..=LANES).contains(&lanes) && !x.is_empty() && x.len() == w.len());
        let last = x.len().div_ceil(lanes) - 1;
        for (beat, (x, w)) in x.chunks(lanes).zip(w.chunks(lanes)).enumerate() {
            self.pause();
            self.element.first.next = beat == 0;
            self.element.last.next = beat == last;
            self.beat(x, w);
            assert_eq!(self.element.done.val(), beat == last, "a sum is done after its last beat");
        }
        integer(self.element.sum.val())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_begin_at_first_and_do_not_depend_on_the_lanes() {
        let mut element = mac_element(Format::unsigned(4), Format::signed(4));
        let (x, w) = ([15, 0, 7, 15, 1], [-8, 7, -1, 7, 3]);
        for lanes in 1..=LANES {
            assert_eq!(element.dot(&x, &w, lanes), -120 - 7 + 105 + 3);
        }
    }

    #[test]
    fn absent_lanes_of_bipolar_operands_count_as_zero() {
        let mut element = mac_element(Format::BIPOLAR, Format::BIPOLAR);
        assert_eq!(element.dot(&[1, -1, -1, 1, -1], &[1, -1, 1, -1, -1], 4), 1);
    }
}
