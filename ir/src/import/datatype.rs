//! The names of QONNX and FINN datatypes (`INT4`, `BIPOLAR`, `FIXED<8,3>`) and the tensors that bear them.

use crate::number::{Encoding, IntType};
use crate::onnx::Graph;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::u32 as number;
use nom::combinator::{all_consuming, map, value};
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{IResult, Parser};
use std::collections::HashMap;

/// The key of a datatype in `quantization_annotation`.
const KEY: &str = "finn_datatype";

/// What an annotation promises of a tensor's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Datatype {
    /// Integers of a type.
    Int(IntType),
    /// Integers of so many bits times a power of two: `FIXED<bits, integer bits>`.
    Fixed {
        /// Width.
        bits: u32,
        /// Bits behind the binary point.
        fraction: u32,
    },
    /// Integers of so many bits times a scale that the annotation does not tell.
    Scaled(IntType),
    /// Floats, which promise nothing.
    Float,
}

impl Datatype {
    /// Parses a name.
    pub(super) fn parse(name: &str) -> Option<Datatype> {
        all_consuming(datatype).parse(name.trim()).ok().map(|(_, datatype)| datatype)
    }

    /// The integer type of the values themselves.
    pub(super) fn int(self) -> Option<IntType> {
        if let Datatype::Int(ty) = self { Some(ty) } else { None }
    }
}

fn datatype(input: &str) -> IResult<&str, Datatype> {
    alt((named, fixed, map(sized("SCALEDINT<", Encoding::Signed), Datatype::Scaled), float, integer))
        .parse(input)
}

fn named(input: &str) -> IResult<&str, Datatype> {
    alt((
        value(Datatype::Int(IntType::BIPOLAR), tag("BIPOLAR")),
        value(Datatype::Int(IntType::quantizer(true, 2, true)), tag("TERNARY")),
        value(Datatype::Int(IntType::quantizer(false, 1, false)), tag("BINARY")),
    ))
    .parse(input)
}

fn integer(input: &str) -> IResult<&str, Datatype> {
    let sized = alt((sized("UINT", Encoding::Unsigned), sized("INT", Encoding::Signed)));
    map(sized, Datatype::Int).parse(input)
}

/// A prefix and a width of 1 to 62 bits, as in `INT4` and `SCALEDINT<4>`.
fn sized<'a>(
    prefix: &'static str,
    encoding: Encoding,
) -> impl Parser<&'a str, Output = IntType, Error = Error<'a>> {
    let bracket = prefix.ends_with('<');
    move |input: &'a str| {
        let width = nom::combinator::verify(number, |bits| (1..=62).contains(bits));
        let (rest, bits) = preceded(tag(prefix), width).parse(input)?;
        let (rest, _) = if bracket { tag(">").parse(rest)? } else { (rest, "") };
        Ok((rest, IntType::quantizer(encoding == Encoding::Signed, bits, false)))
    }
}

fn fixed(input: &str) -> IResult<&str, Datatype> {
    let pair = separated_pair(number, tag(","), preceded(nom::character::complete::space0, number));
    let bracketed = delimited(tag("FIXED<"), pair, tag(">"));
    let sane = nom::combinator::verify(bracketed, |(bits, whole)| (1..=62).contains(bits) && whole <= bits);
    map(sane, |(bits, whole)| Datatype::Fixed { bits, fraction: bits - whole }).parse(input)
}

fn float(input: &str) -> IResult<&str, Datatype> {
    value(Datatype::Float, (tag("FLOAT"), nom::combinator::rest)).parse(input)
}

type Error<'a> = nom::error::Error<&'a str>;

/// The datatypes of a graph's tensors by name.
#[derive(Default)]
pub(super) struct Annotations<'a>(HashMap<&'a str, Datatype>);

impl<'a> Annotations<'a> {
    /// Reads a graph's annotations; names that are not known promise nothing.
    pub(super) fn of(graph: &Graph<'a>) -> Self {
        let known = graph.quantization_annotation.iter().filter_map(|annotation| {
            let datatype = annotation.get(KEY).and_then(Datatype::parse)?;
            Some((annotation.tensor_name, datatype))
        });
        Annotations(known.collect())
    }

    /// What is promised of a tensor.
    pub(super) fn get(&self, tensor: &str) -> Option<Datatype> {
        self.0.get(tensor).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_datatypes() {
        let int = |signed, bits| Some(Datatype::Int(IntType::quantizer(signed, bits, false)));
        assert_eq!(Datatype::parse("INT8"), int(true, 8));
        assert_eq!(Datatype::parse("UINT4"), int(false, 4));
        assert_eq!(Datatype::parse("BINARY"), int(false, 1));
        assert_eq!(Datatype::parse("BIPOLAR"), Some(Datatype::Int(IntType::BIPOLAR)));
        assert_eq!(Datatype::parse("TERNARY"), Some(Datatype::Int(IntType::quantizer(true, 2, true))));
        assert_eq!(Datatype::parse("FIXED<8,3>"), Some(Datatype::Fixed { bits: 8, fraction: 5 }));
        assert_eq!(Datatype::parse("FIXED<8, 3>"), Some(Datatype::Fixed { bits: 8, fraction: 5 }));
        assert_eq!(
            Datatype::parse("SCALEDINT<6>"),
            Some(Datatype::Scaled(IntType::quantizer(true, 6, false)))
        );
        assert_eq!(Datatype::parse("FLOAT32"), Some(Datatype::Float));
        for strange in
            ["", "INT", "INT0", "INT99999999999", "INT8x", "FIXED<3,8>", "FIXED<8,3", "SCALEDINT<4", "int8"]
        {
            assert_eq!(Datatype::parse(strange), None, "{strange}");
        }
    }
}
