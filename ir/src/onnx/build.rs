//! Models written field by field: small builders over a protocol-buffer writer, for exporters and for tests.
//!
//! The writer knows nothing of the reader (field numbers are spelled out on both sides), so that a test of the one
//! by the other means something. Builders take what they are given: a broken model is built like a sound one, and
//! [`Message::raw`] adds any bytes at all.

use super::elem::ElemType;
use super::value_info::Dim;

/// Appends a varint.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A message under construction: its fields so far.
#[derive(Clone, Debug, Default)]
pub struct Message(Vec<u8>);

impl Message {
    /// Adds an integer.
    #[must_use]
    pub fn int(mut self, number: u32, value: i64) -> Self {
        self.tag(number, 0);
        put_varint(&mut self.0, value.cast_unsigned());
        self
    }

    /// Adds a float.
    #[must_use]
    pub fn float(mut self, number: u32, value: f32) -> Self {
        self.tag(number, 5);
        self.raw(&value.to_le_bytes())
    }

    /// Adds a double.
    #[must_use]
    pub fn double(mut self, number: u32, value: f64) -> Self {
        self.tag(number, 1);
        self.raw(&value.to_le_bytes())
    }

    /// Adds a string, bytes, a message or a packed list.
    #[must_use]
    pub fn bytes(mut self, number: u32, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.tag(number, 2);
        put_varint(&mut self.0, value.len() as u64);
        self.raw(value)
    }

    /// Adds a packed list of integers.
    #[must_use]
    pub fn packed_ints(self, number: u32, values: &[i64]) -> Self {
        let mut packed = Vec::new();
        values.iter().for_each(|value| put_varint(&mut packed, value.cast_unsigned()));
        self.bytes(number, packed)
    }

    /// Adds bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn tag(&mut self, number: u32, wire_type: u64) {
        put_varint(&mut self.0, u64::from(number) << 3 | wire_type);
    }
}

impl AsRef<[u8]> for Message {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A list of strings, each in a field of its own.
fn strings<'s>(message: Message, number: u32, values: impl IntoIterator<Item = &'s str>) -> Message {
    values.into_iter().fold(message, |message, value| message.bytes(number, value))
}

/// A list of `StringStringEntryProto`.
fn entries(message: Message, number: u32, pairs: &[(&str, &str)]) -> Message {
    let entry = |(key, value): &(&str, &str)| Message::default().bytes(1, key).bytes(2, value);
    pairs.iter().fold(message, |message, pair| message.bytes(number, entry(pair)))
}

/// A model around a graph.
pub fn model(graph: GraphBuilder) -> ModelBuilder {
    ModelBuilder { message: Message::default().bytes(7, graph.0), ir_version: 8, opsets: 0 }
}

/// `ModelProto`: IR version 8 and operator set 13 unless told otherwise.
#[derive(Clone, Debug)]
pub struct ModelBuilder {
    message: Message,
    ir_version: i64,
    opsets: usize,
}

impl ModelBuilder {
    /// The version of the file format.
    #[must_use]
    pub fn ir_version(mut self, version: i64) -> Self {
        self.ir_version = version;
        self
    }

    /// Imports an operator set; the first call replaces the default.
    #[must_use]
    pub fn opset(mut self, domain: &str, version: i64) -> Self {
        self.opsets += 1;
        self.field(8, Message::default().bytes(1, domain).int(2, version))
    }

    /// The tool that wrote the model, and its version.
    #[must_use]
    pub fn producer(mut self, name: &str, version: &str) -> Self {
        self.message = self.message.bytes(2, name).bytes(3, version);
        self
    }

    /// A note of the producer.
    #[must_use]
    pub fn metadata(mut self, key: &str, value: &str) -> Self {
        self.message = entries(self.message, 14, &[(key, value)]);
        self
    }

    /// An operator that the model defines itself.
    #[must_use]
    pub fn function(self, domain: &str, name: &str) -> Self {
        self.field(25, Message::default().bytes(1, name).bytes(10, domain))
    }

    /// Any other field that holds a message.
    #[must_use]
    pub fn field(mut self, number: u32, message: Message) -> Self {
        self.message = self.message.bytes(number, message);
        self
    }

    /// The model as a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut model = self.clone();
        if model.opsets == 0 {
            model = model.opset("", 13);
        }
        Message::default().int(1, model.ir_version).raw(model.message.as_ref()).0
    }
}

/// An empty graph.
pub fn graph() -> GraphBuilder {
    GraphBuilder::default()
}

/// `GraphProto`.
#[derive(Clone, Debug, Default)]
pub struct GraphBuilder(Message);

impl GraphBuilder {
    /// The graph's name.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        GraphBuilder(self.0.bytes(2, name))
    }

    /// An operator.
    #[must_use]
    pub fn node(self, node: NodeBuilder) -> Self {
        self.field(1, node.0)
    }

    /// A constant.
    #[must_use]
    pub fn initializer(self, tensor: TensorBuilder) -> Self {
        self.field(5, tensor.0)
    }

    /// What goes in.
    #[must_use]
    pub fn input(self, info: Message) -> Self {
        self.field(11, info)
    }

    /// What comes out.
    #[must_use]
    pub fn output(self, info: Message) -> Self {
        self.field(12, info)
    }

    /// The type of a value in between.
    #[must_use]
    pub fn value_info(self, info: Message) -> Self {
        self.field(13, info)
    }

    /// Remarks on the quantization of a value, such as `[("finn_datatype", "INT4")]`.
    #[must_use]
    pub fn annotation(self, tensor_name: &str, pairs: &[(&str, &str)]) -> Self {
        self.field(14, entries(Message::default().bytes(1, tensor_name), 2, pairs))
    }

    /// Any other field that holds a message.
    #[must_use]
    pub fn field(self, number: u32, message: Message) -> Self {
        GraphBuilder(self.0.bytes(number, message))
    }
}

/// An operator applied to values.
pub fn node<'s>(
    op_type: &str,
    inputs: impl IntoIterator<Item = &'s str>,
    outputs: impl IntoIterator<Item = &'s str>,
) -> NodeBuilder {
    let message = strings(Message::default(), 1, inputs);
    NodeBuilder(strings(message, 2, outputs).bytes(4, op_type))
}

/// `NodeProto`.
#[derive(Clone, Debug, Default)]
pub struct NodeBuilder(Message);

impl NodeBuilder {
    /// The node's name.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        NodeBuilder(self.0.bytes(3, name))
    }

    /// The operator's domain.
    #[must_use]
    pub fn domain(self, domain: &str) -> Self {
        NodeBuilder(self.0.bytes(7, domain))
    }

    /// An integer attribute.
    #[must_use]
    pub fn attr_int(self, name: &str, value: i64) -> Self {
        self.attr(attribute(name, 2).int(3, value))
    }

    /// A real attribute.
    #[must_use]
    pub fn attr_float(self, name: &str, value: f32) -> Self {
        self.attr(attribute(name, 1).float(2, value))
    }

    /// A text attribute.
    #[must_use]
    pub fn attr_string(self, name: &str, value: &str) -> Self {
        self.attr(attribute(name, 3).bytes(4, value))
    }

    /// A list of integers, each in a field of its own.
    #[must_use]
    pub fn attr_ints(self, name: &str, values: &[i64]) -> Self {
        let message = attribute(name, 7);
        self.attr(values.iter().fold(message, |message, value| message.int(8, *value)))
    }

    /// A list of reals, each in a field of its own.
    #[must_use]
    pub fn attr_floats(self, name: &str, values: &[f32]) -> Self {
        let message = attribute(name, 6);
        self.attr(values.iter().fold(message, |message, value| message.float(7, *value)))
    }

    /// A list of texts.
    #[must_use]
    pub fn attr_strings(self, name: &str, values: &[&str]) -> Self {
        self.attr(strings(attribute(name, 8), 9, values.iter().copied()))
    }

    /// A tensor.
    #[must_use]
    pub fn attr_tensor(self, name: &str, tensor: TensorBuilder) -> Self {
        self.attr(attribute(name, 4).bytes(5, tensor.0))
    }

    /// A subgraph.
    #[must_use]
    pub fn attr_graph(self, name: &str, graph: GraphBuilder) -> Self {
        self.attr(attribute(name, 5).bytes(6, graph.0))
    }

    /// Any `AttributeProto`.
    #[must_use]
    pub fn attr(self, attribute: Message) -> Self {
        NodeBuilder(self.0.bytes(5, attribute))
    }
}

/// An `AttributeProto` of a name and a type (as numbered in `onnx.proto`), without a value.
pub fn attribute(name: &str, kind: i64) -> Message {
    Message::default().bytes(1, name).int(20, kind)
}

/// A tensor of floats, stored as raw bytes.
pub fn tensor_f32(name: &str, dims: &[i64], values: &[f32]) -> TensorBuilder {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tensor_raw(name, ElemType::Float, dims, &bytes)
}

/// A tensor of 64-bit integers, stored as raw bytes.
pub fn tensor_i64(name: &str, dims: &[i64], values: &[i64]) -> TensorBuilder {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tensor_raw(name, ElemType::Int64, dims, &bytes)
}

/// A tensor of 32-bit integers, stored as raw bytes.
pub fn tensor_i32(name: &str, dims: &[i64], values: &[i32]) -> TensorBuilder {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tensor_raw(name, ElemType::Int32, dims, &bytes)
}

/// A tensor of signed bytes, stored as raw bytes.
pub fn tensor_i8(name: &str, dims: &[i64], values: &[i8]) -> TensorBuilder {
    let bytes: Vec<u8> = values.iter().map(|value| value.cast_unsigned()).collect();
    tensor_raw(name, ElemType::Int8, dims, &bytes)
}

/// A tensor of unsigned bytes, stored as raw bytes.
pub fn tensor_u8(name: &str, dims: &[i64], values: &[u8]) -> TensorBuilder {
    tensor_raw(name, ElemType::Uint8, dims, values)
}

/// A tensor of any type, stored as the given bytes.
pub fn tensor_raw(name: &str, elem: ElemType, dims: &[i64], bytes: &[u8]) -> TensorBuilder {
    let TensorBuilder(message) = tensor(name, elem, dims);
    TensorBuilder(message.bytes(9, bytes))
}

/// A tensor whose bytes are in a file beside the model.
pub fn tensor_external(
    name: &str,
    elem: ElemType,
    dims: &[i64],
    location: &str,
    offset: u64,
    length: u64,
) -> TensorBuilder {
    let TensorBuilder(message) = tensor(name, elem, dims);
    let (offset, length) = (offset.to_string(), length.to_string());
    let pairs = [("location", location), ("offset", offset.as_str()), ("length", length.as_str())];
    TensorBuilder(entries(message, 13, &pairs).int(14, 1))
}

/// A tensor without data.
pub fn tensor(name: &str, elem: ElemType, dims: &[i64]) -> TensorBuilder {
    let message = dims.iter().fold(Message::default(), |message, dim| message.int(1, *dim));
    TensorBuilder(message.int(2, i64::from(elem.code())).bytes(8, name))
}

/// `TensorProto`.
#[derive(Clone, Debug, Default)]
pub struct TensorBuilder(Message);

impl TensorBuilder {
    /// Elements of float, in the list for them.
    #[must_use]
    pub fn float_data(self, values: &[f32]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        TensorBuilder(self.0.bytes(4, bytes))
    }

    /// Elements of double, in the list for them.
    #[must_use]
    pub fn double_data(self, values: &[f64]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        TensorBuilder(self.0.bytes(10, bytes))
    }

    /// Elements of small types, in the list for them.
    #[must_use]
    pub fn int32_data(self, values: &[i64]) -> Self {
        TensorBuilder(self.0.packed_ints(5, values))
    }

    /// Elements of int64, in the list for them.
    #[must_use]
    pub fn int64_data(self, values: &[i64]) -> Self {
        TensorBuilder(self.0.packed_ints(7, values))
    }

    /// Elements of uint32 and uint64 (as their bits), in the list for them.
    #[must_use]
    pub fn uint64_data(self, values: &[i64]) -> Self {
        TensorBuilder(self.0.packed_ints(11, values))
    }

    /// Changes the message underneath.
    #[must_use]
    pub fn with(self, change: impl FnOnce(Message) -> Message) -> Self {
        TensorBuilder(change(self.0))
    }
}

/// A value with its type; dimensions are numbers, symbols or [`Dim::Unknown`].
pub fn value_info<'s, D: Into<Dim<'s>>>(
    name: &str,
    elem: ElemType,
    dims: impl IntoIterator<Item = D>,
) -> Message {
    let dim = |dim: D| match dim.into() {
        Dim::Unknown => Message::default(),
        Dim::Value(value) => Message::default().int(1, value),
        Dim::Param(symbol) => Message::default().bytes(2, symbol),
    };
    let shape = dims.into_iter().map(dim).fold(Message::default(), |shape, dim| shape.bytes(1, dim));
    let tensor = Message::default().int(1, i64::from(elem.code())).bytes(2, shape);
    Message::default().bytes(1, name).bytes(2, Message::default().bytes(1, tensor))
}
