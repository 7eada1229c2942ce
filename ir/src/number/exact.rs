//! Exact rationals: the arithmetic of the specification.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;

/// An exact rational number.
pub type Exact = BigRational;

/// Bits of the root that an irrational square root keeps.
const ROOT_BITS: u64 = 256;

/// The exact value of a finite float64.
///
/// # Panics
/// On NaN or infinity: importers refuse them.
pub fn exact(x: f64) -> Exact {
    Exact::from_float(x).expect("constants are finite, importers refuse others")
}

/// `1 / √x` for `x > 0`: exact where `x` is the square of a rational, else to 256 bits.
///
/// An irrational root cannot put an affine function of an integer exactly on a rational boundary, so the
/// cut decides no tie; that 2^−256 moves no value across one is checked by the lowering's guard.
pub fn inverse_sqrt(x: &Exact) -> Option<Exact> {
    if !x.is_positive() {
        return None;
    }
    // 1/√(n/d) = √(n·d) / n
    let product = x.numer() * x.denom();
    let root = product.sqrt();
    if &root * &root == product {
        return Some(Exact::new(root, x.numer().clone()));
    }
    let scaled: BigInt = product << (2 * ROOT_BITS);
    Some(Exact::new(scaled.sqrt(), x.numer() << ROOT_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_traits::{ToPrimitive, Zero};

    #[test]
    fn perfect_squares_are_exact() {
        let quarter = Exact::new(1.into(), 4.into());
        assert_eq!(inverse_sqrt(&quarter), Some(Exact::from_integer(2.into())));
        assert_eq!(inverse_sqrt(&Exact::zero()), None);
    }

    #[test]
    fn others_are_close() {
        let r = inverse_sqrt(&exact(2.0)).and_then(|r| r.to_f64()).unwrap();
        assert!((r - 0.5f64.sqrt()).abs() < 1e-16);
    }
}
