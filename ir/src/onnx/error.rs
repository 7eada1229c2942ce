//! What can be wrong with an ONNX file: one variant per mistake, each with a code and a way out.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use super::attribute::AttributeKind;
use super::elem::ElemType;
use super::wire::Span;

/// A mistake and its place: the bytes concerned and the fields that lead to them.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{}{mistake} (bytes {span})", .path.prefix())]
pub struct OnnxError {
    /// What is wrong.
    pub mistake: Mistake,
    /// The bytes of the file that are wrong or that hold what is wrong.
    pub span: Span,
    /// The fields from the outermost message to the mistake, as `graph.node[3].attribute[0]`.
    pub path: FieldPath,
}

impl OnnxError {
    /// A mistake at a place of which the fields are not known yet: see [`inside`](Self::inside).
    pub fn new(mistake: Mistake, span: Span) -> Self {
        OnnxError { mistake, span, path: FieldPath::default() }
    }

    /// The same error seen from the message around it, of which the mistake is in `field`.
    #[must_use]
    pub fn inside(self, field: &'static str) -> Self {
        self.step(field, Key::None)
    }

    /// As [`inside`](Self::inside), for the element `index` of a repeated field.
    #[must_use]
    pub fn inside_item(self, field: &'static str, index: usize) -> Self {
        self.step(field, Key::Index(index))
    }

    /// As [`inside`](Self::inside), for an element that is known by name.
    #[must_use]
    pub fn inside_named(self, field: &'static str, name: &str) -> Self {
        self.step(field, Key::Name(name.into()))
    }

    fn step(mut self, field: &'static str, key: Key) -> Self {
        self.path.0.push((field, key));
        self
    }
}

impl Diagnostic for OnnxError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mistake.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mistake.help()
    }
}

/// A path of fields. Built from the inside out while an error travels up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPath(Vec<(&'static str, Key)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    None,
    Index(usize),
    Name(Box<str>),
}

impl FieldPath {
    /// The path and a colon, or nothing for the outermost message itself.
    fn prefix(&self) -> String {
        if self.0.is_empty() { String::new() } else { format!("{self}: ") }
    }
}

/// Paths longer than this are shown without their middle.
const SHOWN_STEPS: usize = 8;

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.0.len().saturating_sub(SHOWN_STEPS);
        let (head, tail) = (SHOWN_STEPS / 2, SHOWN_STEPS / 2 + hidden);
        for (depth, (field, key)) in self.0.iter().rev().enumerate() {
            let dot = if depth == 0 { "" } else { "." };
            match depth {
                _ if hidden == 0 || depth < head || depth >= tail => write!(f, "{dot}{field}{key}"),
                _ if depth == head => write!(f, ".({hidden} more)"),
                _ => Ok(()),
            }?;
        }
        Ok(())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::None => Ok(()),
            Key::Index(index) => write!(f, "[{index}]"),
            Key::Name(name) => write!(f, "[{name:?}]"),
        }
    }
}

/// Everything that this module refuses. The code of each is stable.
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
#[non_exhaustive]
pub enum Mistake {
    /// The file has no bytes.
    #[error("the file is empty")]
    #[diagnostic(code(onnx::empty), help("export or download the model again"))]
    Empty,

    /// The file begins like some other format.
    #[error("this is not an ONNX model: it looks like {looks_like}")]
    #[diagnostic(code(onnx::not_onnx), help("give the .onnx file itself"))]
    NotOnnx {
        /// The other format.
        looks_like: &'static str,
    },

    /// The bytes end within a tag, a number or a length.
    #[error("the data ends in the middle of a field")]
    #[diagnostic(code(onnx::truncated), help("the file is cut or damaged: export or download it again"))]
    Truncated,

    /// A varint does not fit 64 bits.
    #[error("a varint is longer than 64 bits")]
    #[diagnostic(code(onnx::varint_too_long), help("the file is damaged, or not an ONNX model"))]
    VarintTooLong,

    /// A length points past the end of the message that holds it.
    #[error("a length of {claimed} bytes passes the end of its message, where {left} are left")]
    #[diagnostic(
        code(onnx::length_past_end),
        help("the file is cut or damaged: export or download it again")
    )]
    LengthPastEnd {
        /// The length in the file.
        claimed: u64,
        /// The bytes that are there.
        left: usize,
    },

    /// Wire type 3 or 4.
    #[error("field {number} is a group, which ONNX does not use")]
    #[diagnostic(code(onnx::group), help("the file is damaged, or not an ONNX model"))]
    Group {
        /// The field's number.
        number: u32,
    },

    /// Wire type 6 or 7.
    #[error("wire type {code} does not exist")]
    #[diagnostic(code(onnx::unknown_wire_type), help("the file is damaged, or not an ONNX model"))]
    UnknownWireType {
        /// The wire type in the file.
        code: u8,
    },

    /// A field number that protocol buffers do not allow.
    #[error("{number} is no field number")]
    #[diagnostic(code(onnx::field_number), help("the file is damaged, or not an ONNX model"))]
    FieldNumber {
        /// The number in the file.
        number: u64,
    },

    /// Messages within messages beyond [`MAX_DEPTH`](super::MAX_DEPTH).
    #[error("messages are nested more than {limit} deep")]
    #[diagnostic(code(onnx::too_deep), help("subgraphs within subgraphs cannot become hardware"))]
    TooDeep {
        /// The limit.
        limit: usize,
    },

    /// A known field has the wire type of another kind of value.
    #[error("the field has wire type {found}, not {expected}")]
    #[diagnostic(code(onnx::wrong_wire_type), help("the file is damaged, or not an ONNX model"))]
    WrongWireType {
        /// The wire type that `onnx.proto` gives the field.
        expected: &'static str,
        /// The wire type in the file.
        found: &'static str,
    },

    /// A string is not UTF-8.
    #[error("the text is not UTF-8")]
    #[diagnostic(code(onnx::not_utf8), help("ONNX names are UTF-8: rename at export"))]
    NotUtf8,

    /// A 32-bit integer field holds a larger number.
    #[error("{value} does not fit 32 bits")]
    #[diagnostic(code(onnx::int32_range), help("the file is damaged"))]
    Int32Range {
        /// The number in the file.
        value: i64,
    },

    /// A field without which a message means nothing is absent.
    #[error("`{field}` is missing")]
    #[diagnostic(
        code(onnx::missing_field),
        help("the file is incomplete: `onnx.checker` would refuse it too")
    )]
    MissingField {
        /// The field's name in `onnx.proto`.
        field: &'static str,
    },

    /// Two attributes of a node have one name.
    #[error("the attribute `{name}` occurs twice")]
    #[diagnostic(code(onnx::duplicate_attribute), help("attribute names must be unique within a node"))]
    DuplicateAttribute {
        /// The name.
        name: String,
    },

    /// An attribute has values of two kinds.
    #[error("the attribute has both {first} and {second} values")]
    #[diagnostic(code(onnx::ambiguous_attribute), help("an attribute has exactly one value"))]
    AmbiguousAttribute {
        /// The kind that came first.
        first: AttributeKind,
        /// The kind that came after.
        second: AttributeKind,
    },

    /// The number in an attribute's `type` means nothing.
    #[error("{code} is no attribute type")]
    #[diagnostic(code(onnx::unknown_attribute_type), help("the model is newer than this reader, or damaged"))]
    UnknownAttributeType {
        /// The number in the file.
        code: i32,
    },

    /// An attribute is of another kind than it declares, or than its reader needs.
    #[error("the attribute is {found}, not {expected}")]
    #[diagnostic(code(onnx::attribute_kind), help("see the operator's definition for the attribute's type"))]
    AttributeKind {
        /// The declared or needed kind.
        expected: AttributeKind,
        /// The kind of the value.
        found: AttributeKind,
    },

    /// The number of an element type means nothing.
    #[error("{code} is no element type")]
    #[diagnostic(code(onnx::unknown_elem_type), help("the model is newer than this reader, or damaged"))]
    UnknownElemType {
        /// The number in the file.
        code: i32,
    },

    /// Elements that have no value as `f64` or `i64` here.
    #[error("tensors of {elem} are not supported")]
    #[diagnostic(code(onnx::unsupported_elem_type), help("use floats, integers or bool"))]
    UnsupportedElemType {
        /// The element type.
        elem: ElemType,
    },

    /// A dimension of a tensor is negative.
    #[error("the dimension {value} is negative")]
    #[diagnostic(
        code(onnx::negative_dim),
        help("the dimensions of a stored tensor are known and at least 0")
    )]
    NegativeDim {
        /// The dimension in the file.
        value: i64,
    },

    /// The product of the dimensions exceeds the machine's integers.
    #[error("the dimensions multiply to more elements than memory can hold")]
    #[diagnostic(code(onnx::too_many_elements), help("the file is damaged"))]
    TooManyElements,

    /// The dimensions and the stored data disagree.
    #[error("{elements} elements of {elem} take {expected} {unit}, but there are {found}")]
    #[diagnostic(code(onnx::data_length), help("the file is damaged, or its exporter has a bug"))]
    DataLength {
        /// The product of the dimensions.
        elements: usize,
        /// The element type.
        elem: ElemType,
        /// How many units the elements take.
        expected: usize,
        /// How many units are stored.
        found: u64,
        /// `bytes`, or `values` of a typed list.
        unit: &'static str,
    },

    /// The data are in a list that is not for this element type.
    #[error("data in `{field}`, which is not for tensors of {elem}")]
    #[diagnostic(code(onnx::wrong_storage), help("the file is damaged, or its exporter has a bug"))]
    WrongStorage {
        /// The list.
        field: &'static str,
        /// The element type.
        elem: ElemType,
    },

    /// The data are in two places.
    #[error("data in both `{first}` and `{second}`")]
    #[diagnostic(code(onnx::mixed_storage), help("a tensor has its data in one place: save the model again"))]
    MixedStorage {
        /// The field that came first.
        first: &'static str,
        /// The field that came after.
        second: &'static str,
    },

    /// The tensor is one segment of a larger one.
    #[error("tensors in segments are not supported")]
    #[diagnostic(code(onnx::segmented), help("save the model with whole tensors or with external data"))]
    Segmented,

    /// A stored integer is outside its element type.
    #[error("{value} is no {elem}")]
    #[diagnostic(code(onnx::value_range), help("the file is damaged, or its exporter has a bug"))]
    ValueRange {
        /// The stored integer.
        value: i64,
        /// The element type.
        elem: ElemType,
    },

    /// An unsigned 64-bit element is beyond `i64`.
    #[error("the uint64 value {value} is above 2^63 - 1, the largest that is supported")]
    #[diagnostic(code(onnx::uint64_range), help("cast the tensor to int64"))]
    Uint64Range {
        /// The stored integer.
        value: u64,
    },

    /// The number in `data_location` means nothing.
    #[error("{code} is no data location")]
    #[diagnostic(code(onnx::data_location), help("the model is newer than this reader, or damaged"))]
    DataLocation {
        /// The number in the file.
        code: i32,
    },

    /// External data, but the model has no folder.
    #[error("the data are in the file `{location}`, and it is not known which folder that is in")]
    #[diagnostic(code(onnx::external_without_folder), help("read the model from a file"))]
    ExternalWithoutFolder {
        /// The name of the data's file.
        location: String,
    },

    /// `offset` or `length` is no number.
    #[error("the `{key}` of the external data is `{value}`, not a number of bytes")]
    #[diagnostic(code(onnx::external_number), help("save the model's external data again"))]
    ExternalNumber {
        /// The entry's key.
        key: &'static str,
        /// The entry's value.
        value: String,
    },

    /// The external data are outside the model's folder.
    #[error("the external data `{location}` are not within the model's folder")]
    #[diagnostic(
        code(onnx::external_path),
        help(
            "copy the data beside the model; absolute paths, `..` and links out of the folder are not followed"
        )
    )]
    ExternalPath {
        /// The path in the file.
        location: String,
    },

    /// The external data pass the end of their file.
    #[error("bytes {offset}+{length} of the external data pass the end of `{location}`, which has {size}")]
    #[diagnostic(code(onnx::external_past_end), help("the data's file is cut, or belongs to another model"))]
    ExternalPastEnd {
        /// The path in the file.
        location: String,
        /// Where the data begin.
        offset: u64,
        /// How many bytes they take.
        length: u64,
        /// The size of the data's file.
        size: u64,
    },

    /// The data's file cannot be read.
    #[error("the external data `{location}` cannot be read: {reason}")]
    #[diagnostic(code(onnx::external_io), help("the data's file belongs beside the model"))]
    ExternalIo {
        /// The path in the file.
        location: String,
        /// What the operating system says.
        reason: String,
    },
}
