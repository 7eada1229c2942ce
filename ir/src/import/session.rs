//! The walk over a model: inputs, initializers, nodes in order, outputs.

use super::builder::Builder;
use super::call::Call;
use super::datatype::Annotations;
use super::order::{self, Order};
use super::registry::{Entry, Registry};
use super::value::Value;
use super::{Options, broken_file, constants, limits, versions};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::network::{Network, Op};
use crate::number::IntType;
use crate::onnx::{Dim, ElemType, Graph, Model, Node, TensorType, Type, ValueInfo};
use crate::tensor::Constant;
use std::collections::{HashMap, HashSet};

/// Imports the graph of a model whose versions are known.
pub(super) fn run(model: &Model<'_>, options: &Options, file_bytes: usize) -> Result<Network, Diagnostics> {
    let order = order::sort(&model.graph);
    let mut session = Session::new(model, options, &order, file_bytes);
    session.diagnostics.extend(order.problems.iter().cloned());
    session.initializers();
    session.inputs();
    for index in &order.unreachable {
        session.fail(&model.graph.node[*index]);
    }
    for index in &order.sorted {
        session.node(&model.graph.node[*index]);
    }
    session.outputs();
    let (diagnostics, builder) = session.into_parts();
    Diagnostics(diagnostics).or_ok(())?;
    let network = builder.finish();
    Diagnostics(not_finite(&network)).or_ok(network)
}

/// Constants that arithmetic cannot use. Those that no output needs (an infinite bound of `Clip`) are gone by now.
fn not_finite(network: &Network) -> Vec<Diagnostic> {
    let mistake = |node: &crate::network::Node| {
        let Op::Constant(Constant::Float(values)) = &node.op else { return None };
        let value = values.iter().find(|value| !value.is_finite())?;
        let reason = format!("the constant holds {value}");
        let help = "constants must be finite: check the training, or the export";
        Some(
            Diagnostic::new(Code::BadValue, node.name.as_str(), reason, help)
                .operator(node.operator.as_str()),
        )
    };
    network.graph.node_weights().filter_map(mistake).collect()
}

struct Session<'m, 'a> {
    graph: &'m Graph<'a>,
    options: &'m Options,
    order: &'m Order<'a>,
    opset: i64,
    functions: HashSet<(&'a str, &'a str)>,
    node_names: HashSet<String>,
    registry: Registry,
    annotations: Annotations<'a>,
    builder: Builder,
    /// The input's name, where there is only one.
    only_input: Option<&'a str>,
    /// Every tensor so far; `None` where its producer was refused.
    values: HashMap<&'a str, Option<Value>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'m, 'a> Session<'m, 'a> {
    fn new(model: &'m Model<'a>, options: &'m Options, order: &'m Order<'a>, file_bytes: usize) -> Self {
        Session {
            graph: &model.graph,
            options,
            order,
            opset: versions::opset(model),
            functions: model.functions.iter().map(|function| (function.domain, function.name)).collect(),
            node_names: model.graph.node.iter().map(order::name_of).collect(),
            registry: Registry::new(),
            annotations: Annotations::of(&model.graph),
            builder: Builder::new(model.graph.name, file_bytes),
            only_input: None,
            values: HashMap::new(),
            diagnostics: Vec::new(),
        }
    }

    fn initializers(&mut self) {
        let mut external = limits::EXTERNAL_ELEMENTS;
        for tensor in &self.graph.initializer {
            let decoded = constants::stored(tensor, self.options.folder.as_deref(), &mut external);
            let value = self.keep(decoded).map(|(data, elem)| {
                let name = self.tensor_name(tensor.name);
                let value = self.builder.add_constant(name, "Initializer", data, elem);
                Value { tensor: tensor.name.to_owned(), ..value }
            });
            self.values.insert(tensor.name, value);
        }
        for sparse in &self.graph.sparse_initializer {
            self.diagnostics.push(Diagnostic::new(
                Code::UnsupportedAttribute,
                sparse.name,
                "sparse initializers are not supported",
                "store the tensor densely",
            ));
            self.values.insert(sparse.name, None);
        }
    }

    /// A name for the node that stands for a tensor: operators keep theirs, whatever tensors are called.
    fn tensor_name(&mut self, tensor: &str) -> String {
        if self.node_names.contains(tensor) {
            return self.builder.reserve(&format!("{tensor}.tensor"));
        }
        self.builder.reserve(tensor)
    }

    fn inputs(&mut self) {
        let mut names =
            self.graph.input.iter().map(|info| info.name).filter(|n| !self.values.contains_key(n));
        self.only_input = names.next().filter(|_| names.next().is_none());
        for (name, _) in &self.options.input_shapes {
            if !self.is_input(self.named(name)) {
                self.diagnostics.push(self.stranger(name));
            }
        }
        for info in self.graph.input.iter() {
            if !self.values.contains_key(info.name) {
                let value = self.input(info);
                let value = self.keep(value);
                self.values.insert(info.name, value);
            }
        }
    }

    /// The input that `--input-shape` means: without a name the only one.
    fn named<'n>(&self, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        if name.is_empty() { self.only_input.unwrap_or(name) } else { name }
    }

    fn is_input(&self, name: &str) -> bool {
        self.graph.input.iter().any(|info| info.name == name) && !self.values.contains_key(name)
    }

    fn stranger(&self, name: &str) -> Diagnostic {
        let known =
            self.graph.input.iter().map(|info| info.name).filter(|name| !self.values.contains_key(name));
        let known = known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let reason = format!("`--input-shape` names `{name}`, which is no input of the model");
        Diagnostic::new(Code::BadInput, name, reason, format!("the inputs are {known}"))
    }

    fn input(&mut self, info: &ValueInfo<'a>) -> Result<Value, Diagnostic> {
        let ty = tensor_type(info)?;
        let elem = ty.elem_type().map_err(|error| broken_file(&error, info.name))?;
        let datatype = promised(elem, info)?;
        let datatype = self.annotations.get(info.name).and_then(|annotated| annotated.int()).or(datatype);
        let shape = self.input_shape(info, ty)?;
        self.builder.charge(&shape).map_err(|_| {
            let reason = format!("the shape {shape:?} has no elements, or more than are supported");
            input_error(Code::BadShape, info, reason, "give another shape with `--input-shape`")
        })?;
        let name = self.tensor_name(info.name);
        let node = self.builder.add(name, "Input", Op::Input { datatype }, &[]);
        self.builder.mark_input(node);
        Ok(Value { node, from: 0, shape, elem, range: None, tensor: info.name.to_owned() })
    }

    /// The shape on the command line, or the file's with a batch of 1.
    fn input_shape(&self, info: &ValueInfo<'a>, ty: &TensorType<'a>) -> Result<Vec<usize>, Diagnostic> {
        let mut shapes = self.options.input_shapes.iter();
        let given = shapes.find(|(name, _)| self.named(name) == info.name).map(|(_, shape)| shape);
        let needed = |reason: String| {
            let help = format!("give it: `--input-shape {}=1,…`", info.name);
            input_error(Code::BadShape, info, reason, &help)
        };
        match (given, &ty.shape) {
            (Some(given), Some(dims)) if given.len() != dims.len() => {
                let reason =
                    format!("the model gives it {} axes, `--input-shape` {}", dims.len(), given.len());
                Err(input_error(Code::BadInput, info, reason, "give as many numbers as the input has axes"))
            }
            (Some(given), _) => Ok(given.clone()),
            (None, None) => Err(needed("the input's shape is not in the model".to_owned())),
            (None, Some(dims)) => {
                let dims = dims.iter().enumerate();
                dims.map(|(axis, dim)| known_dim(axis, *dim).map_err(needed)).collect()
            }
        }
    }

    fn node(&mut self, node: &'m Node<'a>) {
        let outputs = self.outputs_of(node);
        let values = self.keep(outputs).flatten();
        let Some(values) = values else { return self.fail(node) };
        for (output, value) in node.output.iter().zip(values) {
            self.values.insert(output, Some(Value { tensor: (*output).to_owned(), ..value }));
        }
    }

    /// The node's outputs; `None` where it depends on a node that was refused.
    fn outputs_of(&mut self, node: &'m Node<'a>) -> Result<Option<Vec<Value>>, Diagnostic> {
        let name = order::name_of(node);
        let entry = self.entry(node, &name)?;
        let Some(operands) = self.operands(node, &name)? else { return Ok(None) };
        let (opset, builder, annotations) = (self.opset, &mut self.builder, &self.annotations);
        let mut call = Call { node, name: &name, opset, operands, builder, annotations };
        check_form(&call, &entry)?;
        let values = (entry.import)(&mut call)?;
        let wanted = |output: &&&str| !output.is_empty() && self.order.used.contains(**output);
        match node.output.iter().skip(values.len()).find(wanted) {
            Some(output) => Err(call.unsupported(
                format!("the optional output `{output}` is used"),
                "only the operator's main output is supported",
            )),
            None => Ok(Some(values)),
        }
    }

    fn entry(&self, node: &Node<'a>, name: &str) -> Result<Entry, Diagnostic> {
        let error = |reason: String, help: &str| {
            let span = (node.span.start, node.span.end);
            Diagnostic::new(Code::UnknownOperator, name, reason, help).operator(node.op_type).at(span)
        };
        if self.functions.contains(&(node.domain, node.op_type)) {
            let reason = "the operator is a function that the model defines itself".to_owned();
            return Err(error(reason, "inline functions first: `onnx.inliner.inline_local_functions`"));
        }
        let known = self.registry.get(node.domain, node.op_type).cloned();
        let of = if node.domain.is_empty() { String::new() } else { format!(" of domain `{}`", node.domain) };
        known.ok_or_else(|| {
            let reason = format!("the operator {}{of} is not known", node.op_type);
            error(reason, Registry::way_out(node.domain, node.op_type))
        })
    }

    fn operands(&self, node: &Node<'a>, name: &str) -> Result<Option<Vec<Option<Value>>>, Diagnostic> {
        let mut operands = Vec::with_capacity(node.input.len());
        let mut refused = false;
        for input in &node.input {
            match self.values.get(input) {
                _ if input.is_empty() => operands.push(None),
                Some(value) => {
                    refused |= value.is_none();
                    operands.push(value.clone());
                }
                None => return Err(dangling(name, input).operator(node.op_type)),
            }
        }
        Ok((!refused).then_some(operands))
    }

    /// Marks a node's outputs as unknown: what depends on them stays silent.
    fn fail(&mut self, node: &Node<'a>) {
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            self.values.insert(output, None);
        }
    }

    fn outputs(&mut self) {
        if self.graph.output.is_empty() {
            let help = "declare the graph's outputs at export";
            self.diagnostics.push(Diagnostic::new(
                Code::BrokenGraph,
                "model",
                "the graph has no outputs",
                help,
            ));
        }
        for output in &self.graph.output {
            match self.values.get(output.name).cloned() {
                Some(Some(value)) => {
                    let name = self.tensor_name(output.name);
                    let node = self.builder.add(name, "Output", Op::Output, &[&value]);
                    self.builder.mark_output(node);
                }
                Some(None) => {}
                None => self.diagnostics.push(dangling(output.name, output.name)),
            }
        }
    }

    /// What is needed behind the walk; all else is freed.
    fn into_parts(self) -> (Vec<Diagnostic>, Builder) {
        (self.diagnostics, self.builder)
    }

    /// The result, if there is one; else the diagnostic is noted.
    fn keep<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|diagnostic| self.diagnostics.push(diagnostic)).ok()
    }
}

fn dangling(node: &str, tensor: &str) -> Diagnostic {
    let reason = format!("nothing in the graph gives the tensor `{tensor}`");
    Diagnostic::new(
        Code::BrokenGraph,
        node,
        reason,
        "the graph is incomplete: `onnx.checker` would refuse it too",
    )
}

fn input_error(code: Code, info: &ValueInfo<'_>, reason: String, help: &str) -> Diagnostic {
    Diagnostic::new(code, info.name, reason, help).operator("Input").at((info.span.start, info.span.end))
}

fn tensor_type<'i, 'a>(info: &'i ValueInfo<'a>) -> Result<&'i TensorType<'a>, Diagnostic> {
    let refuse =
        |reason: String| Err(input_error(Code::UnsupportedAttribute, info, reason, "use a dense tensor"));
    match &info.ty {
        Type::Tensor(ty) => Ok(ty),
        Type::Other(kind) => refuse(format!("the input is a {kind}")),
        Type::Unknown => refuse("the input has no type".to_owned()),
    }
}

/// The integer type that an input's element type promises; `None` for floats and for integers that are too wide
/// to promise anything useful.
fn promised(elem: ElemType, info: &ValueInfo<'_>) -> Result<Option<IntType>, Diagnostic> {
    use ElemType::*;
    match (elem, elem.int_range()) {
        (Float | Double | Float16 | Bfloat16, _) => Ok(None),
        (_, Some((min, max))) => Ok((elem.bits() <= 16).then(|| IntType::smallest(min, max))),
        _ => {
            let reason = format!("elements of type {elem} are not supported");
            Err(input_error(Code::UnsupportedAttribute, info, reason, "use floats or integers"))
        }
    }
}

/// A dimension of an input as the file gives it; an open batch is 1.
fn known_dim(axis: usize, dim: Dim<'_>) -> Result<usize, String> {
    match dim {
        Dim::Value(value) if value > 0 => usize::try_from(value).map_err(|error| error.to_string()),
        Dim::Unknown | Dim::Param(_) | Dim::Value(0 | -1) if axis == 0 => Ok(1),
        Dim::Value(value) => Err(format!("axis {axis} has length {value}")),
        Dim::Param(symbol) => Err(format!("axis {axis} has the open length `{symbol}`")),
        Dim::Unknown => Err(format!("axis {axis} has no length")),
    }
}

/// Refuses operands and attributes that the importer does not expect.
fn check_form(call: &Call<'_, '_>, entry: &Entry) -> Result<(), Diagnostic> {
    let (least, most) = entry.operands.clone().into_inner();
    let count = call.operands.len();
    if !entry.operands.contains(&count) {
        let expected = match most {
            _ if most == least => least.to_string(),
            usize::MAX => format!("{least} or more"),
            _ => format!("{least} to {most}"),
        };
        let reason = format!("the node has {count} operands, not {expected}");
        return Err(call.error(Code::BrokenGraph, reason, "check the model with `onnx.checker`"));
    }
    let known = |name: &str| entry.attributes.contains(&name);
    match call.node.attribute.iter().find(|attribute| !known(attribute.name)) {
        Some(attribute) => Err(call
            .unsupported(
                format!("the attribute `{}` is not known", attribute.name),
                "remove it, or export another opset",
            )
            .at((attribute.span.start, attribute.span.end))),
        None => Ok(()),
    }
}
