//! Where a tensor's elements are within the model: raw bytes, or one of five lists of numbers.

use super::elem::ElemType;
use super::error::Mistake;
use super::values::{self, Values};
use super::wire::Body;

/// The elements of a tensor as they are stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Storage<'a> {
    /// Nowhere within the model.
    #[default]
    Nothing,
    /// `raw_data`: little-endian bytes, any type.
    Raw(Body<'a>),
    /// `float_data`: float.
    Floats(Vec<f32>),
    /// `int32_data`: types of 32 bits and below except uint32; half floats as their bits.
    Int32s(Vec<i32>),
    /// `int64_data`: int64.
    Int64s(Vec<i64>),
    /// `double_data`: double.
    Doubles(Vec<f64>),
    /// `uint64_data`: uint32 and uint64.
    Uint64s(Vec<u64>),
    /// Two fields at once, which decoding refuses.
    Mixed {
        /// The field that came first.
        first: &'static str,
        /// The field that came after.
        second: &'static str,
    },
}

impl<'a> Storage<'a> {
    /// The field's name in `onnx.proto`.
    pub fn field(&self) -> &'static str {
        match self {
            Storage::Nothing => "",
            Storage::Raw(_) => "raw_data",
            Storage::Floats(_) => "float_data",
            Storage::Int32s(_) => "int32_data",
            Storage::Int64s(_) => "int64_data",
            Storage::Doubles(_) => "double_data",
            Storage::Uint64s(_) => "uint64_data",
            Storage::Mixed { second, .. } => second,
        }
    }

    /// Takes in data from the file: lists grow, and fields without data do not count.
    pub(super) fn add(&mut self, new: Self) {
        match (&mut *self, new) {
            (_, new) if new.is_empty() => {}
            (Storage::Floats(all), Storage::Floats(more)) => all.extend(more),
            (Storage::Int32s(all), Storage::Int32s(more)) => all.extend(more),
            (Storage::Int64s(all), Storage::Int64s(more)) => all.extend(more),
            (Storage::Doubles(all), Storage::Doubles(more)) => all.extend(more),
            (Storage::Uint64s(all), Storage::Uint64s(more)) => all.extend(more),
            (Storage::Nothing | Storage::Raw(_), new @ Storage::Raw(_)) => *self = new,
            (Storage::Nothing, new) => *self = new,
            (old, new) => *self = Storage::Mixed { first: old.field(), second: new.field() },
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Storage::Nothing => true,
            Storage::Raw(body) => body.bytes.is_empty(),
            Storage::Floats(list) => list.is_empty(),
            Storage::Int32s(list) => list.is_empty(),
            Storage::Int64s(list) => list.is_empty(),
            Storage::Doubles(list) => list.is_empty(),
            Storage::Uint64s(list) => list.is_empty(),
            Storage::Mixed { .. } => false,
        }
    }

    /// The elements as numbers.
    ///
    /// # Errors
    /// The data are in a field that is not for `elem`, are not those of so many elements, or are not of that type.
    pub(super) fn decode(&self, elem: ElemType, elements: usize) -> Result<Values, Mistake> {
        use ElemType::{Double, Float, Int64, Uint32, Uint64};
        match (self, elem) {
            (Storage::Nothing, _) => values::from_bytes(elem, elements, &[]),
            (Storage::Raw(body), _) => values::from_bytes(elem, elements, body.bytes),
            (Storage::Floats(list), Float) => values::from_floats(elem, elements, list),
            (Storage::Doubles(list), Double) => values::from_floats(elem, elements, list),
            (Storage::Int64s(list), Int64) => values::from_int64s(elem, elements, list),
            (Storage::Uint64s(list), Uint32 | Uint64) => values::from_uint64s(elem, elements, list),
            (Storage::Int32s(list), other) if !matches!(other, Float | Double | Int64 | Uint32 | Uint64) => {
                values::from_int32s(elem, elements, list)
            }
            (Storage::Mixed { first, second }, _) => Err(Mistake::MixedStorage { first, second }),
            _ => Err(Mistake::WrongStorage { field: self.field(), elem }),
        }
    }
}
