//! `GraphProto`: nodes in topological order, stored tensors, and the values at the borders.

use super::message::{Depth, Message, Result};
use super::model::Entry;
use super::node::Node;
use super::tensor::Tensor;
use super::value_info::ValueInfo;
use super::wire::{Field, Span};

/// A graph: the model's, or a subgraph in an attribute. Edges are names of values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph<'a> {
    /// The graph's name.
    pub name: &'a str,
    /// The operators, each after those that it depends on.
    pub node: Vec<Node<'a>>,
    /// Constants, by their `name`. Old files list them as inputs too.
    pub initializer: Vec<Tensor<'a>>,
    /// Constants in sparse form: noted, so that they can be refused by name.
    pub sparse_initializer: Vec<SparseTensor<'a>>,
    /// What goes in.
    pub input: Vec<ValueInfo<'a>>,
    /// What comes out.
    pub output: Vec<ValueInfo<'a>>,
    /// Types of values in between.
    pub value_info: Vec<ValueInfo<'a>>,
    /// Remarks on the quantization of values, as QONNX and FINN write them.
    pub quantization_annotation: Vec<Annotation<'a>>,
    /// Where the message is.
    pub span: Span,
}

impl<'a> Message<'a> for Graph<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => field.push("node", &mut self.node, depth)?,
            2 => self.name = field.string("name")?,
            5 => field.push("initializer", &mut self.initializer, depth)?,
            11 => field.push("input", &mut self.input, depth)?,
            12 => field.push("output", &mut self.output, depth)?,
            13 => field.push("value_info", &mut self.value_info, depth)?,
            14 => field.push("quantization_annotation", &mut self.quantization_annotation, depth)?,
            15 => field.push("sparse_initializer", &mut self.sparse_initializer, depth)?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        Ok(())
    }
}

/// `TensorAnnotation`: what is known of the quantization of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotation<'a> {
    /// The value.
    pub tensor_name: &'a str,
    /// The remarks, such as `finn_datatype` → `INT4`.
    pub quant_parameter_tensor_names: Vec<Entry<'a>>,
    /// Where the message is.
    pub span: Span,
}

impl<'a> Annotation<'a> {
    /// The remark under a key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.quant_parameter_tensor_names.iter().find(|entry| entry.key == key).map(|entry| entry.value)
    }
}

impl<'a> Message<'a> for Annotation<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        match field.number {
            1 => self.tensor_name = field.string("tensor_name")?,
            2 => field.push("quant_parameter_tensor_names", &mut self.quant_parameter_tensor_names, depth)?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        Ok(())
    }
}

/// `SparseTensorProto`, as much as it takes to name it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseTensor<'a> {
    /// The name of the value, which is that of the tensor of non-zero elements.
    pub name: &'a str,
    /// Where the message is.
    pub span: Span,
}

impl<'a> Message<'a> for SparseTensor<'a> {
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()> {
        if field.number == 1 {
            self.name = field.message::<Tensor<'_>>("values", depth)?.name;
        }
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        self.span = span;
        Ok(())
    }
}
