//! `MatMul` and `Gemm`: integer dot products.

use super::Lowered;
use super::context::{Call, Lowering, Operand};
use super::elementwise::{constant_values, float_inside};
use super::integers::Affine;
use super::mac::{self, Sums, Vectors};
use super::value::{IntValue, Value};
use super::weights::Weights;
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::Shape;
use crate::network::Op;
use crate::number::{Exact, exact};
use crate::scalar::Step;
use crate::tensor::Constant;
use ndarray::ArrayD;
use num_traits::One;
use std::sync::Arc;

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
    let (value, meaning) = lowering.integers(value, &name)?;
    let (mut alpha, mut trans_x, mut trans_w) = (1.0, weights_first, !weights_first);
    if let Op::Gemm { alpha: factor, trans_a, trans_b, .. } = call.op {
        (alpha, trans_x, trans_w) = (*factor, *trans_a, !*trans_b);
    }
    let mut matrix = Weights::matrix(weights, trans_w, &name)?;
    matrix.output_scale.iter_mut().for_each(|s| *s *= exact(alpha));
    let rows = Rows::new(lowering, value, trans_x, matrix.codes.ncols(), &name)?;
    let result = rows.times(lowering, matrix, meaning, &name)?;
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
    let add = constant_values(&result, c, &name)?.iter().map(|v| v * exact(*beta)).collect();
    Ok(vec![Value::Int(result.then(Step::Affine { mul: vec![Exact::one()], add }, &name))])
}

/// The operand's rows as vectors of its stream.
struct Rows {
    /// The stream.
    stream: IntValue,
    /// Vectors per frame.
    count: usize,
    /// Position within the vector of each of the operand's columns.
    columns: Vec<usize>,
    /// Shape of the result's leading axes.
    leading: Vec<usize>,
}

impl Rows {
    /// One row is the whole frame, wherever its elements lie; several are pixels, in order. Elements that repeat or are
    /// few are brought together first.
    fn new(
        lowering: &mut Lowering,
        value: IntValue,
        transpose: bool,
        inputs: usize,
        node: &str,
    ) -> Result<Rows, Diagnostic> {
        let index = if transpose { value.index.view().reversed_axes() } else { value.index.view() };
        let index = index.as_standard_layout().into_owned();
        let inner = index.shape().last().copied().unwrap_or(1);
        if inner != inputs {
            let reason = format!("vectors of {inner} elements meet weights for {inputs}");
            return Err(Diagnostic::new(Code::BadShape, node, reason, "check the exported shapes"));
        }
        let leading = index.shape()[..index.ndim().saturating_sub(1)].to_vec();
        let count = index.len() / inner.max(1);
        if count == 1 && is_most(&index, value.shape.elements()) {
            let columns = index.iter().map(|p| *p as usize).collect();
            return Ok(Rows { stream: value, count, columns, leading });
        }
        let stream = by_rows(lowering, &value, index, node)?;
        Ok(Rows { stream, count, columns: (0..inner).collect(), leading })
    }

    fn times(
        self,
        lowering: &mut Lowering,
        weights: Weights,
        meaning: Affine,
        node: &str,
    ) -> Result<IntValue, Diagnostic> {
        let outputs = weights.codes.nrows();
        let length = if self.count == 1 { self.stream.shape.elements() } else { self.columns.len() };
        let weights = weights.placed(&self.columns, length);
        let pixels = if self.count == 1 { Shape::vector(1) } else { self.stream.shape };
        let tensor_shape: Vec<usize> = self.leading.into_iter().chain([outputs]).collect();
        let positions = (0..(self.count * outputs) as u32).collect();
        let index = ArrayD::from_shape_vec(tensor_shape, positions).expect("rows times outputs elements");
        let channels = self.stream.shape.channels;
        let x = Vectors { stream: self.stream, meaning, channels, groups: 1 };
        mac::dot(lowering, node, &x, &weights, Sums { shape: Shape { channels: outputs, ..pixels }, index })
    }
}

/// Whether the positions are different ones, and at least half of a stream's: the others meet weights of zero.
fn is_most(index: &ArrayD<u32>, elements: usize) -> bool {
    let mut seen = vec![false; elements];
    index.iter().all(|p| !std::mem::replace(&mut seen[*p as usize], true)) && 2 * index.len() >= elements
}

/// The stream with the rows of `index` (its positions) as pixels.
fn by_rows(
    lowering: &mut Lowering,
    value: &IntValue,
    index: ArrayD<u32>,
    node: &str,
) -> Result<IntValue, Diagnostic> {
    let channels = index.shape().last().copied().unwrap_or(1);
    let pixels = index.len() / channels.max(1);
    let shape = match value.shape {
        Shape { channels: c, .. } if c == channels && value.shape.pixels() == pixels => value.shape,
        _ => Shape { height: pixels, width: 1, channels },
    };
    let positions = ArrayD::from_shape_vec(index.raw_dim(), (0..index.len() as u32).collect())
        .expect("as many positions as elements");
    lowering.arranged(&value.moved(index), shape, positions, node)
}
