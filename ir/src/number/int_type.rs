//! Integer types of edges, weights and accumulators.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a value is laid out in its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Plain binary, `0 ..= 2^bits − 1`.
    Unsigned,
    /// Two's complement, `−2^(bits−1) ..= 2^(bits−1) − 1`.
    Signed,
    /// One bit: 0 is −1 and 1 is +1 (BinaryNet, arXiv 1602.02830).
    Bipolar,
}

/// An integer type: an encoding, a width and the exact range of the values that occur.
///
/// The range may be narrower than the width could hold; interval analysis relies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IntType {
    /// How values are laid out.
    pub encoding: Encoding,
    /// Width in bits, 1 to 63.
    pub bits: u32,
    /// Smallest value that occurs.
    pub min: i64,
    /// Largest value that occurs.
    pub max: i64,
}

impl IntType {
    /// The ±1 type in one bit.
    pub const BIPOLAR: IntType = IntType { encoding: Encoding::Bipolar, bits: 1, min: -1, max: 1 };

    /// The narrowest type that holds every value of `min ..= max`: unsigned where `min ≥ 0`, else signed.
    ///
    /// # Panics
    /// If `min > max`; callers hold a range, never a pair.
    pub fn smallest(min: i64, max: i64) -> IntType {
        assert!(min <= max, "a range has its bounds in order");
        let magnitude = |v: i64| 64 - v.leading_zeros();
        if min >= 0 {
            return IntType { encoding: Encoding::Unsigned, bits: magnitude(max).max(1), min, max };
        }
        let bits = 1 + magnitude(!min).max(magnitude(max.max(0)));
        IntType { encoding: Encoding::Signed, bits, min, max }
    }

    /// The type of a quantizer: `bits` wide, and one code less at the negative end (signed) or at the
    /// positive end (unsigned) where `narrow` (QONNX `Quant`).
    pub fn quantizer(signed: bool, bits: u32, narrow: bool) -> IntType {
        let n = i64::from(narrow);
        if signed {
            let half = 1i64 << (bits - 1);
            return IntType { encoding: Encoding::Signed, bits, min: -half + n, max: half - 1 };
        }
        IntType { encoding: Encoding::Unsigned, bits, min: 0, max: (1i64 << bits) - 1 - n }
    }

    /// Whether values may be negative in the encoding.
    pub fn is_signed(&self) -> bool {
        self.encoding != Encoding::Unsigned
    }

    /// Whether this is the ±1 type.
    pub fn is_bipolar(&self) -> bool {
        self.encoding == Encoding::Bipolar
    }

    /// Whether `value` lies in the range (and is odd for bipolar).
    pub fn contains(&self, value: i64) -> bool {
        value >= self.min && value <= self.max && (!self.is_bipolar() || value != 0)
    }

    /// How many codes the range spans: `max − min + 1` (2 for bipolar).
    pub fn levels(&self) -> u64 {
        if self.is_bipolar() { 2 } else { self.max.abs_diff(self.min) + 1 }
    }

    /// The bit pattern of `value`, in the low `bits` bits.
    pub fn encode(&self, value: i64) -> u64 {
        match self.encoding {
            Encoding::Bipolar => u64::from(value > 0),
            _ => value as u64 & self.mask(),
        }
    }

    /// The value of a bit pattern; the inverse of [`IntType::encode`].
    pub fn decode(&self, pattern: u64) -> i64 {
        let low = pattern & self.mask();
        match self.encoding {
            Encoding::Bipolar => 2 * low as i64 - 1,
            Encoding::Unsigned => low as i64,
            Encoding::Signed => {
                let shift = 64 - self.bits;
                ((low << shift) as i64) >> shift
            }
        }
    }

    /// The width that a *signed* two's complement value of this range needs (±1 counts as 2 bits).
    pub fn signed_bits(&self) -> u32 {
        let two = IntType::smallest(self.min.min(-1), self.max);
        two.bits
    }

    fn mask(&self) -> u64 {
        (1u64 << self.bits) - 1
    }
}

impl fmt::Display for IntType {
    /// `u4`, `i7`, `bipolar`; a range narrower than the width is written behind it, as `i4[-7,7]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = |signed| IntType::quantizer(signed, self.bits, false);
        let (letter, full) = match self.encoding {
            Encoding::Bipolar => return write!(f, "bipolar"),
            Encoding::Unsigned => ('u', full(false)),
            Encoding::Signed => ('i', full(true)),
        };
        write!(f, "{letter}{}", self.bits)?;
        if full == *self { Ok(()) } else { write!(f, "[{},{}]", self.min, self.max) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smallest_holds_exactly_its_range() {
        for (min, max, text) in [
            (0, 1, "u1"),
            (0, 0, "u1[0,0]"),
            (0, 15, "u4"),
            (-8, 7, "i4"),
            (-7, 7, "i4[-7,7]"),
            (-1, 0, "i1"),
            (-9, 0, "i5[-9,0]"),
        ] {
            assert_eq!(IntType::smallest(min, max).to_string(), text);
        }
    }

    #[test]
    fn encode_and_decode_are_inverse() {
        for ty in [IntType::BIPOLAR, IntType::quantizer(true, 5, true), IntType::quantizer(false, 3, false)] {
            for v in (ty.min..=ty.max).filter(|v| ty.contains(*v)) {
                assert_eq!(ty.decode(ty.encode(v)), v);
            }
        }
    }
}
