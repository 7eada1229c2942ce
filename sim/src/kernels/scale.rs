//! Multiply, add, shift, clamp: a factor and an addend a channel.

use super::dispatch::dispatched;
use super::word::Word;
use crate::function::Element;
use mpqc_ir::int_network::ScaleShift;
use mpqc_ir::number::IntType;
use std::num::Wrapping;

/// The function in words that hold all that it computes.
#[derive(Debug)]
pub(crate) enum Scale {
    /// Products and sums of 32 bits.
    Word(Channels<Wrapping<i32>>),
    /// Of 64 bits.
    Long(Channels<Wrapping<i64>>),
}

/// Factors and addends, channel after channel, and what is done to their sums.
#[derive(Debug)]
pub(crate) struct Channels<T> {
    mul: Vec<T>,
    add: Vec<T>,
    shift: u32,
    bounds: [T; 2],
}

impl Scale {
    /// Of values of type `input` in vectors of `channels`.
    pub fn new(function: &ScaleShift, input: IntType, channels: usize) -> Scale {
        let largest = |values: &[i64]| values.iter().map(|v| u128::from(v.unsigned_abs())).max().unwrap_or(0);
        let x = u128::from(input.min.unsigned_abs().max(input.max.unsigned_abs()));
        match x * largest(&function.mul) + largest(&function.add) < 1 << 31 {
            true => Scale::Word(Channels::new(function, channels)),
            false => Scale::Long(Channels::new(function, channels)),
        }
    }

    /// The codes of all vectors.
    pub fn apply<X: Element, Y: Element>(&self, x: &[X], y: &mut [Y]) {
        match self {
            Scale::Word(channels) => channels.apply(x, y),
            Scale::Long(channels) => channels.apply(x, y),
        }
    }
}

impl<T: Word> Channels<T> {
    fn new(function: &ScaleShift, channels: usize) -> Self {
        let constants = |values: &[i64]| {
            (0..channels).map(|c| T::wrap(values[if values.len() == 1 { 0 } else { c }])).collect()
        };
        Channels {
            mul: constants(&function.mul),
            add: constants(&function.add),
            shift: function.shift,
            bounds: [function.min, function.max].map(T::saturate),
        }
    }

    fn apply<X: Element, Y: Element>(&self, x: &[X], y: &mut [Y]) {
        scaled(x, &self.mul, &self.add, self.shift, self.bounds, y);
    }
}

dispatched! {
    /// `y = clamp((x · mul + add) >> shift)`, channel by channel.
    fn scaled<X: Element, Y: Element, T: Word>(x: &[X], mul: &[T], add: &[T], shift: u32, bounds: [T; 2], y: &mut [Y]) = scale
}

#[inline(always)]
fn scale<X: Element, Y: Element, T: Word>(
    x: &[X],
    mul: &[T],
    add: &[T],
    shift: u32,
    [min, max]: [T; 2],
    y: &mut [Y],
) {
    for (x, y) in x.chunks_exact(mul.len()).zip(y.chunks_exact_mut(mul.len())) {
        for ((y, x), (mul, add)) in y.iter_mut().zip(x).zip(mul.iter().zip(add)) {
            let sum = T::wrap(x.value()) * *mul + *add;
            *y = Y::of(sum.shifted(shift, min, max).number());
        }
    }
}
