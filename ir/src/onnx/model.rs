//! `ModelProto`: the outermost message, and the small messages that it alone holds.

use super::error::{Mistake, OnnxError};
use super::graph::Graph;
use super::message::{Depth, Message, Result};
use super::wire::{Field, Span};

/// A model file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model<'a> {
    /// The version of the file format, or 0 where the file does not say.
    pub ir_version: i64,
    /// The operator sets that the model uses.
    pub opset_import: Vec<OpsetImport<'a>>,
    /// The tool that wrote the file.
    pub producer_name: &'a str,
    /// That tool's version.
    pub producer_version: &'a str,
    /// The computation.
    pub graph: Graph<'a>,
    /// Notes of the producer.
    pub metadata_props: Vec<Entry<'a>>,
    /// Operators that the model defines itself: known by name, so that they can be refused by name.
    pub functions: Vec<Function<'a>>,
    /// Where the message is.
    pub span: Span,
    has_graph: bool,
}

impl Model<'_> {
    /// The version of the operator set that the model imports for a domain. `""` and `ai.onnx` are one domain.
    pub fn opset_version(&self, domain: &str) -> Option<i64> {
        let wanted = canonical_domain(domain);
        self.opset_import.iter().find(|set| canonical_domain(set.domain) == wanted).map(|set| set.version)
    }
}

/// The domain's one spelling: the standard operators' is `""`, also written `ai.onnx`.
pub fn canonical_domain(domain: &str) -> &str {
    if domain == "ai.onnx" { "" } else { domain }
}

impl<'a> Message<'a> for Model<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => self.ir_version = field.int64("ir_version")?,
            2 => self.producer_name = field.string("producer_name")?,
            3 => self.producer_version = field.string("producer_version")?,
            7 => self.graph(field, depth)?,
            8 => field.push("opset_import", &mut self.opset_import, depth)?,
            14 => field.push("metadata_props", &mut self.metadata_props, depth)?,
            25 => field.push("functions", &mut self.functions, depth)?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        let missing = Mistake::MissingField { field: "graph" };
        if self.has_graph { Ok(()) } else { Err(OnnxError::new(missing, span)) }
    }
}

impl<'a> Model<'a> {
    fn graph(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        self.has_graph = true;
        field.merge("graph", &mut self.graph, depth)
    }
}

/// `OperatorSetIdProto`: a set of operators and its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpsetImport<'a> {
    /// The set's domain; `""` or `ai.onnx` for the standard operators.
    pub domain: &'a str,
    /// The set's version.
    pub version: i64,
    /// Where the message is.
    pub span: Span,
}

impl<'a> Message<'a> for OpsetImport<'a> {
    fn field(&mut self, field: &Field<'a>, _: Depth) -> Result<()> {
        match field.number {
            1 => self.domain = field.string("domain")?,
            2 => self.version = field.int64("version")?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        Ok(())
    }
}

/// `FunctionProto`, as much as it takes to name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Function<'a> {
    /// The operator that it defines.
    pub name: &'a str,
    /// The domain of that operator.
    pub domain: &'a str,
    /// Where the message is.
    pub span: Span,
}

impl<'a> Message<'a> for Function<'a> {
    fn field(&mut self, field: &Field<'a>, _: Depth) -> Result<()> {
        match field.number {
            1 => self.name = field.string("name")?,
            10 => self.domain = field.string("domain")?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        Ok(())
    }
}

/// `StringStringEntryProto`: a key and its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key.
    pub key: &'a str,
    /// The value.
    pub value: &'a str,
}

impl<'a> Message<'a> for Entry<'a> {
    fn field(&mut self, field: &Field<'a>, _: Depth) -> Result<()> {
        match field.number {
            1 => self.key = field.string("key")?,
            2 => self.value = field.string("value")?,
            _ => {}
        }
        Ok(())
    }
}
