//! Operators on codes: `QLinearMatMul`, `QLinearConv`, `MatMulInteger`, `ConvInteger`, and ONNX Runtime's
//! `QGemm`, `QLinearAdd`, `QLinearMul`, `QLinearConcat`, `QLinearLeakyRelu`, `QLinearSigmoid` and
//! `QLinearGlobalAveragePool`.
//!
//! Each is what it means: operands dequantized, the float operator, the result quantized.

use super::axis;
use super::call::{Call, Outputs};
use super::conv::{ATTRIBUTES, convolution};
use super::elementwise::broadcast;
use super::matmul::{product, product_and_sum};
use super::pool::global_average;
use super::quantizers_qdq::{check_zero_point, dequantize_part, quantize};
use super::registry::{Domain, Registry};
use super::slicing::join;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::network::Op;
use crate::onnx::ElemType;
use crate::tensor::{AxisParam, Constant};
use ndarray::arr0;

/// Registers the family; the additions of ONNX Runtime are accepted in the standard domain too, where some
/// exporters write them.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("QLinearMatMul", 8..=8, &[], matmul);
    registry.insert("QLinearConv", 8..=9, ATTRIBUTES, conv);
    registry.insert("MatMulInteger", 2..=4, &[], matmul_integer);
    registry.insert("ConvInteger", 2..=4, ATTRIBUTES, conv_integer);
    for domain in [Domain::Onnx, Domain::Microsoft] {
        registry.domain(domain);
        registry.insert("QLinearAdd", 7..=8, &[], |call| binary(call, Op::Add));
        registry.insert("QLinearMul", 7..=8, &[], |call| binary(call, Op::Mul));
        registry.insert("QLinearConcat", 5..=usize::MAX, &["axis"], concat);
        registry.insert("QLinearLeakyRelu", 4..=5, &["alpha"], leaky_relu);
        registry.insert("QLinearSigmoid", 4..=5, &[], |call| activation(call, Op::Sigmoid));
        registry.insert("QGemm", 6..=9, &["alpha", "transA", "transB"], gemm);
        registry.insert("QLinearGlobalAveragePool", 4..=5, &["channels_last"], global_average_pool);
    }
    registry.domain(Domain::Onnx);
}

type Result<T> = std::result::Result<T, Diagnostic>;

/// Dequantizes operand `index`, whose scale and zero point follow it. `axis`: where a vector of them runs.
fn real(call: &mut Call<'_, '_>, index: usize, part: &str, axis: usize) -> Result<Value> {
    let x = call.operand(index)?;
    let scale = vector(call, index + 1, "scale", &x, axis)?;
    call.check_scale(&scale)?;
    let zero_point = zero_point(call, index + 2, &x, axis)?;
    dequantize_part(call, part, &x, scale, zero_point)
}

/// A zero point that may be absent.
fn zero_point(call: &Call<'_, '_>, index: usize, x: &Value, axis: usize) -> Result<AxisParam> {
    if call.optional(index).is_none() {
        return Ok(AxisParam::scalar(0.0));
    }
    let zero_point = vector(call, index, "zero point", x, axis)?;
    check_zero_point(call, &zero_point, x.elem).map(|()| zero_point)
}

/// One number, or as many as an axis of the tensor has elements.
fn vector(call: &Call<'_, '_>, index: usize, what: &str, x: &Value, at: usize) -> Result<AxisParam> {
    let values = call.reals(index, what)?;
    let flat: Vec<f64> = values.iter().copied().collect();
    match flat[..] {
        [value] => Ok(AxisParam::scalar(value)),
        _ if values.ndim() == 1 && x.shape.get(at) == Some(&flat.len()) && !flat.is_empty() => {
            Ok(axis::along(flat, at))
        }
        _ => {
            let reason =
                format!("a {what} of shape {:?} for `{}` of shape {:?}", values.shape(), x.tensor, x.shape);
            Err(call.bad_shape(reason))
        }
    }
}

/// Quantizes a result by the scale and zero point at `index` and after; its codes have the zero point's type.
fn coded(call: &mut Call<'_, '_>, index: usize, x: &Value, without: ElemType) -> Outputs {
    let (scale, zero_point, elem) = output_code(call, index, without)?;
    Ok(vec![quantize(call, x, AxisParam::scalar(scale), AxisParam::scalar(zero_point), elem)?])
}

/// Scale, zero point and type of the codes of a result, whose scale is operand `index`.
fn output_code(call: &Call<'_, '_>, index: usize, without: ElemType) -> Result<(f64, f64, ElemType)> {
    let scale = call.number(index, "output scale")?;
    call.check_scale(&AxisParam::scalar(scale))?;
    let elem = call.optional(index + 1).map_or(without, |zero_point| zero_point.elem);
    let zero_point = call.optional_number(index + 1, "output zero point")?.unwrap_or(0.0);
    check_zero_point(call, &AxisParam::scalar(zero_point), elem)?;
    Ok((scale, zero_point, elem))
}

/// The last axis but one and the last: rows of A and columns of B.
fn rows_and_columns(call: &Call<'_, '_>, b: usize) -> Result<(usize, usize)> {
    let (a, b) = (call.operand(0)?, call.operand(b)?);
    Ok((a.rank().saturating_sub(2), b.rank().saturating_sub(1)))
}

fn matmul(call: &mut Call<'_, '_>) -> Outputs {
    let (rows, columns) = rows_and_columns(call, 3)?;
    let a = real(call, 0, "a", rows)?;
    let b = real(call, 3, "b", columns)?;
    let product = call.part("product", |call| product(call, &a, &b))?;
    coded(call, 6, &product, ElemType::Uint8)
}

fn conv(call: &mut Call<'_, '_>) -> Outputs {
    let x = real(call, 0, "x", 1)?;
    let w = real(call, 3, "w", 0)?;
    let bias = call.optional(8).map(|bias| accumulated(call, &bias, 1.0)).transpose()?;
    let sum = call.part("conv", |call| convolution(call, &x, &w, bias.as_ref()))?;
    coded(call, 6, &sum, ElemType::Uint8)
}

/// The bias of `QLinearConv` and `QGemm`, in steps of `factor` times the product of the operands' scales.
fn accumulated(call: &mut Call<'_, '_>, bias: &Value, factor: f64) -> Result<Value> {
    let x_scale = call.number(1, "scale")?;
    let w_scale = vector(call, 4, "scale", bias, bias.rank().saturating_sub(1))?;
    let values = w_scale.values.iter().map(|scale| scale * x_scale * factor).collect();
    let scale = AxisParam { values, axis: w_scale.axis };
    call.check_scale(&scale)?;
    dequantize_part(call, "bias", bias, scale, AxisParam::scalar(0.0))
}

fn matmul_integer(call: &mut Call<'_, '_>) -> Outputs {
    let (rows, columns) = rows_and_columns(call, 1)?;
    let a = integer(call, 0, "a", rows)?;
    let b = integer(call, 1, "b", columns)?;
    Ok(vec![product(call, &a, &b)?.with_elem(ElemType::Int32)])
}

fn conv_integer(call: &mut Call<'_, '_>) -> Outputs {
    let x = integer(call, 0, "x", 1)?;
    let w = integer(call, 1, "w", 0)?;
    Ok(vec![convolution(call, &x, &w, None)?.with_elem(ElemType::Int32)])
}

/// Operand `index` less its zero point, which is two places behind.
fn integer(call: &mut Call<'_, '_>, index: usize, part: &str, axis: usize) -> Result<Value> {
    let x = call.operand(index)?;
    let zero_point = zero_point(call, index + 2, &x, axis)?;
    dequantize_part(call, part, &x, AxisParam::scalar(1.0), zero_point)
}

/// `QLinearAdd` and `QLinearMul`: these two of ONNX Runtime's kernels add the zero point before they round, the others after.
/// That makes a difference for ties, and only where the zero point is odd: then one of it goes into the quotient.
fn binary(call: &mut Call<'_, '_>, op: Op) -> Outputs {
    let (a, b) = (real(call, 0, "a", usize::MAX)?, real(call, 3, "b", usize::MAX)?);
    let result = call.part("result", |call| broadcast(call, op, &a, &b))?;
    let (scale, zero_point, elem) = output_code(call, 6, call.operand(0)?.elem)?;
    let odd = zero_point.rem_euclid(2.0);
    let shifted = match odd == 0.0 {
        true => result,
        false => {
            let step = call.computed_part("step", Constant::Float(arr0(scale).into_dyn()), result.elem)?;
            call.part("shifted", |call| broadcast(call, Op::Add, &result, &step))?
        }
    };
    let (scale, zero_point) = (AxisParam::scalar(scale), AxisParam::scalar(zero_point - odd));
    Ok(vec![quantize(call, &shifted, scale, zero_point, elem)?])
}

fn global_average_pool(call: &mut Call<'_, '_>) -> Outputs {
    call.only_int("channels_last", 0, "transpose to channels first")?;
    let x = real(call, 0, "x", usize::MAX)?;
    let elem = call.operand(0)?.elem;
    let mean = call.part("mean", |call| global_average(call, &x))?;
    coded(call, 3, &mean, elem)
}

/// A function of one value between a dequantizer and a quantizer.
fn activation(call: &mut Call<'_, '_>, op: Op) -> Outputs {
    let x = real(call, 0, "x", usize::MAX)?;
    let elem = call.operand(0)?.elem;
    let result = call.emit_part("function", op, &[&x], x.shape.clone())?;
    coded(call, 3, &result, elem)
}

fn leaky_relu(call: &mut Call<'_, '_>) -> Outputs {
    let slope = AxisParam::scalar(call.float("alpha", 0.01)?);
    activation(call, Op::LeakyRelu { slope })
}

/// Output scale and zero point, then operand, scale and zero point of each tensor.
fn concat(call: &mut Call<'_, '_>) -> Outputs {
    let elem = call.operand(1)?.elem;
    let count = call.operands.len() - 2;
    if !count.is_multiple_of(3) {
        return Err(call.bad_shape("operands must come in threes: tensor, scale, zero point"));
    }
    let parts = (0..count / 3).map(|at| real(call, 2 + 3 * at, &format!("x{at}"), usize::MAX));
    let parts = parts.collect::<Result<Vec<_>>>()?;
    let joined = call.part("concat", |call| join(call, &parts))?;
    coded(call, 0, &joined, elem)
}

/// `alpha · A' · B' + C`, where C counts in steps of the product of the operands' scales and of alpha.
fn gemm(call: &mut Call<'_, '_>) -> Outputs {
    let (trans_a, trans_b) = (call.flag("transA", false)?, call.flag("transB", false)?);
    let alpha = call.float("alpha", 1.0)?;
    let a = real(call, 0, "a", usize::MAX)?;
    let b = real(call, 3, "b", usize::from(!trans_b))?;
    let c = call.optional(6).map(|bias| accumulated(call, &bias, alpha)).transpose()?;
    let op = Op::Gemm { alpha, beta: 1.0, trans_a, trans_b };
    if call.optional(7).is_none() {
        return Ok(vec![product_and_sum(call, op, &a, &b, c.as_ref())?]);
    }
    let sum = call.part("gemm", |call| product_and_sum(call, op, &a, &b, c.as_ref()))?;
    coded(call, 7, &sum, ElemType::Uint8)
}
