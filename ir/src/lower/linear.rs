//! `MatMul` and `Gemm`: integer dot products.

use super::Lowered;
use super::context::{Call, Lowering, Operand};
use super::elementwise::{channel_values, float_inside};
use super::value::{IntValue, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{Dot, IntOp, Shape};
use crate::network::Op;
use crate::number::{Exact, IntType, exact};
use crate::scalar::{ScalarFn, Step, at};
use crate::tensor::Constant;
use ndarray::{Array2, ArrayD, Axis};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::sync::Arc;

/// Widest weights that the hardware carries.
const MAX_WEIGHT_BITS: u32 = 16;

pub(crate) fn lower(lowering: &mut Lowering, call: &Call) -> Lowered {
    let (Some(a), Some(b)) = (call.operand(0), call.operand(1)) else { return Ok(call.on_host()) };
    match (&a.value, &b.value) {
        (Value::Int(_), Value::Constant(w)) => product(lowering, call, a, w, false),
        (Value::Constant(w), Value::Int(_)) if matches!(call.op, Op::MatMul) => {
            product(lowering, call, b, w, true)
        }
        (Value::Host { after: Some(culprit) }, _) | (_, Value::Host { after: Some(culprit) }) => {
            Err(float_inside(lowering.network, call, *culprit))
        }
        (Value::Int(_), _) | (_, Value::Int(_)) => Err(Diagnostic::new(
            Code::NotConstant,
            call.name(lowering.network),
            "both operands are computed; a MAC array multiplies a stream by constant weights",
            "make one operand an initializer",
        )),
        _ => Ok(call.on_host()),
    }
}

/// `x · W`, or `W · x` (`weights_first`), then Gemm's addend.
fn product(
    lowering: &mut Lowering,
    call: &Call,
    x: &Operand,
    weights: &Constant,
    weights_first: bool,
) -> Lowered {
    let name = call.name(lowering.network);
    let Value::Int(value) = &x.value else { return Ok(call.on_host()) };
    let value = lowering.materialize(x.tensor, value)?;
    let (mut alpha, mut trans_x, mut trans_w) = (1.0, weights_first, !weights_first);
    if let Op::Gemm { alpha: factor, trans_a, trans_b, .. } = call.op {
        (alpha, trans_x, trans_w) = (*factor, *trans_a, !*trans_b);
    }
    let matrix = Weights::new(weights, trans_w, &name)?;
    let rows = Rows::new(&value, trans_x, matrix.codes.ncols(), &name)?;
    let result = dot(lowering, &name, &value, &matrix, &rows, alpha)?;
    let result = if weights_first { transposed(result) } else { result };
    addend(lowering, call, result)
}

fn transposed(value: IntValue) -> IntValue {
    let index = value.index.view().reversed_axes().as_standard_layout().into_owned();
    IntValue { index: Arc::new(index), ..value }
}

fn addend(lowering: &Lowering, call: &Call, result: IntValue) -> Lowered {
    let (Op::Gemm { beta, .. }, Some(c)) = (call.op, call.operand(2)) else {
        return Ok(vec![Value::Int(result)]);
    };
    let name = call.name(lowering.network);
    let Value::Constant(c) = &c.value else {
        return Err(Diagnostic::new(
            Code::NotConstant,
            name,
            "its addend C is computed",
            "use Gemm without C and an Add",
        ));
    };
    let add = channel_values(&result, &c.to_real(), &name)?.iter().map(|v| v * exact(*beta)).collect();
    Ok(vec![Value::Int(result.then(Step::Affine { mul: vec![Exact::one()], add }, &name))])
}

/// Weights as exact integers times a scale per output and one per input.
pub(crate) struct Weights {
    /// `[outputs][inputs]`, zero point subtracted.
    pub codes: Array2<i64>,
    /// One or per output.
    pub output_scale: Vec<Exact>,
    /// One or per input.
    pub input_scale: Vec<Exact>,
}

impl Weights {
    /// The matrix `[outputs][inputs]`, transposed from the constant's `[inputs][outputs]` if `transpose`.
    fn new(constant: &Constant, transpose: bool, node: &str) -> Result<Weights, Diagnostic> {
        let (codes, scale, axis) = integer_codes(constant, node)?;
        let shape = codes.shape().to_vec();
        let codes = codes.into_dimensionality::<ndarray::Ix2>().map_err(|_| {
            Diagnostic::new(
                Code::BadShape,
                node,
                format!("weights of shape {shape:?} are not a matrix"),
                "use one matrix for all vectors",
            )
        })?;
        let one = || vec![Exact::one()];
        let along_outputs = axis.is_none_or(|a| (a == 1) == transpose);
        let (output_scale, input_scale) = if along_outputs { (scale, one()) } else { (one(), scale) };
        let codes = if transpose { codes.reversed_axes().as_standard_layout().into_owned() } else { codes };
        Ok(Weights { codes, output_scale, input_scale })
    }
}

/// Codes less their zero points, the scale, and the axis that the scale runs along.
type IntegerCodes = (ArrayD<i64>, Vec<Exact>, Option<usize>);

/// The codes of a quantized constant.
fn integer_codes(constant: &Constant, node: &str) -> Result<IntegerCodes, Diagnostic> {
    let Constant::Quantized { codes, scale, zero_point, .. } = constant else {
        return Err(Diagnostic::new(
            Code::MissingQuantizer,
            node,
            "its weights are floats without a quantizer",
            "quantize the weights (Quant or DequantizeLinear), or annotate their integer datatype",
        ));
    };
    if zero_point.values.iter().any(|z| z.fract() != 0.0) {
        let help = "use an integer zero point";
        return Err(Diagnostic::new(
            Code::ScaleNotFoldable,
            node,
            "the weights' zero point is not an integer",
            help,
        ));
    }
    let mut centered = codes.clone();
    match zero_point.axis.filter(|_| zero_point.values.len() > 1) {
        None => centered -= zero_point.values[0] as i64,
        Some(axis) => {
            for (mut lane, zero) in centered.axis_iter_mut(Axis(axis)).zip(&zero_point.values) {
                lane -= *zero as i64;
            }
        }
    }
    Ok((
        centered,
        scale.values.iter().map(|s| exact(*s)).collect(),
        scale.axis.filter(|_| scale.values.len() > 1),
    ))
}

/// How the operand's rows lie in the stream.
struct Rows {
    /// Vectors per frame.
    count: usize,
    /// Position within the vector of each of the operand's columns.
    columns: Vec<usize>,
    /// Shape of the result's leading axes.
    leading: Vec<usize>,
}

impl Rows {
    fn new(value: &IntValue, transpose: bool, inputs: usize, node: &str) -> Result<Rows, Diagnostic> {
        let index = if transpose { value.index.view().reversed_axes() } else { value.index.view() };
        let index = index.as_standard_layout();
        let inner = index.shape().last().copied().unwrap_or(1);
        if inner != inputs {
            let reason = format!("vectors of {inner} elements meet weights for {inputs}");
            return Err(Diagnostic::new(Code::BadShape, node, reason, "check the exported shapes"));
        }
        let leading = index.shape()[..index.ndim().saturating_sub(1)].to_vec();
        let count = index.len() / inner.max(1);
        let stride = if count == 1 { value.shape.elements() } else { value.shape.channels };
        let columns: Vec<usize> = index.iter().take(inner).map(|p| *p as usize).collect();
        let regular =
            index.iter().enumerate().all(|(i, p)| *p as usize == (i / inner) * stride + columns[i % inner]);
        if !regular || stride != inner {
            return Err(Diagnostic::new(
                Code::BadShape,
                node,
                "the product does not run over the channels of a pixel or over a whole frame",
                "flatten the whole frame, or multiply along the channel axis",
            ));
        }
        Ok(Rows { count, columns, leading })
    }
}

fn dot(
    lowering: &mut Lowering,
    node: &str,
    x: &IntValue,
    weights: &Weights,
    rows: &Rows,
    alpha: f64,
) -> Result<IntValue, Diagnostic> {
    let (mul, add) = x.function.as_affine().ok_or_else(|| missing_quantizer(node, x))?;
    let channels = x.shape.channels;
    let meaning = |column: usize| {
        (at(&mul, rows.columns[column] % channels), at(&add, rows.columns[column] % channels))
    };
    let outputs = weights.codes.nrows();
    let (codes, common) = fold_input_scales(weights, |i| meaning(i).0 * at(&weights.input_scale, i), node)?;
    let constants = constants(weights, |i| meaning(i).1 * at(&weights.input_scale, i));
    let alpha = exact(alpha);
    let mul = weights.output_scale.iter().map(|s| s * &common * &alpha).collect();
    let add = (0..outputs).map(|o| &constants[o] * at(&weights.output_scale, o) * &alpha).collect();
    let dot = integer_dot(codes, rows, x.ty, node)?;
    let ty = dot.accumulator;
    let shape = Shape { channels: outputs, ..if rows.count == 1 { Shape::vector(1) } else { x.shape } };
    let mut tensor_shape = rows.leading.clone();
    tensor_shape.push(outputs);
    let positions = (0..(rows.count * outputs) as u32).collect();
    let index = ArrayD::from_shape_vec(tensor_shape, positions).expect("rows times outputs elements");
    let mut origin = x.pending.clone();
    origin.push(node.to_owned());
    let id = lowering.add(node, origin, IntOp::Dot(dot), &[x]);
    Ok(IntValue {
        node: id,
        ty,
        shape,
        function: ScalarFn::affine(mul, add),
        index: Arc::new(index),
        pending: Vec::new(),
    })
}

/// Per output, what the operand's constant parts (zero points) contribute: `Σ_i w[o][i] · constant(i)`.
fn constants(weights: &Weights, constant: impl Fn(usize) -> Exact) -> Vec<Exact> {
    let constant: Vec<Exact> = (0..weights.codes.ncols()).map(constant).collect();
    if constant.iter().all(Zero::is_zero) {
        return vec![Exact::zero(); weights.codes.nrows()];
    }
    if constant.windows(2).all(|pair| pair[0] == pair[1]) {
        let sum = |row: ndarray::ArrayView1<i64>| Exact::from_integer(row.sum().into());
        return weights.codes.rows().into_iter().map(|row| sum(row) * &constant[0]).collect();
    }
    let term = |(w, c): (&i64, &Exact)| c * Exact::from_integer((*w).into());
    weights.codes.rows().into_iter().map(|row| row.iter().zip(&constant).map(term).sum()).collect()
}

/// Brings every input to one common scale by whole factors: (codes, common scale).
fn fold_input_scales(
    weights: &Weights,
    scale: impl Fn(usize) -> Exact,
    node: &str,
) -> Result<(Array2<i64>, Exact), Diagnostic> {
    let scales: Vec<Exact> = (0..weights.codes.ncols()).map(scale).collect();
    let first = scales.first().cloned().unwrap_or_else(Exact::one);
    if scales.iter().all(|s| *s == first) {
        return Ok((weights.codes.clone(), first));
    }
    let common =
        scales.iter().filter(|s| !s.is_zero()).cloned().reduce(|a, b| gcd(&a, &b)).unwrap_or_else(Exact::one);
    let factors: Option<Vec<i64>> = scales.iter().map(|s| (s / &common).to_integer().to_i64()).collect();
    let too_wide = || {
        Diagnostic::new(
            Code::ScaleNotFoldable,
            node,
            "the scales of its inputs differ per channel and have no common step",
            "use one activation scale per tensor, or scales that differ by powers of two",
        )
    };
    let factors =
        factors.filter(|f| f.iter().all(|v| v.unsigned_abs() < 1 << MAX_WEIGHT_BITS)).ok_or_else(too_wide)?;
    let mut codes = weights.codes.clone();
    for (mut column, factor) in codes.columns_mut().into_iter().zip(factors) {
        column *= factor;
    }
    Ok((codes, common))
}

/// Greatest common divisor of two rationals.
fn gcd(a: &Exact, b: &Exact) -> Exact {
    let numer: BigInt = (a.numer() * b.denom()).gcd(&(b.numer() * a.denom()));
    Exact::new(numer, a.denom() * b.denom()).abs()
}

/// Columns in stream order, narrowest weight type, smallest accumulator by interval analysis per output.
fn integer_dot(codes: Array2<i64>, rows: &Rows, x: IntType, node: &str) -> Result<Dot, Diagnostic> {
    let mut weights = Array2::zeros(codes.raw_dim());
    for (column, position) in rows.columns.iter().enumerate() {
        weights.column_mut(*position).assign(&codes.column(column));
    }
    let weight_type = weight_type(&weights);
    if weight_type.bits > MAX_WEIGHT_BITS {
        let reason =
            format!("its weights need {} bits; hardware carries {MAX_WEIGHT_BITS}", weight_type.bits);
        return Err(Diagnostic::new(Code::TooWide, node, reason, "quantize the weights to 16 bits or fewer"));
    }
    let span = |row: ndarray::ArrayView1<i64>| {
        row.iter().fold((0i64, 0i64), |(low, high), w| {
            let (a, b) = (w * x.min, w * x.max);
            (low + a.min(b), high + a.max(b))
        })
    };
    let spans: Vec<(i64, i64)> = weights.rows().into_iter().map(span).collect();
    let low = spans.iter().map(|s| s.0).min().unwrap_or(0);
    let high = spans.iter().map(|s| s.1).max().unwrap_or(0);
    Ok(Dot { weights: Arc::new(weights), groups: 1, weight_type, accumulator: IntType::smallest(low, high) })
}

fn weight_type(weights: &Array2<i64>) -> IntType {
    if weights.iter().all(|w| w.abs() == 1) {
        return IntType::BIPOLAR;
    }
    let min = weights.iter().copied().min().unwrap_or(0);
    let max = weights.iter().copied().max().unwrap_or(0);
    IntType::smallest(min, max)
}

fn missing_quantizer(node: &str, x: &IntValue) -> Diagnostic {
    let last = x.pending.last().cloned().unwrap_or_default();
    Diagnostic::new(
        Code::MissingQuantizer,
        node,
        format!("its activations come from `{last}` without a quantizer"),
        format!("put a quantizer (Quant, QuantizeLinear) between `{last}` and `{node}`"),
    )
}
