//! `AttributeProto`: a named parameter of an operator, which has exactly one value.

use std::fmt;

use super::error::{Mistake, OnnxError};
use super::graph::Graph;
use super::message::{Depth, Message, Result};
use super::tensor::Tensor;
use super::wire::{Field, Span};

/// A parameter of an operator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribute<'a> {
    /// The parameter's name, never `""`.
    pub name: &'a str,
    /// Its value.
    pub value: AttributeValue<'a>,
    /// Within a function: the parameter of the function that stands for the value.
    pub ref_attr_name: &'a str,
    /// Where the message is.
    pub span: Span,
    declared: i32,
}

/// The value of an attribute.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AttributeValue<'a> {
    /// None: the value is a parameter of a function.
    #[default]
    Unset,
    /// A real number.
    Float(f32),
    /// An integer.
    Int(i64),
    /// Text, UTF-8 by convention.
    String(&'a [u8]),
    /// A tensor.
    Tensor(Box<Tensor<'a>>),
    /// A subgraph.
    Graph(Box<Graph<'a>>),
    /// Real numbers.
    Floats(Vec<f32>),
    /// Integers.
    Ints(Vec<i64>),
    /// Texts.
    Strings(Vec<&'a [u8]>),
    /// Tensors.
    Tensors(Vec<Tensor<'a>>),
    /// A kind that is known by name only: subgraphs, sparse tensors, types.
    Other(AttributeKind),
}

/// The kinds of attribute, numbered as `AttributeProto.AttributeType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum AttributeKind {
    Undefined = 0,
    Float = 1,
    Int = 2,
    String = 3,
    Tensor = 4,
    Graph = 5,
    Floats = 6,
    Ints = 7,
    Strings = 8,
    Tensors = 9,
    Graphs = 10,
    SparseTensor = 11,
    SparseTensors = 12,
    TypeProto = 13,
    TypeProtos = 14,
}

/// The kinds by number, with their names in `onnx.proto`.
const KINDS: [(AttributeKind, &str); 15] = [
    (AttributeKind::Undefined, "UNDEFINED"),
    (AttributeKind::Float, "FLOAT"),
    (AttributeKind::Int, "INT"),
    (AttributeKind::String, "STRING"),
    (AttributeKind::Tensor, "TENSOR"),
    (AttributeKind::Graph, "GRAPH"),
    (AttributeKind::Floats, "FLOATS"),
    (AttributeKind::Ints, "INTS"),
    (AttributeKind::Strings, "STRINGS"),
    (AttributeKind::Tensors, "TENSORS"),
    (AttributeKind::Graphs, "GRAPHS"),
    (AttributeKind::SparseTensor, "SPARSE_TENSOR"),
    (AttributeKind::SparseTensors, "SPARSE_TENSORS"),
    (AttributeKind::TypeProto, "TYPE_PROTO"),
    (AttributeKind::TypeProtos, "TYPE_PROTOS"),
];

impl AttributeKind {
    fn from_code(code: i32) -> Option<Self> {
        let index = usize::try_from(code).ok()?;
        KINDS.get(index).map(|(kind, _)| *kind)
    }

    /// What the kind's fields mean when none of them is in the file, which is how writers of version 3 of the
    /// language leave out zeros and empty lists.
    fn absent<'a>(self) -> Option<AttributeValue<'a>> {
        use AttributeValue as V;
        match self {
            Self::Float => Some(V::Float(0.0)),
            Self::Int => Some(V::Int(0)),
            Self::String => Some(V::String(b"")),
            Self::Floats => Some(V::Floats(Vec::new())),
            Self::Ints => Some(V::Ints(Vec::new())),
            Self::Strings => Some(V::Strings(Vec::new())),
            Self::Tensors => Some(V::Tensors(Vec::new())),
            Self::Graphs | Self::SparseTensors | Self::TypeProtos => Some(V::Other(self)),
            Self::Undefined | Self::Tensor | Self::Graph | Self::SparseTensor | Self::TypeProto => None,
        }
    }
}

impl fmt::Display for AttributeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(KINDS[*self as usize].1)
    }
}

impl<'a> AttributeValue<'a> {
    /// The value's kind; [`AttributeKind::Undefined`] for no value.
    pub fn kind(&self) -> AttributeKind {
        match self {
            Self::Unset => AttributeKind::Undefined,
            Self::Float(_) => AttributeKind::Float,
            Self::Int(_) => AttributeKind::Int,
            Self::String(_) => AttributeKind::String,
            Self::Tensor(_) => AttributeKind::Tensor,
            Self::Graph(_) => AttributeKind::Graph,
            Self::Floats(_) => AttributeKind::Floats,
            Self::Ints(_) => AttributeKind::Ints,
            Self::Strings(_) => AttributeKind::Strings,
            Self::Tensors(_) => AttributeKind::Tensors,
            Self::Other(kind) => *kind,
        }
    }

    /// Takes in a value from the file: lists grow, single values are replaced, kinds do not mix.
    fn add(&mut self, new: Self) -> std::result::Result<(), Mistake> {
        match (&mut *self, new) {
            (Self::Floats(all), Self::Floats(more)) => all.extend(more),
            (Self::Ints(all), Self::Ints(more)) => all.extend(more),
            (Self::Strings(all), Self::Strings(more)) => all.extend(more),
            (Self::Tensors(all), Self::Tensors(more)) => all.extend(more),
            (old, new) if matches!(old, Self::Unset) || old.kind() == new.kind() => *self = new,
            (old, new) => {
                return Err(Mistake::AmbiguousAttribute { first: old.kind(), second: new.kind() });
            }
        }
        Ok(())
    }
}

/// The value as one kind, or `None` where it is another.
impl<'a> Attribute<'a> {
    /// An INT.
    pub fn as_int(&self) -> Option<i64> {
        if let AttributeValue::Int(value) = self.value { Some(value) } else { None }
    }

    /// A FLOAT.
    pub fn as_float(&self) -> Option<f32> {
        if let AttributeValue::Float(value) = self.value { Some(value) } else { None }
    }

    /// A STRING, which may be no UTF-8.
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        if let AttributeValue::String(value) = self.value { Some(value) } else { None }
    }

    /// INTS.
    pub fn as_ints(&self) -> Option<&[i64]> {
        if let AttributeValue::Ints(values) = &self.value { Some(values) } else { None }
    }

    /// FLOATS.
    pub fn as_floats(&self) -> Option<&[f32]> {
        if let AttributeValue::Floats(values) = &self.value { Some(values) } else { None }
    }

    /// A TENSOR.
    pub fn as_tensor(&self) -> Option<&Tensor<'a>> {
        if let AttributeValue::Tensor(tensor) = &self.value { Some(tensor) } else { None }
    }
}

impl<'a> Message<'a> for Attribute<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => self.name = field.string("name")?,
            20 => self.declared = field.int32("type")?,
            21 => self.ref_attr_name = field.string("ref_attr_name")?,
            _ => self.value_field(field, depth)?,
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        self.settle().map_err(|mistake| OnnxError::new(mistake, span))
    }
}

impl<'a> Attribute<'a> {
    fn value_field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        use AttributeValue as V;
        let value = match field.number {
            2 => V::Float(field.float("f")?),
            3 => V::Int(field.int64("i")?),
            4 => V::String(field.bytes("s")?),
            5 => V::Tensor(Box::new(field.message("t", depth)?)),
            6 => V::Graph(Box::new(field.message("g", depth)?)),
            7 => V::Floats(field.floats("floats")?),
            8 => V::Ints(field.int64s("ints")?),
            9 => V::Strings(vec![field.bytes("strings")?]),
            10 => V::Tensors(vec![field.message("tensors", depth)?]),
            11 => V::Other(AttributeKind::Graphs),
            14 => V::Other(AttributeKind::TypeProto),
            15 => V::Other(AttributeKind::TypeProtos),
            22 => V::Other(AttributeKind::SparseTensor),
            23 => V::Other(AttributeKind::SparseTensors),
            _ => return Ok(()),
        };
        self.value.add(value).map_err(|mistake| field.error(mistake))
    }

    /// Brings the value and the declared type together. Files of the first versions declare none.
    fn settle(&mut self) -> std::result::Result<(), Mistake> {
        if self.name.is_empty() {
            return Err(Mistake::MissingField { field: "name" });
        }
        let code = self.declared;
        let expected = AttributeKind::from_code(code).ok_or(Mistake::UnknownAttributeType { code })?;
        match self.value.kind() {
            AttributeKind::Undefined if self.ref_attr_name.is_empty() => {
                self.value = expected.absent().ok_or(Mistake::MissingField { field: "value" })?;
            }
            found
                if expected != found
                    && expected != AttributeKind::Undefined
                    && found != AttributeKind::Undefined =>
            {
                return Err(Mistake::AttributeKind { expected, found });
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_in_order() {
        for (code, (kind, _)) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, code);
        }
    }
}
