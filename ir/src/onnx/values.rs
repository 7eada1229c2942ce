//! Stored elements to numbers: little-endian words, half floats, and integers packed several to a byte.

use super::elem::ElemType;
use super::error::Mistake;

type Result<T> = std::result::Result<T, Mistake>;

/// The elements of a tensor in row-major order. Every type keeps its exact values.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Of float, double, float16 and bfloat16.
    Float(Vec<f64>),
    /// Of the integer types and bool (0 and 1).
    Int(Vec<i64>),
}

impl Values {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match self {
            Values::Float(values) => values.len(),
            Values::Int(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Refuses element types that have no value here.
pub(super) fn check_supported(elem: ElemType) -> Result<()> {
    use ElemType::*;
    let real = matches!(elem, Float | Double | Float16 | Bfloat16);
    if real || elem.int_range().is_some() { Ok(()) } else { Err(Mistake::UnsupportedElemType { elem }) }
}

/// The bytes that so many elements take in raw data.
pub(super) fn byte_count(elem: ElemType, elements: usize) -> Result<usize> {
    elements.checked_mul(elem.bits()).map(|bits| bits.div_ceil(8)).ok_or(Mistake::TooManyElements)
}

/// Refuses raw data of `found` bytes where `elements` take others.
pub(super) fn check_bytes(elem: ElemType, elements: usize, found: u64) -> Result<()> {
    check_length(elem, elements, byte_count(elem, elements)?, found, "bytes")
}

fn check_length(
    elem: ElemType,
    elements: usize,
    expected: usize,
    found: u64,
    unit: &'static str,
) -> Result<()> {
    let mistake = || Mistake::DataLength { elements, elem, expected, found, unit };
    if expected as u64 == found { Ok(()) } else { Err(mistake()) }
}

/// Refuses a list that has not one value for each element.
fn check_values<T>(elem: ElemType, elements: usize, list: &[T]) -> Result<()> {
    check_length(elem, elements, elements, list.len() as u64, "values")
}

/// Decodes raw data.
pub(super) fn from_bytes(elem: ElemType, elements: usize, bytes: &[u8]) -> Result<Values> {
    use ElemType::*;
    check_bytes(elem, elements, bytes.len() as u64)?;
    Ok(match elem {
        Float => reals(words(bytes).map(f32::from_le_bytes)),
        Double => reals(words(bytes).map(f64::from_le_bytes)),
        Float16 => reals(words(bytes).map(u16::from_le_bytes).map(half)),
        Bfloat16 => reals(words(bytes).map(u16::from_le_bytes).map(brain)),
        Int8 => ints(bytes.iter().map(|byte| byte.cast_signed())),
        Uint8 => ints(bytes.iter().copied()),
        Bool => in_range(elem, bytes.iter().map(|byte| i64::from(*byte)))?,
        Int16 => ints(words(bytes).map(i16::from_le_bytes)),
        Uint16 => ints(words(bytes).map(u16::from_le_bytes)),
        Int32 => ints(words(bytes).map(i32::from_le_bytes)),
        Uint32 => ints(words(bytes).map(u32::from_le_bytes)),
        Int64 => ints(words(bytes).map(i64::from_le_bytes)),
        Uint64 => Values::Int(unsigned(words(bytes).map(u64::from_le_bytes))?),
        Int2 | Uint2 | Int4 | Uint4 => ints(packed(elem, bytes).take(elements)),
        _ => return Err(Mistake::UnsupportedElemType { elem }),
    })
}

/// Decodes `float_data` and `double_data`.
pub(super) fn from_floats<T: Copy + Into<f64>>(
    elem: ElemType,
    elements: usize,
    list: &[T],
) -> Result<Values> {
    check_values(elem, elements, list)?;
    Ok(reals(list.iter().copied()))
}

/// Decodes `int64_data`.
pub(super) fn from_int64s(elem: ElemType, elements: usize, list: &[i64]) -> Result<Values> {
    check_values(elem, elements, list)?;
    Ok(ints(list.iter().copied()))
}

/// Decodes `uint64_data`, which holds uint32 too.
pub(super) fn from_uint64s(elem: ElemType, elements: usize, list: &[u64]) -> Result<Values> {
    check_values(elem, elements, list)?;
    in_range(elem, unsigned(list.iter().copied())?.into_iter())
}

/// Decodes `int32_data`: small integers as they are, half floats as their bits, integers below a byte as packed bytes.
pub(super) fn from_int32s(elem: ElemType, elements: usize, list: &[i32]) -> Result<Values> {
    use ElemType::*;
    match elem {
        Float16 | Bfloat16 => {
            check_values(elem, elements, list)?;
            let halves: Vec<u16> = convert(elem, list, |value| u16::try_from(value).ok())?;
            let bytes: Vec<u8> = halves.into_iter().flat_map(u16::to_le_bytes).collect();
            from_bytes(elem, elements, &bytes)
        }
        Int2 | Uint2 | Int4 | Uint4 => {
            check_length(elem, elements, byte_count(elem, elements)?, list.len() as u64, "values")?;
            from_bytes(elem, elements, &convert(elem, list, as_byte)?)
        }
        _ => {
            check_values(elem, elements, list)?;
            in_range(elem, list.iter().map(|value| i64::from(*value)))
        }
    }
}

/// A packed byte, which some writers take for signed.
fn as_byte(value: i32) -> Option<u8> {
    let signed = i8::try_from(value).ok().map(i8::cast_unsigned);
    u8::try_from(value).ok().or(signed)
}

fn convert<T>(elem: ElemType, list: &[i32], one: fn(i32) -> Option<T>) -> Result<Vec<T>> {
    let checked = |value: &i32| one(*value).ok_or(Mistake::ValueRange { value: i64::from(*value), elem });
    list.iter().map(checked).collect()
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks::<N>().0.iter().copied()
}

fn reals<T: Into<f64>>(values: impl Iterator<Item = T>) -> Values {
    Values::Float(values.map(Into::into).collect())
}

fn ints<T: Into<i64>>(values: impl Iterator<Item = T>) -> Values {
    Values::Int(values.map(Into::into).collect())
}

fn unsigned(values: impl Iterator<Item = u64>) -> Result<Vec<i64>> {
    values.map(|value| i64::try_from(value).map_err(|_| Mistake::Uint64Range { value })).collect()
}

fn in_range(elem: ElemType, values: impl Iterator<Item = i64>) -> Result<Values> {
    let (low, high) = elem.int_range().ok_or(Mistake::UnsupportedElemType { elem })?;
    let checked = |value: i64| {
        if (low..=high).contains(&value) { Ok(value) } else { Err(Mistake::ValueRange { value, elem }) }
    };
    values.map(checked).collect::<Result<_>>().map(Values::Int)
}

/// Integers of two or four bits, the first in the lowest bits of each byte.
fn packed(elem: ElemType, bytes: &[u8]) -> impl Iterator<Item = i64> {
    let bits = elem.bits();
    let spare = 64 - bits;
    let signed = elem.int_range().is_some_and(|(low, _)| low < 0);
    let extend = move |code: u64| {
        let top = code << spare;
        if signed { top.cast_signed() >> spare } else { (top >> spare).cast_signed() }
    };
    let shifts = move || (0..8).step_by(bits);
    let codes = move |byte: &u8| {
        shifts().map({
            let byte = u64::from(*byte);
            move |shift| byte >> shift
        })
    };
    bytes.iter().flat_map(codes).map(extend)
}

/// IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of mantissa.
fn half(bits: u16) -> f64 {
    const TINY: f64 = 1.0 / (1 << 24) as f64;
    let (exponent, mantissa) = (bits >> 10 & 0x1f, bits & 0x3ff);
    let magnitude = match exponent {
        0 => f64::from(mantissa) * TINY,
        0x1f if mantissa == 0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => f64::from_bits(u64::from(exponent + 1023 - 15) << 52 | u64::from(mantissa) << 42),
    };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

/// bfloat16: the upper half of a binary32.
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ElemType::*;

    fn raw(elem: ElemType, elements: usize, bytes: &[u8]) -> Result<Values> {
        from_bytes(elem, elements, bytes)
    }

    #[test]
    fn half_floats() {
        let known = [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333251953125),
            (0x7bff, 65504.0),
            (0x0400, 6.103515625e-5),
            (0x0001, 5.960464477539063e-8),
            (0x83ff, -6.097555160522461e-5),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ];
        for (bits, value) in known {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
        assert!(half(0x8000).is_sign_negative());
    }

    #[test]
    fn every_half_float_is_ordered_and_distinct() {
        let values: Vec<f64> = (0..0x7c00).map(half).collect();
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn brain_floats() {
        assert_eq!(raw(Bfloat16, 2, &[0x80, 0x3f, 0x49, 0xc0]), Ok(Values::Float(vec![1.0, -3.140625])));
    }

    #[test]
    fn low_bits_come_first() {
        assert_eq!(raw(Int4, 3, &[0x8f, 0x07]), Ok(Values::Int(vec![-1, -8, 7])));
        assert_eq!(raw(Uint4, 3, &[0x8f, 0xf7]), Ok(Values::Int(vec![15, 8, 7])));
        assert_eq!(raw(Int2, 5, &[0b11_10_01_00, 0b10]), Ok(Values::Int(vec![0, 1, -2, -1, -2])));
        assert_eq!(raw(Uint2, 4, &[0b11_10_01_00]), Ok(Values::Int(vec![0, 1, 2, 3])));
    }

    #[test]
    fn words_are_little_endian() {
        assert_eq!(raw(Int16, 1, &[0xfe, 0xff]), Ok(Values::Int(vec![-2])));
        assert_eq!(raw(Uint16, 1, &[0xfe, 0xff]), Ok(Values::Int(vec![0xfffe])));
        assert_eq!(raw(Int32, 1, &[0, 0, 0, 0x80]), Ok(Values::Int(vec![i32::MIN.into()])));
        assert_eq!(raw(Uint32, 1, &[0, 0, 0, 0x80]), Ok(Values::Int(vec![1 << 31])));
        assert_eq!(raw(Int64, 1, &[0xff; 8]), Ok(Values::Int(vec![-1])));
        assert_eq!(raw(Int8, 2, &[0x80, 0x7f]), Ok(Values::Int(vec![-128, 127])));
        assert_eq!(raw(Uint8, 2, &[0x80, 0x7f]), Ok(Values::Int(vec![128, 127])));
        assert_eq!(raw(Double, 1, &1.5f64.to_le_bytes()), Ok(Values::Float(vec![1.5])));
        assert_eq!(raw(Float, 1, &0.1f32.to_le_bytes()), Ok(Values::Float(vec![f64::from(0.1f32)])));
    }

    #[test]
    fn values_outside_their_type() {
        assert_eq!(raw(Bool, 2, &[1, 2]), Err(Mistake::ValueRange { value: 2, elem: Bool }));
        assert_eq!(raw(Uint64, 1, &[0xff; 8]), Err(Mistake::Uint64Range { value: u64::MAX }));
        let list = |elem, value| from_int32s(elem, 1, &[value]);
        assert_eq!(list(Int8, 128), Err(Mistake::ValueRange { value: 128, elem: Int8 }));
        assert_eq!(list(Uint8, -1), Err(Mistake::ValueRange { value: -1, elem: Uint8 }));
        assert_eq!(list(Float16, 1 << 16), Err(Mistake::ValueRange { value: 1 << 16, elem: Float16 }));
        assert_eq!(list(Int4, 256), Err(Mistake::ValueRange { value: 256, elem: Int4 }));
        let wide = from_uint64s(Uint32, 1, &[1 << 32]);
        assert_eq!(wide, Err(Mistake::ValueRange { value: 1 << 32, elem: Uint32 }));
    }

    #[test]
    fn int32_lists_hold_bits_of_other_types() {
        assert_eq!(from_int32s(Float16, 2, &[0x3c00, 0xc000]), Ok(Values::Float(vec![1.0, -2.0])));
        assert_eq!(from_int32s(Bfloat16, 1, &[0x3f80]), Ok(Values::Float(vec![1.0])));
        assert_eq!(from_int32s(Int4, 3, &[0x8f, 0x07]), Ok(Values::Int(vec![-1, -8, 7])));
        assert_eq!(from_int32s(Int4, 2, &[-1]), Ok(Values::Int(vec![-1, -1])));
        assert_eq!(from_int32s(Int8, 2, &[-128, 127]), Ok(Values::Int(vec![-128, 127])));
    }

    #[test]
    fn lengths_must_agree() {
        let error = raw(Int4, 3, &[0]).unwrap_err();
        let unit = "bytes";
        assert_eq!(error, Mistake::DataLength { elements: 3, elem: Int4, expected: 2, found: 1, unit });
        assert_eq!(raw(Double, usize::MAX / 8, &[]), Err(Mistake::TooManyElements));
        assert!(matches!(from_floats(Float, 2, &[1.0f32]), Err(Mistake::DataLength { unit: "values", .. })));
        assert!(matches!(from_int32s(Int4, 3, &[1, 2, 3]), Err(Mistake::DataLength { expected: 2, .. })));
    }
}
