//! One node of the model as its importer sees it: operands, attributes, and a way to add to the network.

use super::builder::{Builder, Excess};
use super::datatype::Annotations;
use super::value::Value;
use super::{fold, limits};
use crate::diagnostic::{Code, Diagnostic};
use crate::network::Op;
use crate::onnx::{ElemType, Node};
use crate::tensor::Constant;

/// What an importer gives: the node's outputs in order.
pub(super) type Outputs = Result<Vec<Value>, Diagnostic>;

/// A node with its operands.
pub(super) struct Call<'c, 'a> {
    /// The node in the file.
    pub(super) node: &'c Node<'a>,
    /// Its name, made up where the file has none.
    pub(super) name: &'c str,
    /// Version of the standard operators.
    pub(super) opset: i64,
    /// Operands by position, `None` where absent.
    pub(super) operands: Vec<Option<Value>>,
    /// The network under construction.
    pub(super) builder: &'c mut Builder,
    /// Datatypes that the model promises.
    pub(super) annotations: &'c Annotations<'a>,
}

impl Call<'_, '_> {
    /// A diagnostic about this node.
    pub(super) fn error(&self, code: Code, reason: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        let span = (self.node.span.start, self.node.span.end);
        Diagnostic::new(code, self.name, reason, help).operator(self.node.op_type).at(span)
    }

    /// A value of an attribute or operand that is not modelled.
    pub(super) fn unsupported(&self, reason: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        self.error(Code::UnsupportedAttribute, reason, help)
    }

    /// A number that cannot be.
    pub(super) fn bad_value(&self, reason: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        self.error(Code::BadValue, reason, help)
    }

    /// Shapes that do not fit.
    pub(super) fn bad_shape(&self, reason: impl Into<String>) -> Diagnostic {
        self.error(
            Code::BadShape,
            reason,
            "check the model with `onnx.checker` and the shapes given at export",
        )
    }

    /// An operand that must be there.
    pub(super) fn operand(&self, index: usize) -> Result<Value, Diagnostic> {
        let missing = || {
            let reason = format!("operand {index} is missing");
            self.error(
                Code::BrokenGraph,
                reason,
                "the node is incomplete: `onnx.checker` would refuse it too",
            )
        };
        self.optional(index).ok_or_else(missing)
    }

    /// An operand that may be absent.
    pub(super) fn optional(&self, index: usize) -> Option<Value> {
        self.operands.get(index).cloned().flatten()
    }

    /// All operands, none of which may be absent.
    pub(super) fn all_operands(&self) -> Result<Vec<Value>, Diagnostic> {
        (0..self.operands.len()).map(|index| self.operand(index)).collect()
    }

    /// The data of a value, if it is constant.
    pub(super) fn data(&self, value: &Value) -> Option<&Constant> {
        self.builder.constant(value)
    }

    /// Adds the operator that the node stands for; it bears the node's name. Constants are folded.
    pub(super) fn emit(
        &mut self,
        op: Op,
        operands: &[&Value],
        shape: Vec<usize>,
    ) -> Result<Value, Diagnostic> {
        self.emit_all(op, operands, vec![shape]).map(|mut outputs| outputs.remove(0))
    }

    /// As [`emit`](Self::emit), for several outputs.
    pub(super) fn emit_all(
        &mut self,
        op: Op,
        operands: &[&Value],
        shapes: Vec<Vec<usize>>,
    ) -> Result<Vec<Value>, Diagnostic> {
        self.emit_named(self.name.to_owned(), op, operands, shapes)
    }

    /// Adds a helper of the node's operator, named after the node and its part.
    pub(super) fn emit_part(
        &mut self,
        part: &str,
        op: Op,
        operands: &[&Value],
        shape: Vec<usize>,
    ) -> Result<Value, Diagnostic> {
        self.emit_parts(part, op, operands, vec![shape]).map(|mut outputs| outputs.remove(0))
    }

    /// As [`emit_part`](Self::emit_part), for several outputs.
    pub(super) fn emit_parts(
        &mut self,
        part: &str,
        op: Op,
        operands: &[&Value],
        shapes: Vec<Vec<usize>>,
    ) -> Result<Vec<Value>, Diagnostic> {
        self.emit_named(format!("{}.{part}", self.name), op, operands, shapes)
    }

    /// Runs an importer under the name of a part of the node.
    pub(super) fn part(
        &mut self,
        part: &str,
        import: impl FnOnce(&mut Call<'_, '_>) -> Result<Value, Diagnostic>,
    ) -> Result<Value, Diagnostic> {
        let name = format!("{}.{part}", self.name);
        import(&mut Call {
            node: self.node,
            name: &name,
            opset: self.opset,
            operands: Vec::new(),
            builder: self.builder,
            annotations: self.annotations,
        })
    }

    fn emit_named(
        &mut self,
        name: String,
        op: Op,
        operands: &[&Value],
        shapes: Vec<Vec<usize>>,
    ) -> Result<Vec<Value>, Diagnostic> {
        match self.folded(&op, operands, &shapes)? {
            Some(folded) => {
                Ok(folded.into_iter().map(|data| self.store(&name, data, operands[0].elem)).collect())
            }
            None => self.add(&name, op, operands, shapes),
        }
    }

    /// A constant that was computed from others.
    pub(super) fn computed(&mut self, data: Constant, elem: ElemType) -> Result<Value, Diagnostic> {
        self.check_folding(data.shape())?;
        Ok(self.store(self.name, data, elem))
    }

    /// As [`computed`](Self::computed), named after the node and its part.
    pub(super) fn computed_part(
        &mut self,
        part: &str,
        data: Constant,
        elem: ElemType,
    ) -> Result<Value, Diagnostic> {
        self.check_folding(data.shape())?;
        Ok(self.store(&format!("{}.{part}", self.name), data, elem))
    }

    /// Refuses a shape that is beyond the limits before anything is allocated for it.
    pub(super) fn check_folding(&mut self, shape: &[usize]) -> Result<(), Diagnostic> {
        self.builder.charge_folding(shape).map_err(|excess| self.excess(&excess))
    }

    fn store(&mut self, name: &str, data: Constant, elem: ElemType) -> Value {
        let name = self.builder.reserve(name);
        self.builder.add_constant(name, self.node.op_type, data, elem)
    }

    /// The outputs, where all operands are constant and the operator can be computed.
    fn folded(
        &mut self,
        op: &Op,
        operands: &[&Value],
        shapes: &[Vec<usize>],
    ) -> Result<Option<Vec<Constant>>, Diagnostic> {
        let constant = |value: &&Value| self.builder.constant(value).is_some();
        if operands.is_empty() || !fold::can(op) || !operands.iter().all(constant) {
            return Ok(None);
        }
        for shape in shapes {
            self.check_folding(shape)?;
        }
        let data: Vec<&Constant> = operands.iter().filter_map(|value| self.builder.constant(value)).collect();
        fold::fold(op, &data).map(Some).map_err(|reason| {
            self.bad_value(
                format!("the constant cannot be computed: {reason}"),
                "replace the node by its value",
            )
        })
    }

    fn add(
        &mut self,
        name: &str,
        op: Op,
        operands: &[&Value],
        shapes: Vec<Vec<usize>>,
    ) -> Result<Vec<Value>, Diagnostic> {
        for shape in &shapes {
            self.builder.charge(shape).map_err(|excess| self.excess(&excess))?;
        }
        let name = self.builder.reserve(name);
        let node = self.builder.add(name.clone(), self.node.op_type, op, operands);
        let output = |(from, shape)| Value {
            node,
            from,
            shape,
            elem: ElemType::Float,
            range: None,
            tensor: name.clone(),
        };
        Ok(shapes.into_iter().enumerate().map(output).collect())
    }

    fn excess(&self, excess: &Excess) -> Diagnostic {
        let reason = match excess {
            Excess::Tensor(shape) if shape.contains(&0) => {
                format!("the output has shape {shape:?}: no elements")
            }
            Excess::Tensor(shape) if shape.len() > limits::RANK => {
                format!("the output has {} axes", shape.len())
            }
            Excess::Tensor(shape) => format!("the output's shape {shape:?} exceeds 2^28 elements"),
            Excess::Network => "all tensors together exceed 2^34 elements".to_owned(),
            Excess::Folding => {
                "constants computed from constants exceed 2^20 + 32 · file size elements".to_owned()
            }
        };
        self.error(Code::BadShape, reason, "check the shapes of the model and `--input-shape`")
    }
}
