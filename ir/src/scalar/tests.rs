//! Transcendental steps against logarithms: `σ(x) ≥ q` exactly where `x ≥ ln(q / (1 − q))`.

use super::{Evaluator, ScalarFn, Step};
use crate::number::{Exact, Rounding, exact};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// Fixed point of the logarithms.
const POINT: u64 = 320;

/// What the truncations of one logarithm may sum up to; no boundary may be this close to an argument.
const SLACK: u64 = 40;

/// `2 artanh z · 2^POINT` for a rational `0 ≤ z ≤ 1/3`.
fn twice_artanh(z: &Exact) -> BigInt {
    let square = z * z;
    let mut power: BigInt = (z * (BigInt::one() << (POINT + 1))).to_integer();
    let (mut sum, mut n) = (BigInt::zero(), 1);
    while !power.is_zero() {
        sum += &power / n;
        power = power * square.numer() / square.denom();
        n += 2;
    }
    sum
}

/// `ln r · 2^POINT`: `ln r = 2 artanh((r − 1) / (r + 1))` after doublings to below 2.
fn logarithm(r: &Exact) -> BigInt {
    let one = Exact::one();
    if *r < one {
        return -logarithm(&r.recip());
    }
    let doublings = r.to_integer().bits() - 1;
    let rest = r / (BigInt::one() << doublings);
    let third = Exact::new(1.into(), 3.into());
    twice_artanh(&((&rest - &one) / (&rest + &one))) + twice_artanh(&third) * doublings
}

/// Arguments where the function reaches `(k − 1/2)·scale` for each `k`, by `argument`; in fixed point.
fn boundaries(
    scale: &Exact,
    codes: std::ops::RangeInclusive<i64>,
    argument: fn(&Exact) -> BigInt,
) -> Vec<BigInt> {
    let half = Exact::new(1.into(), 2.into());
    codes.map(|k| argument(&((Exact::from_integer(k.into()) - &half) * scale))).collect()
}

fn logit(q: &Exact) -> BigInt {
    logarithm(&(q / (Exact::one() - q)))
}

fn artanh(q: &Exact) -> BigInt {
    logarithm(&((Exact::one() + q) / (Exact::one() - q))) / 2
}

/// How many boundaries `x` has passed.
fn passed(x: &Exact, boundaries: &[BigInt]) -> i64 {
    let x = (x * (BigInt::one() << POINT)).to_integer();
    let close = BigInt::one() << SLACK;
    assert!(boundaries.iter().all(|b| (b - &x).abs() > close), "the logarithms decide");
    boundaries.iter().filter(|b| **b < x).count() as i64
}

fn quantized(mul: &Exact, step: Step, scale: &Exact, min: i64, max: i64) -> ScalarFn {
    ScalarFn::affine(vec![mul.clone()], vec![Exact::zero()])
        .then(step)
        .then(Step::affine(scale.recip(), Exact::zero()))
        .then(Step::Round {
            rounding: Rounding::HalfEven,
            offset: vec![0],
            min: Some(vec![min]),
            max: Some(vec![max]),
        })
}

fn check(f: &ScalarFn, mul: &Exact, min: i64, boundaries: &[BigInt]) {
    let eval = Evaluator::new(f, 0);
    for x in (-2500..=2500).filter(|x| *x != 0) {
        let expected = min + passed(&(mul * Exact::from_integer(x.into())), boundaries);
        assert_eq!(eval.code(x), expected, "at {x}");
        if x % 50 == 7 {
            assert_eq!(eval.exact_code(x), expected, "exactly at {x}");
        }
    }
}

#[test]
fn sigmoid_codes_begin_at_logits() {
    for (bits, mul) in [(4, 0.0061f32), (8, 0.0029), (8, -0.0033)] {
        let (mul, top) = (exact(f64::from(mul)), (1 << bits) - 1);
        let scale = exact(f64::from(1.0 / (top as f32 + 0.25)));
        let f = quantized(&mul, Step::Sigmoid, &scale, 0, top);
        check(&f, &mul, 0, &boundaries(&scale, 1..=top, logit));
        assert_eq!(f.falls(0), mul.is_negative());
    }
}

#[test]
fn tanh_codes_begin_at_area_tangents() {
    for (bits, mul) in [(4, 0.0047f32), (8, 0.0013)] {
        let (mul, top) = (exact(f64::from(mul)), (1 << (bits - 1)) - 1);
        let scale = exact(f64::from(1.0 / (top as f32 + 0.25)));
        let f = quantized(&mul, Step::Tanh, &scale, -top, top);
        check(&f, &mul, -top, &boundaries(&scale, 1 - top..=top, artanh));
    }
}

#[test]
fn zero_is_decided_as_a_tie() {
    // σ(0)·7 = 7/2 goes to the even 4, σ(0)·9 = 9/2 too; tanh(0) = 0.
    for (steps, code) in [(7, 4), (9, 4)] {
        let scale = Exact::new(1.into(), steps.into());
        let f = quantized(&exact(0.25), Step::Sigmoid, &scale, 0, 15);
        assert_eq!(Evaluator::new(&f, 0).code(0), code);
    }
    let f = ScalarFn::default().then(Step::Tanh).then(Step::Sign);
    assert_eq!([-1, 0, 1].map(|x| Evaluator::new(&f, 0).code(x)), [-1, 0, 1]);
}

#[test]
fn asymptotes_are_never_reached() {
    let directed = |rounding| {
        ScalarFn::default().then(Step::Sigmoid).then(Step::Round {
            rounding,
            offset: vec![0],
            min: None,
            max: None,
        })
    };
    let far = [-1 << 40, -800, -40, 40, 800, 1 << 40];
    for (rounding, code) in
        [(Rounding::Floor, 0), (Rounding::Ceil, 1), (Rounding::Up, 1), (Rounding::Down, 0)]
    {
        let f = directed(rounding);
        assert!(far.iter().all(|x| Evaluator::new(&f, 0).code(*x) == code), "{rounding:?}");
    }
    let count = ScalarFn::default()
        .then(Step::Sigmoid)
        .then(Step::affine(exact(-1.0), exact(0.0)))
        .then(Step::Count { thresholds: vec![vec![exact(-1.0), exact(0.0)]] });
    assert!(far.iter().all(|x| Evaluator::new(&count, 0).code(*x) == 1));
}

proptest::proptest! {
    #[test]
    fn bounds_through_bends_agree_with_float64(mul in -0.3f64..0.3, add in -3.0f64..3.0, x in -300i64..300) {
        let f = ScalarFn::affine(vec![exact(mul)], vec![exact(add)])
            .then(Step::Tanh)
            .then(Step::Leaky { slope: vec![exact(0.3)] })
            .then(Step::Clamp { min: Some(exact(-0.25)), max: Some(exact(0.875)) })
            .then(Step::affine(exact(-9.7), exact(0.3)))
            .then(Step::Round { rounding: Rounding::HalfUp, offset: vec![1], min: None, max: None });
        let eval = Evaluator::new(&f, 0);
        proptest::prop_assert_eq!(eval.code(x), eval.exact_code(x));
    }
}
