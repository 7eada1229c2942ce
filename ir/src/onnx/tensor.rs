//! `TensorProto`: a stored tensor, and its elements as numbers.
//!
//! The format has four storages for the same elements: raw bytes, a list of numbers whose field the element type
//! decides, strings, and a file beside the model. [`Tensor::decode`] takes the one in use and checks that the others
//! are empty, that the dimensions and the data agree, and that every element is one of its type.

use std::path::Path;

use super::elem::ElemType;
use super::error::{Mistake, OnnxError};
use super::external::External;
use super::message::{Depth, Message, Result};
use super::model::Entry;
use super::values::{self, Values};
use super::wire::{Body, Field, Span};

/// A tensor as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor<'a> {
    /// The tensor's name; within a graph, the value that it gives.
    pub name: &'a str,
    /// The dimensions as stored: see [`shape`](Self::shape).
    pub dims: Vec<i64>,
    /// The number of the element type in the file: see [`elem_type`](Self::elem_type).
    pub data_type: i32,
    /// Elements as bytes.
    pub raw_data: Body<'a>,
    /// Elements of float.
    pub float_data: Vec<f32>,
    /// Elements of the types of 32 bits and below, except uint32; half floats as bits.
    pub int32_data: Vec<i32>,
    /// Elements of int64.
    pub int64_data: Vec<i64>,
    /// Elements of double.
    pub double_data: Vec<f64>,
    /// Elements of uint32 and uint64.
    pub uint64_data: Vec<u64>,
    /// Where the data are if `data_location` says so: see [`external`](Self::external).
    pub external_data: Vec<Entry<'a>>,
    /// 0: in the model; 1: in another file.
    pub data_location: i32,
    /// Where the message is.
    pub span: Span,
    segmented: bool,
}

/// A tensor as numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorData {
    /// The dimensions, outermost first; none for a scalar. Their product is the number of values.
    pub shape: Vec<usize>,
    /// The stored type of the elements.
    pub elem: ElemType,
    /// The elements in row-major order.
    pub values: Values,
}

impl TensorData {
    /// The elements, if they are real numbers.
    pub fn as_floats(&self) -> Option<&[f64]> {
        if let Values::Float(values) = &self.values { Some(values) } else { None }
    }

    /// The elements, if they are integers or truth values.
    pub fn as_ints(&self) -> Option<&[i64]> {
        if let Values::Int(values) = &self.values { Some(values) } else { None }
    }
}

impl<'a> Tensor<'a> {
    /// The type of the elements.
    ///
    /// # Errors
    /// The number in the file means nothing.
    pub fn elem_type(&self) -> Result<ElemType> {
        ElemType::from_code(self.data_type).map_err(|mistake| self.error(mistake))
    }

    /// The dimensions.
    ///
    /// # Errors
    /// One is negative, or their product exceeds `usize`.
    pub fn shape(&self) -> Result<Vec<usize>> {
        self.checked_shape().map(|(shape, _)| shape).map_err(|mistake| self.error(mistake))
    }

    /// The file that holds the data, where one does.
    ///
    /// # Errors
    /// `data_location` or `external_data` makes no sense.
    pub fn external(&self) -> Result<Option<External<'a>>> {
        self.checked_external().map_err(|mistake| self.error(mistake))
    }

    /// The elements. `folder` is the model's folder, where external data are; `None` refuses them.
    ///
    /// # Errors
    /// The tensor contradicts itself, its type is not supported, or its external data cannot be read.
    pub fn decode(&self, folder: Option<&Path>) -> Result<TensorData> {
        self.data(folder).map_err(|mistake| self.error(mistake))
    }

    /// A mistake in this tensor.
    pub fn error(&self, mistake: Mistake) -> OnnxError {
        OnnxError::new(mistake, self.span).inside_named("tensor", self.name)
    }

    fn data(&self, folder: Option<&Path>) -> std::result::Result<TensorData, Mistake> {
        let elem = ElemType::from_code(self.data_type)?;
        values::check_supported(elem)?;
        let (shape, elements) = self.checked_shape()?;
        if self.segmented {
            return Err(Mistake::Segmented);
        }
        let values = match self.checked_external()? {
            Some(external) => self.load(external, folder, elem, elements)?,
            None => self.inline(elem, elements)?,
        };
        Ok(TensorData { shape, elem, values })
    }

    fn checked_shape(&self) -> std::result::Result<(Vec<usize>, usize), Mistake> {
        let dim = |&value: &i64| match usize::try_from(value) {
            Ok(dim) => Ok(dim),
            Err(_) if value < 0 => Err(Mistake::NegativeDim { value }),
            Err(_) => Err(Mistake::TooManyElements),
        };
        let shape: Vec<usize> = self.dims.iter().map(dim).collect::<std::result::Result<_, _>>()?;
        let product = shape.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim));
        product.map(|elements| (shape, elements)).ok_or(Mistake::TooManyElements)
    }

    fn checked_external(&self) -> std::result::Result<Option<External<'a>>, Mistake> {
        match self.data_location {
            0 => Ok(None),
            1 => External::from_entries(&self.external_data).map(Some),
            code => Err(Mistake::DataLocation { code }),
        }
    }

    fn load(
        &self,
        external: External<'a>,
        folder: Option<&Path>,
        elem: ElemType,
        elements: usize,
    ) -> std::result::Result<Values, Mistake> {
        self.check_only("external_data", elem)?;
        let location = || external.location.to_owned();
        let folder = folder.ok_or_else(|| Mistake::ExternalWithoutFolder { location: location() })?;
        let extent = external.open(folder)?;
        values::check_bytes(elem, elements, extent.length)?;
        values::from_bytes(elem, elements, &extent.read()?)
    }

    fn inline(&self, elem: ElemType, elements: usize) -> std::result::Result<Values, Mistake> {
        let list = typed_list(elem);
        let raw = self.raw_data.bytes;
        if !raw.is_empty() {
            self.check_only("raw_data", elem)?;
            return values::from_bytes(elem, elements, raw);
        }
        self.check_only(list, elem)?;
        match list {
            "float_data" => values::from_floats(elem, elements, &self.float_data),
            "double_data" => values::from_doubles(elem, elements, &self.double_data),
            "int64_data" => values::from_int64s(elem, elements, &self.int64_data),
            "uint64_data" => values::from_uint64s(elem, elements, &self.uint64_data),
            _ => values::from_int32s(elem, elements, &self.int32_data),
        }
    }

    /// Refuses data in any storage but the one in use.
    fn check_only(&self, used: &str, elem: ElemType) -> std::result::Result<(), Mistake> {
        let storages = [
            ("raw_data", self.raw_data.bytes.is_empty()),
            ("float_data", self.float_data.is_empty()),
            ("int32_data", self.int32_data.is_empty()),
            ("int64_data", self.int64_data.is_empty()),
            ("double_data", self.double_data.is_empty()),
            ("uint64_data", self.uint64_data.is_empty()),
        ];
        match storages.into_iter().find(|(field, empty)| !empty && *field != used) {
            Some((field, _)) => Err(Mistake::WrongStorage { field, elem }),
            None => Ok(()),
        }
    }
}

/// The list that holds the elements of a type when they are not raw.
fn typed_list(elem: ElemType) -> &'static str {
    match elem {
        ElemType::Float => "float_data",
        ElemType::Double => "double_data",
        ElemType::Int64 => "int64_data",
        ElemType::Uint32 | ElemType::Uint64 => "uint64_data",
        _ => "int32_data",
    }
}

impl<'a> Message<'a> for Tensor<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => self.dims.extend(field.int64s("dims")?),
            2 => self.data_type = field.int32("data_type")?,
            3 => self.segmented = true,
            4 => self.float_data.extend(field.floats("float_data")?),
            5 => self.int32_data.extend(field.int32s("int32_data")?),
            7 => self.int64_data.extend(field.int64s("int64_data")?),
            8 => self.name = field.string("name")?,
            9 => self.raw_data = field.body("raw_data")?,
            10 => self.double_data.extend(field.doubles("double_data")?),
            11 => self.uint64_data.extend(field.uint64s("uint64_data")?),
            13 => field.push("external_data", &mut self.external_data, depth)?,
            14 => self.data_location = field.int32("data_location")?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        Ok(())
    }
}
