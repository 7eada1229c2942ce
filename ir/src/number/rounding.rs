//! The rounding modes of quantizers, for exact rationals and for float64.

use super::Exact;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};
use serde::{Deserialize, Serialize};

/// How a real number becomes an integer (QONNX `rounding_mode`; ONNX rounds half to even).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Nearest, ties to even: `ROUND`, `HALF_EVEN`, and ONNX itself.
    HalfEven,
    /// Nearest, ties away from zero: `HALF_UP`.
    HalfUp,
    /// Nearest, ties towards zero: `HALF_DOWN`.
    HalfDown,
    /// Towards +∞: `CEIL`.
    Ceil,
    /// Towards −∞: `FLOOR`.
    Floor,
    /// Away from zero: `UP`.
    Up,
    /// Towards zero: `DOWN`.
    Down,
}

/// A float64 this close to a rounding boundary (relative to its magnitude) counts as being on it.
///
/// A dot product of 2^12 terms carries a relative error of about 2^−41 in float64, so a value that is
/// exactly a tie in real arithmetic arrives this close; two float32 constants whose quotient is not a tie
/// differ from one by more than 2^−34.
const TIE: f64 = 1.0 / (1u64 << 40) as f64;

impl Rounding {
    /// Parses a QONNX `rounding_mode`, in any case.
    pub fn parse(text: &str) -> Option<Rounding> {
        Some(match text.to_ascii_uppercase().as_str() {
            "ROUND" | "HALF_EVEN" => Rounding::HalfEven,
            "HALF_UP" => Rounding::HalfUp,
            "HALF_DOWN" => Rounding::HalfDown,
            "CEIL" => Rounding::Ceil,
            "FLOOR" => Rounding::Floor,
            "UP" => Rounding::Up,
            "DOWN" | "ROUND_TO_ZERO" => Rounding::Down,
            _ => return None,
        })
    }

    /// Rounds an exact rational.
    pub fn exact(self, x: &Exact) -> BigInt {
        let half = Exact::new(1.into(), 2.into());
        let away = |r: Exact| if x.is_negative() { -r } else { r };
        match self {
            Rounding::Floor => x.floor(),
            Rounding::Ceil => x.ceil(),
            Rounding::Down => x.trunc(),
            Rounding::Up => away(x.abs().ceil()),
            Rounding::HalfUp => away((x.abs() + half).floor()),
            Rounding::HalfDown => away((x.abs() - half).ceil()),
            Rounding::HalfEven => half_even(x),
        }
        .to_integer()
    }

    /// Rounds a float64 that carries the rounding errors of a float64 computation: a value within 2^−40
    /// (relative) of a boundary of this mode is taken as on it.
    pub fn float(self, x: f64) -> f64 {
        self.plain(self.snap(x))
    }

    /// Rounds a float64 as it is.
    pub fn plain(self, x: f64) -> f64 {
        match self {
            Rounding::Floor => x.floor(),
            Rounding::Ceil => x.ceil(),
            Rounding::Down => x.trunc(),
            Rounding::Up => x.signum() * x.abs().ceil(),
            Rounding::HalfUp => x.signum() * (x.abs() + 0.5).floor(),
            Rounding::HalfDown => x.signum() * (x.abs() - 0.5).ceil(),
            Rounding::HalfEven => x.round_ties_even(),
        }
    }

    /// Whether a float64 in the exact result's `error` neighbourhood could round differently.
    pub fn uncertain(self, x: f64, error: f64) -> bool {
        (x - self.boundary(x)).abs() <= error
    }

    fn snap(self, x: f64) -> f64 {
        let boundary = self.boundary(x);
        if (x - boundary).abs() <= TIE * x.abs().max(1.0) { boundary } else { x }
    }

    /// The boundary of this mode that is nearest to `x`: halves for nearest modes, integers otherwise.
    fn boundary(self, x: f64) -> f64 {
        match self {
            Rounding::HalfEven | Rounding::HalfUp | Rounding::HalfDown => (x - 0.5).round() + 0.5,
            _ => x.round(),
        }
    }
}

fn half_even(x: &Exact) -> Exact {
    let floor = x.floor();
    let rest = x - &floor;
    let half = Exact::new(1.into(), 2.into());
    let odd = floor.to_integer().bit(0);
    if rest > half || (rest == half && odd) { floor + Exact::from_integer(1.into()) } else { floor }
}

/// Clamps a big integer into `i64`, saturating.
pub(crate) fn saturating_i64(x: &BigInt) -> i64 {
    x.to_i64().unwrap_or(if x.is_negative() { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::exact;

    const ALL: [Rounding; 7] = [
        Rounding::HalfEven,
        Rounding::HalfUp,
        Rounding::HalfDown,
        Rounding::Ceil,
        Rounding::Floor,
        Rounding::Up,
        Rounding::Down,
    ];

    #[test]
    fn float_and_exact_agree_on_quarters() {
        for mode in ALL {
            for quarter in -40..=40 {
                let x = f64::from(quarter) / 4.0;
                assert_eq!(mode.float(x) as i64, saturating_i64(&mode.exact(&exact(x))), "{mode:?} of {x}");
            }
        }
    }

    #[test]
    fn a_rounding_error_does_not_break_a_tie() {
        assert_eq!(Rounding::HalfEven.float(2.5 + 4.0 * f64::EPSILON), 2.0);
        assert_eq!(Rounding::Floor.float(3.0 - 4.0 * f64::EPSILON), 3.0);
        assert!(!Rounding::HalfEven.uncertain(2.4, 1e-3));
        assert!(Rounding::HalfEven.uncertain(2.4999, 1e-3));
    }
}
