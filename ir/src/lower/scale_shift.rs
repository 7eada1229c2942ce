//! Multiply-add-shift forms of a requantizer: the smallest shift for which constants exist that are exact at
//! every reachable input.
//!
//! With `f(v) = (m·v + b) >> s`, code `k` begins exactly at `t_k` iff `m·t_k + b ≥ k·2^s > m·u_k + b` for every step,
//! where `u_k` is the largest `v` below `t_k` that occurs (`t_k − 1`, but for sums of few terms). For a given `m` the steps bound `b` from both sides, and the gap between the bounds is a
//! concave function of `m`: its best `m` is found by bisection of its slope. A form for `s` gives one for
//! `s + 1` by doubling, so the smallest feasible `s` of every channel decides the common one.

use super::thresholds::{Channel, Steps};
use crate::int_network::ScaleShift;
use rayon::prelude::*;

/// Shifts beyond this would need sums wider than 64 bits.
const MAX_SHIFT: u32 = 40;

/// Constants of one channel.
#[derive(Clone, Copy)]
struct Form {
    mul: i128,
    add: i128,
    shift: u32,
}

/// A form that equals the steps everywhere, or `None` where none exists up to 40 bits of shift.
pub(crate) fn fit(steps: &Steps) -> Option<ScaleShift> {
    if steps.stride != 1 {
        return None;
    }
    let forms: Option<Vec<Form>> = steps.channels.par_iter().map(|c| smallest(c, steps.min)).collect();
    let forms = forms?;
    let shift = forms.iter().map(|f| f.shift).max()?;
    let scaled = forms.iter().zip(&steps.channels).map(|(f, c)| f.scaled_to(shift).for_input(c.falling));
    let constants: Option<Vec<(i64, i64)>> = scaled.map(|f| f.narrow(steps)).collect();
    let (mul, add) = constants?.into_iter().unzip();
    Some(ScaleShift { mul, add, shift, min: steps.min, max: steps.max })
}

/// Feasibility is monotone in the shift, so bisection finds the smallest.
fn smallest(channel: &Channel, min: i64) -> Option<Form> {
    let (mut low, mut high) = (0, MAX_SHIFT);
    let mut best = at_shift(channel, min, high)?;
    while low < high {
        let middle = (low + high) / 2;
        match at_shift(channel, min, middle) {
            Some(form) => (best, high) = (form, middle),
            None => low = middle + 1,
        }
    }
    Some(best)
}

fn at_shift(channel: &Channel, min: i64, shift: u32) -> Option<Form> {
    let gap = |mul: i128| {
        let (low, high) = bounds(channel, min, shift, mul);
        high.saturating_sub(low)
    };
    let (mut low, mut high) = (0i128, slope_limit(channel, shift));
    while low < high {
        let middle = low + (high - low) / 2;
        if gap(middle) >= 0 {
            (low, high) = (middle, middle);
        } else if gap(middle + 1) > gap(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let (from, to) = bounds(channel, min, shift, low);
    (from <= to).then(|| Form { mul: low, add: from.max(to.min(0)), shift })
}

/// The least and greatest addend for a factor.
fn bounds(channel: &Channel, min: i64, shift: u32, mul: i128) -> (i128, i128) {
    let (first_v, last_v) = channel.range;
    let (mut low, mut high) = (-(1i128 << 100), 1i128 << 100);
    for (k, (&t, &below)) in channel.first.iter().zip(&channel.below).enumerate() {
        let level = i128::from(min + k as i64 + 1) << shift;
        if t <= last_v {
            low = low.max(level - mul * i128::from(t));
        }
        if below >= first_v {
            high = high.min(level - mul * i128::from(below) - 1);
        }
    }
    (low, high)
}

/// No factor beyond one code per input step (or the whole range of codes in one input step) is needed.
fn slope_limit(channel: &Channel, shift: u32) -> i128 {
    (channel.first.len() as i128 + 1) << shift
}

impl Form {
    fn scaled_to(self, shift: u32) -> Form {
        let up = shift - self.shift;
        Form { mul: self.mul << up, add: self.add << up, shift }
    }

    /// In terms of `x` instead of `v = −x − 1`.
    fn for_input(self, falling: bool) -> Form {
        if falling { Form { mul: -self.mul, add: self.add - self.mul, ..self } } else { self }
    }

    /// The constants, where every sum fits 62 bits.
    fn narrow(self, steps: &Steps) -> Option<(i64, i64)> {
        let reach = steps.channels.iter().map(|c| c.range.0.abs().max(c.range.1.abs())).max().unwrap_or(0);
        let largest = self.mul.abs() * (i128::from(reach) + 1) + self.add.abs();
        (largest < 1i128 << 62).then_some((self.mul as i64, self.add as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::super::thresholds::find;
    use super::*;
    use crate::number::{IntType, Rounding, exact};
    use crate::scalar::{Evaluator, ScalarFn, Step};
    use proptest::prelude::*;

    fn function(muls: &[f64], add: f64, bits: u32) -> ScalarFn {
        let muls = muls.iter().map(|m| exact(f64::from(*m as f32))).collect();
        ScalarFn::affine(muls, vec![exact(f64::from(add as f32))]).then(Step::Round {
            rounding: Rounding::HalfEven,
            offset: vec![0],
            min: Some(vec![0]),
            max: Some(vec![(1 << bits) - 1]),
        })
    }

    proptest! {
        #[test]
        fn every_form_equals_its_function_everywhere(a in -0.2f64..0.2, b in 0.001f64..1.5, add in -20.0f64..20.0, bits in 1u32..9) {
            let f = function(&[a, b], add, bits);
            let input = IntType::smallest(-3000, 2500);
            let form = fit(&find(&f, input, 2, false));
            prop_assert!(form.is_some());
            let form = form.unwrap();
            for c in 0..2 {
                let eval = Evaluator::new(&f, c);
                for x in input.min..=input.max {
                    let y = ((x * form.mul[c] + form.add[c]) >> form.shift).clamp(form.min, form.max);
                    prop_assert_eq!(y, eval.code(x), "channel {} at {}", c, x);
                }
            }
        }
    }

    #[test]
    fn a_function_with_a_bend_has_no_form() {
        let f = ScalarFn::default().then(Step::Leaky { slope: vec![exact(0.1)] }).then(Step::Round {
            rounding: Rounding::Floor,
            offset: vec![0],
            min: Some(vec![-8]),
            max: Some(vec![7]),
        });
        assert!(fit(&find(&f, IntType::smallest(-100, 100), 1, false)).is_none());
    }
}
