//! The wire format of protocol buffers: bytes to fields, and nothing about ONNX.
//!
//! <https://protobuf.dev/programming-guides/encoding/>: a message is a sequence of `tag value`, where the tag is the
//! varint `number << 3 | wire type`. A varint is little-endian base 128, at most ten bytes for 64 bits. Groups (wire
//! types 3 and 4) were abolished before ONNX existed and are refused.
//!
//! The parsers are plain `nom` functions on the bytes that are left; since they know how many are left and the
//! [`Body`] knows where it ends, offsets in the file cost nothing until an error needs one.

use std::fmt;

use nom::bytes::complete::{take, take_while_m_n};
use nom::error::{ErrorKind, ParseError};
use nom::number::complete::{le_u32, le_u64, u8};
use nom::{IResult, Parser};

use super::error::{Mistake, OnnxError};

/// A range of bytes of the file: `start` is in it, `end` is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl From<Span> for miette::SourceSpan {
    fn from(span: Span) -> Self {
        (span.start..span.end).into()
    }
}

/// A run of bytes that knows its offset in the file: a message, a string, packed numbers or raw data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Body<'a> {
    /// The bytes, borrowed from the file.
    pub bytes: &'a [u8],
    /// The offset of the first of them in the file.
    pub offset: usize,
}

impl<'a> Body<'a> {
    /// The whole file.
    pub fn file(bytes: &'a [u8]) -> Self {
        Body { bytes, offset: 0 }
    }

    /// Where the bytes are in the file.
    pub fn span(&self) -> Span {
        Span { start: self.offset, end: self.end() }
    }

    /// The fields of the bytes read as a message.
    pub fn fields(&self) -> Fields<'a> {
        Fields { rest: self.bytes, end: self.end() }
    }

    /// Appends the numbers of a packed list to `out`, each read by `one`.
    ///
    /// # Errors
    /// The last number is cut, or a varint is too long.
    pub fn unpack<T>(&self, one: fn(&'a [u8]) -> Parsed<'a, T>, out: &mut Vec<T>) -> Result<(), OnnxError> {
        let mut rest = self.bytes;
        while !rest.is_empty() {
            let (after, value) = one(rest).map_err(|fault| placed(fault, self.end()))?;
            out.push(value);
            rest = after;
        }
        Ok(())
    }

    fn end(&self) -> usize {
        self.offset + self.bytes.len()
    }
}

/// The payload of a field, by its wire type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Wire type 0: int32, int64, uint64, bool, enum.
    Varint(u64),
    /// Wire type 1: double, fixed64.
    Fixed64(u64),
    /// Wire type 2: string, bytes, message, packed list.
    Bytes(Body<'a>),
    /// Wire type 5: float, fixed32.
    Fixed32(u32),
}

impl Value<'_> {
    /// The name of the wire type, as the encoding guide spells it.
    pub fn wire_type(&self) -> &'static str {
        match self {
            Value::Varint(_) => "VARINT",
            Value::Fixed64(_) => "I64",
            Value::Bytes(_) => "LEN",
            Value::Fixed32(_) => "I32",
        }
    }
}

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    /// The field's number, 1 to 2^29 - 1.
    pub number: u32,
    /// What it carries.
    pub value: Value<'a>,
    /// Where it is, from its tag to the end of its value.
    pub span: Span,
}

/// The fields of a message in the order of the file. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
    end: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, OnnxError>;

    fn next(&mut self) -> Option<Self::Item> {
        let input = std::mem::take(&mut self.rest);
        if input.is_empty() {
            return None;
        }
        let parsed = field(input).map_err(|fault| placed(fault, self.end));
        Some(parsed.map(|(rest, (number, raw))| {
            self.rest = rest;
            let span = Span { start: self.end - input.len(), end: self.end - rest.len() };
            Field { number, value: raw.at(span.end), span }
        }))
    }
}

/// What a parser fails with: the mistake, and how many bytes it covers and how many were left when it began.
#[derive(Debug)]
pub struct Fault {
    mistake: Mistake,
    covers: usize,
    left: usize,
}

impl ParseError<&[u8]> for Fault {
    /// The only way in which `nom`'s own parsers fail here is for want of bytes.
    fn from_error_kind(input: &[u8], _: ErrorKind) -> Self {
        Fault { mistake: Mistake::Truncated, covers: input.len(), left: input.len() }
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// The result of a parser: the bytes after, and the value.
pub type Parsed<'a, T> = IResult<&'a [u8], T, Fault>;

/// A mistake in the bytes between `input` and `rest`.
fn fail<T>(mistake: Mistake, input: &[u8], rest: &[u8]) -> Parsed<'static, T> {
    Err(nom::Err::Failure(Fault { mistake, covers: input.len() - rest.len(), left: input.len() }))
}

/// The fault as an error, given the offset at which the message ends.
fn placed(fault: nom::Err<Fault>, end: usize) -> OnnxError {
    match fault {
        nom::Err::Error(fault) | nom::Err::Failure(fault) => {
            let start = end - fault.left;
            OnnxError::new(fault.mistake, Span { start, end: start + fault.covers })
        }
        nom::Err::Incomplete(_) => OnnxError::new(Mistake::Truncated, Span { start: end, end }),
    }
}

/// A value before its offset is known.
enum Raw<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

impl<'a> Raw<'a> {
    /// The value, given the offset at which the field ends.
    fn at(self, end: usize) -> Value<'a> {
        match self {
            Raw::Varint(value) => Value::Varint(value),
            Raw::Fixed64(value) => Value::Fixed64(value),
            Raw::Bytes(bytes) => Value::Bytes(Body { bytes, offset: end - bytes.len() }),
            Raw::Fixed32(value) => Value::Fixed32(value),
        }
    }
}

fn field(input: &[u8]) -> Parsed<'_, (u32, Raw<'_>)> {
    let (rest, (number, wire_type)) = tag(input)?;
    let (rest, raw) = match wire_type {
        0 => varint.map(Raw::Varint).parse(rest),
        1 => le_u64.map(Raw::Fixed64).parse(rest),
        2 => counted.map(Raw::Bytes).parse(rest),
        5 => le_u32.map(Raw::Fixed32).parse(rest),
        3 | 4 => fail(Mistake::Group { number }, input, rest),
        code => fail(Mistake::UnknownWireType { code }, input, rest),
    }?;
    Ok((rest, (number, raw)))
}

/// A tag: the field's number and its wire type.
fn tag(input: &[u8]) -> Parsed<'_, (u32, u8)> {
    let (rest, tag) = varint(input)?;
    let number = tag >> 3;
    match u32::try_from(number) {
        Ok(number @ 1..=0x1fff_ffff) => Ok((rest, (number, (tag & 7) as u8))),
        _ => fail(Mistake::FieldNumber { number }, input, rest),
    }
}

/// A varint of at most 64 bits. Longer spellings of small numbers are legal up to ten bytes.
pub fn varint(input: &[u8]) -> Parsed<'_, u64> {
    // Nearly all tags and lengths are one byte.
    if let [byte @ ..0x80, rest @ ..] = input {
        return Ok((rest, u64::from(*byte)));
    }
    let (rest, (low, high)) = (take_while_m_n(0, 9, |byte: u8| byte & 0x80 != 0), u8).parse(input)?;
    if low.len() == 9 && high > 1 {
        return fail(Mistake::VarintTooLong, input, rest);
    }
    let value = low.iter().rev().fold(u64::from(high), |value, byte| value << 7 | u64::from(byte & 0x7f));
    Ok((rest, value))
}

/// Four bytes, little-endian.
pub fn fixed32(input: &[u8]) -> Parsed<'_, u32> {
    le_u32(input)
}

/// Eight bytes, little-endian.
pub fn fixed64(input: &[u8]) -> Parsed<'_, u64> {
    le_u64(input)
}

/// A length and as many bytes.
fn counted(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, claimed) = varint(input)?;
    match usize::try_from(claimed) {
        Ok(length) if length <= rest.len() => take(length)(rest),
        _ => fail(Mistake::LengthPastEnd { claimed, left: rest.len() }, input, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Vec<Result<Field<'_>, OnnxError>> {
        Body { bytes, offset: 100 }.fields().collect()
    }

    fn mistake(bytes: &[u8]) -> (Mistake, Span) {
        let error = fields(bytes).pop().expect("one field at least").unwrap_err();
        (error.mistake, error.span)
    }

    #[test]
    fn all_four_wire_types_with_their_spans() {
        let bytes = [0x08, 0x96, 0x01, 0x12, 2, b'h', b'i', 0x1d, 1, 0, 0, 0, 0x21, 2, 0, 0, 0, 0, 0, 0, 0];
        let read: Vec<Field<'_>> = fields(&bytes).into_iter().map(Result::unwrap).collect();
        let values: Vec<_> = read.iter().map(|field| (field.number, field.value)).collect();
        let hi = Body { bytes: b"hi", offset: 105 };
        assert_eq!(
            values,
            [(1, Value::Varint(150)), (2, Value::Bytes(hi)), (3, Value::Fixed32(1)), (4, Value::Fixed64(2))]
        );
        let spans: Vec<_> = read.iter().map(|field| (field.span.start, field.span.end)).collect();
        assert_eq!(spans, [(100, 103), (103, 107), (107, 112), (112, 121)]);
    }

    #[test]
    fn varints_of_every_length() {
        for shift in 0..64 {
            let value = 1u64 << shift;
            let mut bytes = Vec::new();
            crate::onnx::testing::put_varint(&mut bytes, value);
            assert_eq!(varint(&bytes).unwrap(), (&[][..], value), "2^{shift}");
        }
        assert_eq!(varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).unwrap().1, u64::MAX);
        assert_eq!(varint(&[0x81, 0x80, 0x80, 0]).unwrap().1, 1, "a long spelling is legal");
    }

    #[test]
    fn overlong_varints() {
        let mut eleven = [0x80; 11];
        eleven[10] = 1;
        let nine_and_two = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2];
        for varint in [&eleven[..], &nine_and_two[..]] {
            let bytes = [&[0x08][..], varint].concat();
            assert_eq!(mistake(&bytes), (Mistake::VarintTooLong, Span { start: 101, end: 111 }));
        }
    }

    #[test]
    fn truncation_says_where() {
        assert_eq!(mistake(&[0x08]), (Mistake::Truncated, Span { start: 101, end: 101 }));
        assert_eq!(mistake(&[0x88]).0, Mistake::Truncated);
        assert_eq!(mistake(&[0x0d, 1, 2, 3]), (Mistake::Truncated, Span { start: 101, end: 104 }));
        assert_eq!(mistake(&[0x09, 1, 2, 3]).0, Mistake::Truncated);
    }

    #[test]
    fn lengths_that_lie() {
        let expected = (Mistake::LengthPastEnd { claimed: 3, left: 2 }, Span { start: 101, end: 102 });
        assert_eq!(mistake(&[0x0a, 3, 1, 2]), expected);
        let huge = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(mistake(&huge).0, Mistake::LengthPastEnd { claimed: u64::MAX, left: 0 });
    }

    #[test]
    fn tags_that_are_refused() {
        assert_eq!(mistake(&[0x0b]), (Mistake::Group { number: 1 }, Span { start: 100, end: 101 }));
        assert_eq!(mistake(&[0x0c]).0, Mistake::Group { number: 1 });
        assert_eq!(mistake(&[0x0e]).0, Mistake::UnknownWireType { code: 6 });
        assert_eq!(mistake(&[0x0f]).0, Mistake::UnknownWireType { code: 7 });
        assert_eq!(mistake(&[0x00, 0]).0, Mistake::FieldNumber { number: 0 });
        assert_eq!(mistake(&[0x80, 0x80, 0x80, 0x80, 0x10, 0]).0, Mistake::FieldNumber { number: 1 << 29 });
    }

    #[test]
    fn iteration_ends_after_an_error() {
        assert_eq!(fields(&[0x08, 1, 0x0b, 0x08, 1]).len(), 2);
    }

    #[test]
    fn a_cut_number_in_a_packed_list() {
        let body = Body { bytes: &[1, 0, 0, 0, 2, 0], offset: 10 };
        let error = body.unpack(fixed32, &mut Vec::new()).unwrap_err();
        assert_eq!((error.mistake, error.span), (Mistake::Truncated, Span { start: 14, end: 16 }));
    }
}
