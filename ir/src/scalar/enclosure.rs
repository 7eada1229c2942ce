//! Steps on enclosures: a rational, or an open interval between two rationals.

use super::bounds;
use super::step::{Step, at};
use crate::number::Exact;
use num_bigint::BigInt;
use num_traits::{One, Zero};
use std::cmp::Ordering;

/// A rational itself, or a number just below (`Less`) or above (`Greater`) it: closer than every other rational
/// that occurs. It is ordered as such.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Near {
    value: Exact,
    side: Ordering,
}

impl Near {
    fn at(value: Exact) -> Near {
        Near { value, side: Ordering::Equal }
    }

    fn int(value: i64) -> Near {
        Near::at(Exact::from_integer(value.into()))
    }

    fn scaled(&self, mul: &Exact, add: &Exact) -> Near {
        let side = match mul.cmp(&Exact::zero()) {
            Ordering::Less => self.side.reverse(),
            Ordering::Equal => Ordering::Equal,
            Ordering::Greater => self.side,
        };
        Near { value: &self.value * mul + add, side }
    }

    fn clamped(self, min: Option<Exact>, max: Option<Exact>) -> Near {
        let above = match min {
            Some(min) => self.max(Near::at(min)),
            None => self,
        };
        match max {
            Some(max) => above.min(Near::at(max)),
            None => above,
        }
    }

    /// A rational that rounds as this number does: a multiple of 1/2 other than `n/d` is at least `1/2d` away.
    fn representative(&self) -> Exact {
        let step = Exact::new(BigInt::one(), self.value.denom() * 4);
        match self.side {
            Ordering::Less => &self.value - step,
            Ordering::Equal => self.value.clone(),
            Ordering::Greater => &self.value + step,
        }
    }
}

/// Where a real number is: at a rational (`low = high`), or strictly between two.
pub(super) struct Enclosure {
    low: Near,
    high: Near,
}

impl Enclosure {
    /// An integer.
    pub fn point(x: i64) -> Enclosure {
        Enclosure { low: Near::int(x), high: Near::int(x) }
    }

    /// The number, where it is known.
    pub fn value(&self) -> Option<&Exact> {
        self.is_point().then_some(&self.low.value)
    }

    /// Where the step takes the number: rational steps map the ends, transcendental ones are enclosed to about
    /// `bits` bits behind the point.
    pub fn after(&self, step: &Step, channel: usize, bits: u64) -> Enclosure {
        match step {
            Step::Sigmoid => self.through(|x| bounds::sigmoid(x, bits), Exact::new(1.into(), 2.into())),
            Step::Tanh => self.through(|x| bounds::tanh(x, bits), Exact::zero()),
            _ => self.map(|x| rational_step(step, channel, x)),
        }
    }

    fn is_point(&self) -> bool {
        self.low == self.high
    }

    /// A monotone function of rational values.
    fn map(&self, f: impl Fn(&Near) -> Near) -> Enclosure {
        let low = f(&self.low);
        let high = if self.is_point() { low.clone() } else { f(&self.high) };
        if low <= high { Enclosure { low, high } } else { Enclosure { low: high, high: low } }
    }

    /// A rising function that is irrational at every rational but zero, by bounds of its values.
    fn through(&self, bounds: impl Fn(&Exact) -> (Exact, Exact), at_zero: Exact) -> Enclosure {
        let end = |x: &Near, side: Ordering| match x.value.is_zero() {
            true => Near { value: at_zero.clone(), side: x.side },
            false => {
                let (low, high) = bounds(&x.value);
                Near { value: if side.is_gt() { low } else { high }, side }
            }
        };
        Enclosure { low: end(&self.low, Ordering::Greater), high: end(&self.high, Ordering::Less) }
    }
}

fn rational_step(step: &Step, channel: usize, x: &Near) -> Near {
    let int = |v: &i64| Exact::from_integer((*v).into());
    let zero = || Near::int(0);
    match step {
        Step::Affine { mul, add } => x.scaled(at(mul, channel), at(add, channel)),
        Step::Clamp { min, max } => x.clone().clamped(min.clone(), max.clone()),
        Step::Leaky { slope } if *x < zero() => x.scaled(at(slope, channel), &Exact::zero()),
        Step::Round { rounding, offset, min, max } => {
            let bound = |b: &Option<Vec<i64>>| b.as_ref().map(|v| int(at(v, channel)));
            let code = rounding.exact(&x.representative()) + at(offset, channel);
            Near::at(Exact::from_integer(code)).clamped(bound(min), bound(max))
        }
        Step::Count { thresholds } => {
            Near::int(at(thresholds, channel).iter().filter(|t| *x >= Near::at((*t).clone())).count() as i64)
        }
        Step::Bipolar => Near::int(if *x < zero() { -1 } else { 1 }),
        Step::Sign => Near::int(x.cmp(&zero()) as i64),
        Step::Leaky { .. } | Step::Sigmoid | Step::Tanh => x.clone(),
    }
}
