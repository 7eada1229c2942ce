//! From wire fields to typed messages: the one loop that reads every message, and access to a field by its type.

use super::error::{Mistake, OnnxError};
use super::wire::{Body, Field, Parsed, Span, Value, fixed32, fixed64, varint};

/// How deep messages may nest: the default limit of the protocol-buffer libraries.
pub const MAX_DEPTH: usize = 100;

pub(super) type Result<T> = std::result::Result<T, OnnxError>;

/// A message of `onnx.proto`, filled in field by field in the order of the file.
pub(super) trait Message<'a>: Default {
    /// Takes in one field; numbers that it does not know are passed over.
    fn field(&mut self, field: &Field<'a>, depth: Depth) -> Result<()>;

    /// Notes where the message was, and checks what can be checked once all fields are in.
    fn close(&mut self, _span: Span) -> Result<()> {
        Ok(())
    }
}

/// How many more levels of messages may open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depth(usize);

/// Reads a file that is one message.
pub(super) fn whole<'a, M: Message<'a>>(file: Body<'a>) -> Result<M> {
    let mut message = M::default();
    fill(&mut message, file, file.span(), Depth(MAX_DEPTH))?;
    Ok(message)
}

fn fill<'a, M: Message<'a>>(message: &mut M, body: Body<'a>, span: Span, depth: Depth) -> Result<()> {
    for field in body.fields() {
        message.field(&field?, depth)?;
    }
    message.close(span)
}

/// Access by type. `name` is the field's name in `onnx.proto`, for the path of an error.
impl<'a> Field<'a> {
    pub(super) fn body(&self, name: &'static str) -> Result<Body<'a>> {
        match self.value {
            Value::Bytes(body) => Ok(body),
            _ => Err(self.wrong_type("LEN").inside(name)),
        }
    }

    pub(super) fn bytes(&self, name: &'static str) -> Result<&'a [u8]> {
        self.body(name).map(|body| body.bytes)
    }

    pub(super) fn string(&self, name: &'static str) -> Result<&'a str> {
        let bytes = self.bytes(name)?;
        std::str::from_utf8(bytes).map_err(|_| self.error(Mistake::NotUtf8).inside(name))
    }

    pub(super) fn int64(&self, name: &'static str) -> Result<i64> {
        match self.value {
            Value::Varint(value) => Ok(value.cast_signed()),
            _ => Err(self.wrong_type("VARINT").inside(name)),
        }
    }

    pub(super) fn int32(&self, name: &'static str) -> Result<i32> {
        let value = self.int64(name)?;
        narrow(value).map_err(|mistake| self.error(mistake).inside(name))
    }

    pub(super) fn float(&self, name: &'static str) -> Result<f32> {
        match self.value {
            Value::Fixed32(bits) => Ok(f32::from_bits(bits)),
            _ => Err(self.wrong_type("I32").inside(name)),
        }
    }

    pub(super) fn int64s(&self, name: &'static str) -> Result<Vec<i64>> {
        Ok(self.varints(name)?.into_iter().map(u64::cast_signed).collect())
    }

    pub(super) fn uint64s(&self, name: &'static str) -> Result<Vec<u64>> {
        self.varints(name)
    }

    pub(super) fn int32s(&self, name: &'static str) -> Result<Vec<i32>> {
        let narrowed = self.varints(name)?.into_iter().map(|value| narrow(value.cast_signed())).collect();
        let narrowed: std::result::Result<Vec<i32>, Mistake> = narrowed;
        narrowed.map_err(|mistake| self.error(mistake).inside(name))
    }

    pub(super) fn floats(&self, name: &'static str) -> Result<Vec<f32>> {
        let bits = self.list("I32", fixed32, |value| match value {
            Value::Fixed32(bits) => Some(bits),
            _ => None,
        });
        Ok(bits.map_err(|error| error.inside(name))?.into_iter().map(f32::from_bits).collect())
    }

    pub(super) fn doubles(&self, name: &'static str) -> Result<Vec<f64>> {
        let bits = self.list("I64", fixed64, |value| match value {
            Value::Fixed64(bits) => Some(bits),
            _ => None,
        });
        Ok(bits.map_err(|error| error.inside(name))?.into_iter().map(f64::from_bits).collect())
    }

    fn varints(&self, name: &'static str) -> Result<Vec<u64>> {
        let values = self.list("VARINT", varint, |value| match value {
            Value::Varint(value) => Some(value),
            _ => None,
        });
        values.map_err(|error| error.inside(name))
    }

    /// A repeated number: packed, or one element in a field of its own. A reader must take both.
    fn list<T>(
        &self,
        expected: &'static str,
        packed: fn(&'a [u8]) -> Parsed<'a, T>,
        single: fn(Value<'a>) -> Option<T>,
    ) -> Result<Vec<T>> {
        if let Value::Bytes(body) = self.value {
            let mut out = Vec::new();
            return body.unpack(packed, &mut out).map(|()| out);
        }
        single(self.value).map(|one| vec![one]).ok_or_else(|| self.wrong_type(expected))
    }

    /// A message that occurs once. Should it occur again, the later fields are added, as protocol buffers ask.
    pub(super) fn merge<M: Message<'a>>(
        &self,
        name: &'static str,
        message: &mut M,
        depth: Depth,
    ) -> Result<()> {
        self.fill(message, depth).map_err(|error| error.inside(name))
    }

    /// A message that occurs once, where the last occurrence wins.
    pub(super) fn message<M: Message<'a>>(&self, name: &'static str, depth: Depth) -> Result<M> {
        let mut message = M::default();
        self.fill(&mut message, depth).map_err(|error| error.inside(name))?;
        Ok(message)
    }

    /// The next of a list of messages.
    pub(super) fn push<M: Message<'a>>(
        &self,
        name: &'static str,
        list: &mut Vec<M>,
        depth: Depth,
    ) -> Result<()> {
        let mut message = M::default();
        self.fill(&mut message, depth).map_err(|error| error.inside_item(name, list.len()))?;
        list.push(message);
        Ok(())
    }

    fn fill<M: Message<'a>>(&self, message: &mut M, depth: Depth) -> Result<()> {
        let Value::Bytes(body) = self.value else { return Err(self.wrong_type("LEN")) };
        let Some(left) = depth.0.checked_sub(1) else {
            return Err(self.error(Mistake::TooDeep { limit: MAX_DEPTH }));
        };
        fill(message, body, self.span, Depth(left))
    }

    pub(super) fn error(&self, mistake: Mistake) -> OnnxError {
        OnnxError::new(mistake, self.span)
    }

    fn wrong_type(&self, expected: &'static str) -> OnnxError {
        self.error(Mistake::WrongWireType { expected, found: self.value.wire_type() })
    }
}

/// An `int32`: negative ones are written with 64 bits, by some writers with 32.
fn narrow(value: i64) -> std::result::Result<i32, Mistake> {
    let signed = i32::try_from(value).ok();
    let unsigned = u32::try_from(value).ok().map(u32::cast_signed);
    signed.or(unsigned).ok_or(Mistake::Int32Range { value })
}
