//! `ValueInfoProto` and `TypeProto`: the type and shape of a value, as far as the file says.

use super::elem::ElemType;
use super::error::{Mistake, OnnxError};
use super::message::{Depth, Message, Result};
use super::wire::{Field, Span};

/// A value and what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueInfo<'a> {
    /// The value's name.
    pub name: &'a str,
    /// Its type.
    pub ty: Type<'a>,
    /// Where the message is.
    pub span: Span,
}

/// The type of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Type<'a> {
    /// The file does not say.
    #[default]
    Unknown,
    /// A dense tensor.
    Tensor(TensorType<'a>),
    /// Something that no hardware holds: `sequence`, `map`, `optional`, `sparse tensor` or `opaque`.
    Other(&'static str),
}

/// The type of a dense tensor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TensorType<'a> {
    /// The number of the element type in the file: see [`elem_type`](Self::elem_type).
    pub elem_code: i32,
    /// The dimensions; `None` is a tensor of unknown rank, an empty list a scalar.
    pub shape: Option<Vec<Dim<'a>>>,
    /// Where the message is.
    pub span: Span,
}

impl TensorType<'_> {
    /// The element type.
    ///
    /// # Errors
    /// The number in the file means nothing.
    pub fn elem_type(&self) -> Result<ElemType> {
        ElemType::from_code(self.elem_code).map_err(|mistake| OnnxError::new(mistake, self.span))
    }
}

/// One dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dim<'a> {
    /// The file does not say.
    #[default]
    Unknown,
    /// A number, which may be absurd.
    Value(i64),
    /// A symbol, such as `batch`, that stands for one number throughout the graph.
    Param(&'a str),
}

impl From<i64> for Dim<'_> {
    fn from(value: i64) -> Self {
        Dim::Value(value)
    }
}

impl<'a> From<&'a str> for Dim<'a> {
    fn from(symbol: &'a str) -> Self {
        Dim::Param(symbol)
    }
}

impl<'a> Message<'a> for ValueInfo<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => self.name = field.string("name")?,
            2 => field.merge("type", &mut self.ty, depth)?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        let missing = || OnnxError::new(Mistake::MissingField { field: "name" }, span);
        if self.name.is_empty() { Err(missing()) } else { Ok(()) }
    }
}

impl<'a> Message<'a> for Type<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => *self = Type::Tensor(field.message("tensor_type", depth)?),
            4 => *self = Type::Other("sequence"),
            5 => *self = Type::Other("map"),
            7 => *self = Type::Other("opaque"),
            8 => *self = Type::Other("sparse tensor"),
            9 => *self = Type::Other("optional"),
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Message<'a> for TensorType<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => self.elem_code = field.int32("elem_type")?,
            2 => self.shape = Some(field.message::<Shape<'_>>("shape", depth)?.0),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        Ok(())
    }
}

/// `TensorShapeProto`.
#[derive(Default)]
struct Shape<'a>(Vec<Dim<'a>>);

impl<'a> Message<'a> for Shape<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        if field.number == 1 {
            field.push("dim", &mut self.0, depth)?;
        }
        Ok(())
    }
}

impl<'a> Message<'a> for Dim<'a> {
    fn field(&mut self, field: &Field<'a>, _: Depth) -> Result<()> {
        match field.number {
            1 => *self = Dim::Value(field.int64("dim_value")?),
            2 => *self = Dim::Param(field.string("dim_param")?),
            _ => {}
        }
        Ok(())
    }
}
