//! Exact evaluation of a scalar function, fast where float64 decides.

use super::enclosure::Enclosure;
use super::fast::Fast;
use super::step::{ScalarFn, Step};
use crate::number::saturating_i64;

/// Precision of the first attempt at a transcendental step; each further one doubles it.
const FIRST_BITS: u64 = 192;

/// One channel's function up to its last code, ready to be evaluated at integers.
///
/// Every step is computed in float64 with a bound of the error so far (running error analysis: Higham,
/// *Accuracy and Stability of Numerical Algorithms*, §3.3); where a rounding or comparison is not decided by
/// the bound, the whole chain is evaluated in rationals, and a transcendental step in rational bounds around it
/// that are narrowed until they decide.
///
/// They do decide in the end: `e^x` is transcendental for every rational `x ≠ 0` (Lindemann), and so is what
/// `Sigmoid` and `Tanh` make of such an `x`; the boundaries behind them are rational, thus none is met. At
/// `x = 0` both are rational. This asks that between two transcendental steps there is one that makes codes;
/// lowering builds no other chains.
pub struct Evaluator<'a> {
    steps: Vec<Fast>,
    exact: &'a [Step],
    channel: usize,
}

impl<'a> Evaluator<'a> {
    /// The function of `channel`, up to its last step that makes a code.
    pub fn new(function: &'a ScalarFn, channel: usize) -> Self {
        let exact = function.codes();
        let steps = exact.iter().map(|step| Fast::new(step, channel)).collect();
        Evaluator { steps, exact, channel }
    }

    /// The code at `x`.
    pub fn code(&self, x: i64) -> i64 {
        let fast = self.steps.iter().try_fold((x as f64, 0.0), |(x, error), step| step.apply(x, error));
        match fast {
            Some((code, error)) if x.unsigned_abs() < 1 << 53 && error == 0.0 => code as i64,
            _ => self.exact_code(x),
        }
    }

    /// The code at `x`, without float64.
    pub fn exact_code(&self, x: i64) -> i64 {
        let mut bits = FIRST_BITS;
        loop {
            let start = Enclosure::point(x);
            let end = self.exact.iter().fold(start, |x, step| x.after(step, self.channel, bits));
            if let Some(code) = end.value() {
                return saturating_i64(&code.to_integer());
            }
            bits *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rounding, exact};
    use proptest::prelude::*;

    fn chain(mul: f64, add: f64, rounding: Rounding) -> ScalarFn {
        ScalarFn::default()
            .then(Step::affine(exact(mul), exact(add)))
            .then(Step::Clamp { min: Some(exact(0.0)), max: None })
            .then(Step::affine(exact(3.25).recip(), exact(-1.5)))
            .then(Step::Round { rounding, offset: vec![0], min: Some(vec![-3]), max: Some(vec![11]) })
    }

    #[test]
    fn ties_are_decided_exactly() {
        // 0.1f32 · 15 / 0.1f32 / … : a tie only in exact arithmetic.
        let tenth = exact(f64::from(0.1f32));
        let f = ScalarFn::default()
            .then(Step::affine(tenth.clone(), exact(0.0)))
            .then(Step::Clamp { min: None, max: Some(exact(1e9)) })
            .then(Step::affine(tenth.recip() / exact(2.0), exact(0.0)))
            .then(Step::Round { rounding: Rounding::HalfEven, offset: vec![0], min: None, max: None });
        let codes: Vec<i64> = (0..8).map(|x| Evaluator::new(&f, 0).code(x)).collect();
        assert_eq!(codes, [0, 0, 1, 2, 2, 2, 3, 4]);
    }

    proptest! {
        #[test]
        fn the_fast_path_equals_the_exact_one(mul in -2.0f64..2.0, add in -9.0f64..9.0, x in -4000i64..4000, dyadic: bool) {
            let snap = |v: f64| if dyadic { (v * 8.0).round() / 8.0 } else { v };
            for rounding in [Rounding::HalfEven, Rounding::Floor, Rounding::Ceil, Rounding::HalfUp] {
                let f = chain(snap(mul), snap(add), rounding);
                let eval = Evaluator::new(&f, 0);
                prop_assert_eq!(eval.code(x), eval.exact_code(x));
            }
        }
    }
}
