//! `NodeProto`: one operator, with access to its attributes by name and type.

use super::attribute::{Attribute, AttributeKind};
use super::error::{Mistake, OnnxError};
use super::message::{Depth, Message, Result};
use super::tensor::Tensor;
use super::wire::{Field, Span};

/// An operator applied to values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node<'a> {
    /// Names of the values that go in; `""` stands for an optional input that is absent.
    pub input: Vec<&'a str>,
    /// Names of the values that come out; `""` stands for one that nobody wants.
    pub output: Vec<&'a str>,
    /// The node's own name, often `""`.
    pub name: &'a str,
    /// The operator, never `""`.
    pub op_type: &'a str,
    /// The operator's domain; `""` or `ai.onnx` for the standard operators.
    pub domain: &'a str,
    /// The operator's parameters, with unique names.
    pub attribute: Vec<Attribute<'a>>,
    /// Where the message is.
    pub span: Span,
}

/// The attribute of a name, where the node has it. Each is an error where the attribute is of another kind.
impl<'a> Node<'a> {
    /// The attribute itself.
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'a>> {
        self.attribute.iter().find(|attribute| attribute.name == name)
    }

    /// An integer attribute.
    ///
    /// # Errors
    /// It is not an INT.
    pub fn int(&self, name: &str) -> Result<Option<i64>> {
        self.typed(name, AttributeKind::Int, Attribute::as_int)
    }

    /// A real attribute.
    ///
    /// # Errors
    /// It is not a FLOAT.
    pub fn float(&self, name: &str) -> Result<Option<f32>> {
        self.typed(name, AttributeKind::Float, Attribute::as_float)
    }

    /// A text attribute.
    ///
    /// # Errors
    /// It is not a STRING, or not UTF-8.
    pub fn string(&self, name: &str) -> Result<Option<&'a str>> {
        let Some(bytes) = self.typed(name, AttributeKind::String, Attribute::as_bytes)? else {
            return Ok(None);
        };
        std::str::from_utf8(bytes).map(Some).map_err(|_| self.attribute_error(name, Mistake::NotUtf8))
    }

    /// A list of integers.
    ///
    /// # Errors
    /// It is not INTS.
    pub fn ints(&self, name: &str) -> Result<Option<&[i64]>> {
        self.typed(name, AttributeKind::Ints, Attribute::as_ints)
    }

    /// A list of reals.
    ///
    /// # Errors
    /// It is not FLOATS.
    pub fn floats(&self, name: &str) -> Result<Option<&[f32]>> {
        self.typed(name, AttributeKind::Floats, Attribute::as_floats)
    }

    /// A tensor.
    ///
    /// # Errors
    /// It is not a TENSOR.
    pub fn tensor(&self, name: &str) -> Result<Option<&Tensor<'a>>> {
        self.typed(name, AttributeKind::Tensor, Attribute::as_tensor)
    }

    fn typed<'s, T>(
        &'s self,
        name: &str,
        expected: AttributeKind,
        read: fn(&'s Attribute<'a>) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(attribute) = self.attribute(name) else { return Ok(None) };
        let found = attribute.value.kind();
        let wrong = || self.attribute_error(name, Mistake::AttributeKind { expected, found });
        read(attribute).map(Some).ok_or_else(wrong)
    }

    /// A mistake in one of the node's attributes.
    pub fn attribute_error(&self, name: &str, mistake: Mistake) -> OnnxError {
        let span = self.attribute(name).map_or(self.span, |attribute| attribute.span);
        OnnxError::new(mistake, span).inside_named("attribute", name)
    }

    /// Refuses two attributes of one name, in n log n for nodes with absurdly many.
    fn check_unique(&self) -> Result<()> {
        let mut names: Vec<&str> = self.attribute.iter().map(|attribute| attribute.name).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(self.error(Mistake::DuplicateAttribute { name: pair[0].into() })),
            None => Ok(()),
        }
    }

    fn error(&self, mistake: Mistake) -> OnnxError {
        OnnxError::new(mistake, self.span)
    }
}

impl<'a> Message<'a> for Node<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => self.input.push(field.string("input")?),
            2 => self.output.push(field.string("output")?),
            3 => self.name = field.string("name")?,
            4 => self.op_type = field.string("op_type")?,
            5 => field.push("attribute", &mut self.attribute, depth)?,
            7 => self.domain = field.string("domain")?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        if self.op_type.is_empty() {
            return Err(self.error(Mistake::MissingField { field: "op_type" }));
        }
        self.check_unique()
    }
}
