//! Where exact arithmetic would see a tie or a zero and float64 sees noise.
//!
//! The specification is exact arithmetic on the model's constants. Float64 follows it within about 2^−50, and
//! that is enough everywhere but at a step: a rounding, a threshold, a sign, an order. So values closer to a
//! step than their noise count as being on it ([`crate::number::Rounding::float`] does the same).

/// Relative distance below which two float64 count as equal. Noise of a computation of 2^12 terms is about
/// 2^−41; two different values made from float32 constants lie further apart than this, but for accidents of
/// probability 2^−40.
pub(super) const RELATIVE: f64 = 1.0 / (1u64 << 40) as f64;

/// Noise of one term of a dot product, relative to the largest possible product. An accumulator of
/// `b`-bit codes is a multiple of 2^−b of that product, so that values of up to 36 bits keep their sign with
/// 2^12 terms.
const PER_TERM: f64 = 1.0 / (1u64 << 48) as f64;

/// `a + b`, and exactly 0 where the rest is noise of the terms.
#[inline]
pub(super) fn sum(a: f64, b: f64) -> f64 {
    let sum = a + b;
    if sum.abs() <= RELATIVE * a.abs() && a.is_finite() { 0.0 } else { sum }
}

/// The smallest value that reaches the threshold `t`.
#[inline]
pub(super) fn reaching(t: f64) -> f64 {
    // a product, not a difference: an infinite threshold stays what it is
    if t > 0.0 { t * (1.0 - RELATIVE) } else { t * (1.0 + RELATIVE) }
}

/// The magnitude below which a dot product of `terms` products of factors up to `x` and `w` is noise around 0.
pub(super) fn dot(terms: usize, x: f64, w: f64) -> f64 {
    let noise = terms as f64 * PER_TERM * x * w;
    if noise.is_finite() { noise } else { 0.0 }
}

/// Sets what is noise to 0.
pub(super) fn flush<'a>(values: impl IntoIterator<Item = &'a mut f64>, noise: f64) {
    for v in values {
        if v.abs() <= noise {
            *v = 0.0;
        }
    }
}

/// The largest magnitude.
pub(super) fn magnitude<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |m: f64, v| m.max(v.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_that_cancel_are_zero() {
        assert_eq!(sum(0.1 + 0.2, -0.3), 0.0);
        assert_eq!(sum(1.0, -1.0 + 1e-9), 1.0 + (-1.0 + 1e-9));
        assert_eq!(sum(f64::INFINITY, 1.0), f64::INFINITY);
    }

    #[test]
    fn thresholds_are_reached_from_just_below() {
        assert!(0.1 * 3.0 - 1e-15 >= reaching(0.1 + 0.2));
        assert!(-0.3 - 1e-15 >= reaching(-0.3));
        assert!(0.3 - 1e-9 < reaching(0.3));
        assert_eq!(reaching(0.0), 0.0);
        assert_eq!(reaching(f64::INFINITY), f64::INFINITY);
        assert_eq!(reaching(f64::NEG_INFINITY), f64::NEG_INFINITY);
    }
}
