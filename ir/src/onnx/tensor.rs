//! `TensorProto`: a stored tensor, and its elements as numbers.
//!
//! The format stores the same elements as raw bytes, as a list of numbers whose field the element type decides, or in
//! a file beside the model. [`Tensor::decode`] takes the one in use and checks that the others are empty, that the
//! dimensions and the data agree, and that every element is one of its type.

use std::path::Path;

use super::elem::ElemType;
use super::error::{Mistake, OnnxError};
use super::external::External;
use super::message::{Depth, Message, Result};
use super::model::Entry;
use super::storage::Storage;
use super::values::{self, Values};
use super::wire::{Field, Span};

/// A tensor as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor<'a> {
    /// The tensor's name; within a graph, the value that it gives.
    pub name: &'a str,
    /// The dimensions as stored: see [`shape`](Self::shape).
    pub dims: Vec<i64>,
    /// The number of the element type in the file: see [`elem_type`](Self::elem_type).
    pub data_type: i32,
    /// The elements, unless they are in another file.
    pub data: Storage<'a>,
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
            None => self.data.decode(elem, elements)?,
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
        if self.data != Storage::Nothing {
            return Err(Mistake::MixedStorage { first: self.data.field(), second: "external_data" });
        }
        let location = || external.location.to_owned();
        let folder = folder.ok_or_else(|| Mistake::ExternalWithoutFolder { location: location() })?;
        let extent = external.open(folder)?;
        values::check_bytes(elem, elements, extent.length)?;
        values::from_bytes(elem, elements, &extent.read()?)
    }
}

impl<'a> Message<'a> for Tensor<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => self.dims.extend(field.int64s("dims")?),
            2 => self.data_type = field.int32("data_type")?,
            3 => self.segmented = true,
            4 => self.data.add(Storage::Floats(field.floats("float_data")?)),
            5 => self.data.add(Storage::Int32s(field.int32s("int32_data")?)),
            7 => self.data.add(Storage::Int64s(field.int64s("int64_data")?)),
            8 => self.name = field.string("name")?,
            9 => self.data.add(Storage::Raw(field.body("raw_data")?)),
            10 => self.data.add(Storage::Doubles(field.doubles("double_data")?)),
            11 => self.data.add(Storage::Uint64s(field.uint64s("uint64_data")?)),
            13 => field.push("external_data", &mut self.external_data, depth)?,
            14 => self.data_location = field.int32("data_location")?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        if self.data_type == 0 {
            return Err(OnnxError::new(Mistake::MissingField { field: "data_type" }, span));
        }
        Ok(())
    }
}
