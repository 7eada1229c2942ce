//! Quantizers of activations and quantized constants, in both dialects.

use super::writer::{QONNX, Writer};
use super::{Format, unwritten};
use crate::diagnostic::Diagnostic;
use crate::network::{Network, Op, QuantizedAs, Quantizer};
use crate::number::{IntType, Rounding};
use crate::onnx::ElemType;
use crate::onnx::build::{node, tensor_raw};
use crate::tensor::AxisParam;
use ndarray::{ArrayD, Dimension};
use petgraph::graph::NodeIndex;

/// Writes the quantizer of an activation.
pub(super) fn activation(
    writer: &mut Writer<'_>,
    network: &Network,
    at: NodeIndex,
) -> Result<(), Diagnostic> {
    let x = writer.operands(at).into_iter().next().unwrap_or_default();
    let (Some(y), name) = (writer.outputs(at).into_iter().next(), &network.graph[at].name) else {
        return Ok(());
    };
    match &network.graph[at].op {
        Op::BipolarQuantize { .. } if writer.format == Format::Qdq => {
            Err(unwritten("activations of one signed bit have no form in QDQ"))
        }
        Op::BipolarQuantize { scale } => {
            let scale = parameter(writer, &y, "scale", scale, 0);
            writer.node(node("BipolarQuant", [x.as_str(), &scale], [y.as_str()]).name(name).domain(QONNX));
            Ok(())
        }
        Op::Quantize { quantizer, output: QuantizedAs::Real } => {
            let ty = code_type(quantizer)?;
            let affine = [&quantizer.scale, &quantizer.zero_point];
            match writer.format {
                Format::Qonnx => quant(writer, [&x, &y, name], affine, Bits::of(ty), 4),
                Format::Qdq => clipped(writer, [&x, &y, name], affine, ty),
            }
            Ok(())
        }
        _ => Err(unwritten("integer codes between operators are not written")),
    }
}

/// The type of a quantizer's codes, if it is the whole range of a width (or one less at the narrow end).
fn code_type(quantizer: &Quantizer) -> Result<IntType, Diagnostic> {
    let uniform = quantizer.min.values.len() == 1 && quantizer.max.values.len() == 1;
    if !uniform || quantizer.rounding != Rounding::HalfEven {
        return Err(unwritten("quantizers with widths per channel, or that do not round half to even"));
    }
    Ok(IntType::smallest(quantizer.min.at(0) as i64, quantizer.max.at(0) as i64))
}

/// What QONNX says of codes.
struct Bits {
    widths: AxisParam,
    signed: bool,
    narrow: bool,
}

impl Bits {
    fn of(ty: IntType) -> Bits {
        let full = IntType::quantizer(ty.is_signed(), ty.bits, false);
        let narrow = if ty.is_signed() { ty.min > full.min } else { ty.max < full.max };
        Bits { widths: AxisParam::scalar(f64::from(ty.bits)), signed: ty.is_signed(), narrow }
    }
}

/// A QONNX `Quant` node from the tensor `x` to the tensor `y`.
fn quant(
    writer: &mut Writer<'_>,
    [x, y, name]: [&str; 3],
    [scale, zero_point]: [&AxisParam; 2],
    bits: Bits,
    rank: usize,
) {
    let scale = parameter(writer, y, "scale", scale, rank);
    let zero_point = parameter(writer, y, "zero_point", zero_point, rank);
    let widths = parameter(writer, y, "bits", &bits.widths, rank);
    let built = node("Quant", [x, &scale, &zero_point, &widths], [y]).name(name).domain(QONNX);
    let built = built.attr_int("signed", i64::from(bits.signed)).attr_int("narrow", i64::from(bits.narrow));
    writer.node(built.attr_string("rounding_mode", "ROUND"));
}

/// A parameter that broadcasts against a tensor of `rank` axes.
fn parameter(writer: &mut Writer<'_>, tensor: &str, part: &str, param: &AxisParam, rank: usize) -> String {
    let mut shape = Vec::new();
    if let Some(axis) = param.axis {
        shape = vec![1; rank.max(axis + 1)];
        shape[axis] = param.values.len();
    }
    writer.floats(tensor, part, &shape, &param.values)
}

/// The integer type of ONNX that holds codes; biases may have 32 bits.
fn elem_for(ty: IntType) -> ElemType {
    match (ty.is_signed(), ty.bits) {
        (true, 0..=8) => ElemType::Int8,
        (false, 0..=8) => ElemType::Uint8,
        (true, 9..=16) => ElemType::Int16,
        (false, 9..=16) => ElemType::Uint16,
        _ => ElemType::Int32,
    }
}

/// Codes as the bytes of a type.
fn bytes(elem: ElemType, codes: impl Iterator<Item = i64>) -> Vec<u8> {
    codes.flat_map(|code| code.to_le_bytes().into_iter().take(elem.bits() / 8)).collect()
}

/// Adds an initializer of codes that belongs to a tensor; returns its name.
fn codes(writer: &mut Writer<'_>, tensor: &str, part: &str, elem: ElemType, values: &ArrayD<i64>) -> String {
    let name = writer.name(tensor, part);
    let data = bytes(elem, values.iter().copied());
    writer.initializer(tensor_raw(&name, elem, &super::dims(values.shape()), &data));
    name
}

fn code(writer: &mut Writer<'_>, tensor: &str, part: &str, elem: ElemType, value: i64) -> String {
    codes(writer, tensor, part, elem, &ndarray::arr0(value).into_dyn())
}

/// `QuantizeLinear`, `Clip` where the type is wider than the bits, `DequantizeLinear`.
fn clipped(
    writer: &mut Writer<'_>,
    [x, y, name]: [&str; 3],
    [scale, zero_point]: [&AxisParam; 2],
    ty: IntType,
) {
    let elem = elem_for(ty);
    let scale = writer.floats(y, "scale", &[], &scale.values);
    let zero = code(writer, y, "zero_point", elem, zero_point.at(0) as i64);
    let quantized = writer.name(y, "codes");
    let first = node("QuantizeLinear", [x, &scale, &zero], [quantized.as_str()]);
    writer.node(first.name(&format!("{name}.quantize")));
    let kept = clip(writer, &quantized, y, name, ty, elem);
    writer.node(node("DequantizeLinear", [kept.as_str(), &scale, &zero], [y]).name(name));
}

/// Keeps codes in a type's range, unless the element type does.
fn clip(writer: &mut Writer<'_>, x: &str, tensor: &str, name: &str, ty: IntType, elem: ElemType) -> String {
    if elem.int_range() == Some((ty.min, ty.max)) {
        return x.to_owned();
    }
    let (low, high) = (code(writer, tensor, "min", elem, ty.min), code(writer, tensor, "max", elem, ty.max));
    let kept = writer.name(tensor, "clipped");
    writer.node(node("Clip", [x, &low, &high], [kept.as_str()]).name(&format!("{name}.clip")));
    kept
}

/// Writes a quantized constant; returns the tensor of its real values.
pub(super) fn constant(
    writer: &mut Writer<'_>,
    tensor: &str,
    values: &ArrayD<i64>,
    ty: IntType,
    affine: [&AxisParam; 2],
) -> String {
    match writer.format {
        Format::Qonnx => stored_reals(writer, tensor, values, ty, affine),
        Format::Qdq => stored_codes(writer, tensor, values, ty, affine),
    }
}

/// Real numbers on their grid, behind a `Quant` (or `BipolarQuant`) that brings the codes back.
fn stored_reals(
    writer: &mut Writer<'_>,
    tensor: &str,
    values: &ArrayD<i64>,
    ty: IntType,
    [scale, zero_point]: [&AxisParam; 2],
) -> String {
    let mut reals = Vec::with_capacity(values.len());
    for (index, code) in values.indexed_iter() {
        let index = index.slice();
        reals.push(scale.at_element(index) * (*code as f64 - zero_point.at_element(index)));
    }
    let stored = writer.floats(tensor, "on_grid", values.shape(), &reals);
    let name = format!("{tensor}.quantizer");
    if ty.is_bipolar() {
        let scale = parameter(writer, tensor, "scale", scale, values.ndim());
        writer.node(node("BipolarQuant", [stored.as_str(), &scale], [tensor]).name(&name).domain(QONNX));
    } else {
        quant(writer, [&stored, tensor, &name], [scale, zero_point], Bits::of(ty), values.ndim());
    }
    tensor.to_owned()
}

/// Codes behind a `Clip` that tells their width and a `DequantizeLinear`.
fn stored_codes(
    writer: &mut Writer<'_>,
    tensor: &str,
    values: &ArrayD<i64>,
    ty: IntType,
    [scale, zero_point]: [&AxisParam; 2],
) -> String {
    let elem = elem_for(ty);
    let name = format!("{tensor}.quantizer");
    let stored = codes(writer, tensor, "codes", elem, values);
    let kept = clip(writer, &stored, tensor, &name, ty, elem);
    let shape: Vec<usize> = scale.axis.iter().map(|_| scale.values.len()).collect();
    let scale_name = writer.floats(tensor, "scale", &shape, &scale.values);
    let zeros = ArrayD::from_shape_fn(shape, |index| {
        zero_point.at(index.slice().first().copied().unwrap_or(0)) as i64
    });
    let zero_name = codes(writer, tensor, "zero_point", elem, &zeros);
    let built = node("DequantizeLinear", [kept.as_str(), &scale_name, &zero_name], [tensor]).name(&name);
    writer.node(match scale.axis {
        Some(axis) => built.attr_int("axis", axis as i64),
        None => built,
    });
    tensor.to_owned()
}
