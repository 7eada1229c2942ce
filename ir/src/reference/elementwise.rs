//! Operators that act on each element: sums, products and powers with ONNX's broadcasting, and functions of
//! one value.

use super::operands::{Evaluated, bad_shape, elements, operand, owned};
use super::runs::with_params;
use super::tolerance;
use crate::network::Op;
use crate::scalar::sigmoid;
use crate::tensor::AxisParam;
use ndarray::{ArrayD, IxDyn, Zip};

type Inputs<'a> = [Option<&'a ArrayD<f64>>];

/// An operator of two broadcast operands.
pub(super) fn binary(op: &Op, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let (a, b) = (operand(inputs, 0)?, operand(inputs, 1)?);
    match op {
        Op::Sub => broadcast(a, b, |a, b| tolerance::sum(a, -b)),
        Op::Mul => broadcast(a, b, |a, b| a * b),
        Op::Div => broadcast(a, b, |a, b| a / b),
        Op::Pow => broadcast(a, b, f64::powf),
        _ => broadcast(a, b, tolerance::sum),
    }
}

/// A function of one value; operators that are none leave it unchanged.
pub(super) fn unary(op: &Op, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let x = operand(inputs, 0)?;
    Ok(match *op {
        Op::Sqrt => map(x, f64::sqrt),
        Op::Neg => map(x, |v| -v),
        Op::Relu => map(x, |v| v.max(0.0)),
        Op::Clip { min, max } => {
            let (min, max) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
            map(x, |v| v.max(min).min(max))
        }
        Op::Sign => map(x, |v| if v == 0.0 { 0.0 } else { v.signum() }),
        Op::Sigmoid => map(x, sigmoid),
        Op::HardSigmoid { alpha, beta } => map(x, |v| tolerance::sum(alpha * v, beta).clamp(0.0, 1.0)),
        Op::Tanh => map(x, f64::tanh),
        _ => owned(x.view()),
    })
}

/// `x` where positive, else `slope · x`.
pub(super) fn leaky_relu(slope: &AxisParam, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let mut y = owned(operand(inputs, 0)?.view());
    with_params(&mut y, [slope], |run, [slope]| {
        run.iter_mut().filter(|v| **v < 0.0).for_each(|v| *v *= slope);
    })?;
    Ok(y)
}

/// `f` of every pair of elements, after ONNX's multidirectional broadcasting of the shapes.
pub(super) fn broadcast(
    a: &ArrayD<f64>,
    b: &ArrayD<f64>,
    f: impl Fn(f64, f64) -> f64,
) -> Evaluated<ArrayD<f64>> {
    let shape = broadcast_shape(a.shape(), b.shape())?;
    elements(&shape)?;
    if let (Some(b), true) = (only(b), a.shape() == shape) {
        return Ok(map(a, |a| f(a, b)));
    }
    if let (Some(a), true) = (only(a), b.shape() == shape) {
        return Ok(map(b, |b| f(a, b)));
    }
    let dim = IxDyn(&shape);
    let (Some(a), Some(b)) = (a.broadcast(dim.clone()), b.broadcast(dim)) else {
        return Err(mismatch(a.shape(), b.shape()));
    };
    let y = Zip::from(a).and(b).map_collect(|&a, &b| f(a, b));
    Ok(owned(y.view()))
}

/// The shape that two shapes broadcast to: aligned at the last axis, a length of 1 stretches.
pub(super) fn broadcast_shape(a: &[usize], b: &[usize]) -> Evaluated<Vec<usize>> {
    let rank = a.len().max(b.len());
    let length =
        |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    (0..rank)
        .map(|axis| match (length(a, axis), length(b, axis)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            _ => Err(mismatch(a, b)),
        })
        .collect()
}

fn mismatch(a: &[usize], b: &[usize]) -> crate::diagnostic::Diagnostic {
    bad_shape(format!("shapes {a:?} and {b:?} do not broadcast"))
}

/// The only element of a tensor of one.
fn only(x: &ArrayD<f64>) -> Option<f64> {
    if x.len() == 1 { x.first().copied() } else { None }
}

fn map(x: &ArrayD<f64>, f: impl Fn(f64) -> f64) -> ArrayD<f64> {
    let mut y = owned(x.view());
    y.mapv_inplace(f);
    y
}
