//! `TensorProto.DataType`: what the elements of a tensor are.

use std::fmt;

use super::error::Mistake;

/// The type of an element, numbered as in `onnx.proto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ElemType {
    Float = 1,
    Uint8 = 2,
    Int8 = 3,
    Uint16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    Uint32 = 12,
    Uint64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    Bfloat16 = 16,
    Float8E4M3FN = 17,
    Float8E4M3FNUZ = 18,
    Float8E5M2 = 19,
    Float8E5M2FNUZ = 20,
    Uint4 = 21,
    Int4 = 22,
    Float4E2M1 = 23,
    Float8E8M0 = 24,
    Uint2 = 25,
    Int2 = 26,
    Float6E2M3 = 27,
    Float6E3M2 = 28,
}

use ElemType::*;

/// The types by number from 1, with their names in lower case and their bits (0: no fixed number).
const TYPES: [(ElemType, &str, usize); 28] = [
    (Float, "float", 32),
    (Uint8, "uint8", 8),
    (Int8, "int8", 8),
    (Uint16, "uint16", 16),
    (Int16, "int16", 16),
    (Int32, "int32", 32),
    (Int64, "int64", 64),
    (String, "string", 0),
    (Bool, "bool", 8),
    (Float16, "float16", 16),
    (Double, "double", 64),
    (Uint32, "uint32", 32),
    (Uint64, "uint64", 64),
    (Complex64, "complex64", 64),
    (Complex128, "complex128", 128),
    (Bfloat16, "bfloat16", 16),
    (Float8E4M3FN, "float8e4m3fn", 8),
    (Float8E4M3FNUZ, "float8e4m3fnuz", 8),
    (Float8E5M2, "float8e5m2", 8),
    (Float8E5M2FNUZ, "float8e5m2fnuz", 8),
    (Uint4, "uint4", 4),
    (Int4, "int4", 4),
    (Float4E2M1, "float4e2m1", 4),
    (Float8E8M0, "float8e8m0", 8),
    (Uint2, "uint2", 2),
    (Int2, "int2", 2),
    (Float6E2M3, "float6e2m3", 6),
    (Float6E3M2, "float6e3m2", 6),
];

impl ElemType {
    /// The type of a number in a file.
    ///
    /// # Errors
    /// [`Mistake::UnknownElemType`], also for 0, which is how absence reads.
    pub fn from_code(code: i32) -> Result<Self, Mistake> {
        let index = usize::try_from(i64::from(code) - 1).ok();
        match index.and_then(|index| TYPES.get(index)) {
            Some((elem, _, _)) => Ok(*elem),
            None => Err(Mistake::UnknownElemType { code }),
        }
    }

    /// The bits of an element in raw data; 0 for strings, which are never raw.
    pub fn bits(self) -> usize {
        self.row().2
    }

    /// The type's name: `float`, `int4`, ...
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The smallest and largest integer of the type, as far as `i64` goes; `None` where elements are no integers.
    pub fn int_range(self) -> Option<(i64, i64)> {
        let bits = self.bits();
        match self {
            Bool => Some((0, 1)),
            Int2 | Int4 | Int8 | Int16 | Int32 | Int64 => Some((-1 << (bits - 1), i64::MAX >> (64 - bits))),
            Uint2 | Uint4 | Uint8 | Uint16 | Uint32 => Some((0, (1 << bits) - 1)),
            Uint64 => Some((0, i64::MAX)),
            _ => None,
        }
    }

    /// The type's number in `onnx.proto`.
    pub fn code(self) -> i32 {
        self as i32
    }

    fn row(self) -> &'static (ElemType, &'static str, usize) {
        &TYPES[self as usize - 1]
    }
}

impl fmt::Display for ElemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_in_order() {
        for (index, (elem, _, _)) in TYPES.iter().enumerate() {
            assert_eq!(elem.code() as usize, index + 1);
            assert_eq!(ElemType::from_code(elem.code()), Ok(*elem));
        }
    }

    #[test]
    fn strangers_are_refused() {
        for code in [0, -1, 29, i32::MIN, i32::MAX] {
            assert_eq!(ElemType::from_code(code), Err(Mistake::UnknownElemType { code }));
        }
    }

    #[test]
    fn integer_ranges() {
        assert_eq!(Int2.int_range(), Some((-2, 1)));
        assert_eq!(Uint4.int_range(), Some((0, 15)));
        assert_eq!(Int64.int_range(), Some((i64::MIN, i64::MAX)));
        assert_eq!(Uint32.int_range(), Some((0, (1 << 32) - 1)));
        assert_eq!(Float.int_range(), None);
    }
}
