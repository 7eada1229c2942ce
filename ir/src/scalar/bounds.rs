//! Certified rational bounds of the logistic function and the hyperbolic tangent.
//!
//! `e^−a` by argument reduction and Taylor's series (Brent and Zimmermann, *Modern Computer Arithmetic*, §4.3–4.4) in
//! fixed point: `a` is halved until the series converges fast, and the result squared as often. Every operation is
//! rounded down for the lower bound and up for the upper one, so no error analysis stands behind the bounds; they
//! are as far apart as the precision makes them.

use crate::number::Exact;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

/// Arguments of the series are below `2^−8`.
const REDUCTION: u64 = 8;

/// Bounds of `1 / (1 + e^−x)`, about `2^−bits` apart; for `x ≠ 0` it lies strictly between them.
pub(super) fn sigmoid(x: &Exact, bits: u64) -> (Exact, Exact) {
    let (low, high) = decay(&x.abs(), bits);
    let (low, high) = ((Exact::one() + high).recip(), (Exact::one() + low).recip());
    if x.is_negative() { (Exact::one() - high, Exact::one() - low) } else { (low, high) }
}

/// Bounds of `tanh x = 2 / (1 + e^−2x) − 1`, likewise.
pub(super) fn tanh(x: &Exact, bits: u64) -> (Exact, Exact) {
    let two = Exact::from_integer(2.into());
    let (low, high) = sigmoid(&(x * &two), bits);
    (low * &two - Exact::one(), high * &two - Exact::one())
}

/// Bounds of `e^−a` for `a ≥ 0`.
fn decay(a: &Exact, bits: u64) -> (Exact, Exact) {
    if *a > Exact::from_integer(bits.into()) {
        // e^−a < 2^−a
        return (Exact::zero(), Exact::new(BigInt::one(), BigInt::one() << bits));
    }
    let halvings = a.to_integer().bits() + REDUCTION;
    // Each squaring doubles the error.
    let point = bits + halvings + 16;
    let (mut low, mut high) = short_decay(&(a / (BigInt::one() << halvings)), point);
    let one = BigInt::one() << point;
    for _ in 0..halvings {
        low = (&low * &low).div_floor(&one);
        high = (&high * &high).div_ceil(&one);
    }
    (Exact::new(low, one.clone()), Exact::new(high, one))
}

/// Bounds of `e^−r · 2^point` for `0 ≤ r < 1/2`.
fn short_decay(r: &Exact, point: u64) -> (BigInt, BigInt) {
    let scaled = r * (BigInt::one() << point);
    let least = growth(&scaled.floor().to_integer(), point, BigInt::div_floor);
    // The terms left out fall by half or faster, from one unit.
    let most = growth(&scaled.ceil().to_integer(), point, BigInt::div_ceil) + 2;
    let square = BigInt::one() << (2 * point);
    (square.div_floor(&most), square.div_ceil(&least))
}

/// The terms of `e^r · 2^point` that are more than one unit, for `r · 2^point` and divisions rounded one way.
fn growth(r: &BigInt, point: u64, divide: fn(&BigInt, &BigInt) -> BigInt) -> BigInt {
    let mut term = BigInt::one() << point;
    let mut sum = BigInt::zero();
    let mut n = 0u64;
    while term > BigInt::one() {
        sum += &term;
        n += 1;
        term = divide(&(term * r), &(BigInt::from(n) << point));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::exact;

    /// Arguments, and digits of both functions (by mpmath at 90 digits, cut).
    const KNOWN: [(f64, &str, &str); 4] = [
        (
            1.0,
            "0.73105857863000487925115924182183627436514464016505",
            "0.76159415595576488811945828260479359041276859725793",
        ),
        (
            -1.0,
            "0.26894142136999512074884075817816372563485535983494",
            "-0.76159415595576488811945828260479359041276859725793",
        ),
        (
            0.375,
            "0.59266659995406975876605998751241393672808214491280",
            "0.35835739835078594631936023155315804246844249643915",
        ),
        (
            -37.25,
            "0.00000000000000006645544172915070098000706564531329",
            "-0.99999999999999999999999999999999116734852916691020",
        ),
    ];

    /// A decimal fraction, and one unit of its last place.
    fn decimal(text: &str) -> (Exact, Exact) {
        let places = text.len() - text.find('.').expect("a point") - 1;
        let unit = Exact::new(BigInt::one(), BigInt::from(10).pow(places as u32));
        let digits: BigInt = text.replace('.', "").parse().expect("digits");
        (&unit * digits, unit)
    }

    fn encloses((low, high): (Exact, Exact), text: &str) {
        let (value, unit) = decimal(text);
        assert!(low < &value + &unit && high > &value - &unit, "{text} is outside of {low} .. {high}");
        assert!(&high - &low < unit && low < high, "the bounds of {text} are {low} .. {high}");
    }

    #[test]
    fn known_digits_are_enclosed() {
        for (x, logistic, tangent) in KNOWN {
            encloses(sigmoid(&exact(x), 192), logistic);
            encloses(tanh(&exact(x), 192), tangent);
        }
    }

    #[test]
    fn far_arguments_cost_nothing() {
        let (low, high) = sigmoid(&exact(-1e15), 64);
        assert!(low.is_zero() && high.is_positive() && high < exact(1e-18));
        assert!(sigmoid(&exact(1e15), 64).0 < Exact::one());
    }

    #[test]
    fn bounds_narrow_with_the_precision() {
        for bits in [32, 64, 256, 1024] {
            let (low, high) = sigmoid(&exact(2.75), bits);
            assert!(low < high && high - low < Exact::new(4.into(), BigInt::one() << bits));
        }
    }
}
