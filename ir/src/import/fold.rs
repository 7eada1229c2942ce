//! Operators on constants, computed at import: shape arithmetic in integers, parameters in float64.
//!
//! A folded float is a constant of the specification: it is computed once, in float64, from the constants in
//! the file (a product of two float32 numbers is exact; a root is not), and everything after is exact.

use super::axis;
use super::movement::Movement;
use crate::network::Op;
use crate::reference;
use crate::tensor::{AxisParam, Constant};
use ndarray::{ArrayD, Axis, IxDyn, concatenate};

type Result<T> = std::result::Result<T, String>;

/// Whether [`fold`] computes the operator: those that take about as long as their operands are large.
pub(super) fn can(op: &Op) -> bool {
    use Op::*;
    let moves = matches!(
        op,
        Reshape { .. } | Transpose { .. } | Identity | Concat { .. } | Split { .. } | Pad { .. }
    );
    let arithmetic = matches!(op, Add | Sub | Mul | Div | Pow | Sqrt | Neg | Relu | Sign | ReduceMean { .. });
    let functions =
        matches!(op, Clip { .. } | LeakyRelu { .. } | Sigmoid | HardSigmoid { .. } | Tanh | Softmax { .. });
    let affine = matches!(op, BatchNormalization { .. } | Quantize { .. } | Dequantize { .. });
    moves || arithmetic || functions || affine
}

/// The outputs of an operator on constants.
///
/// # Errors
/// Integers overflow, a divisor is zero, or floats leave their range.
pub(super) fn fold(op: &Op, operands: &[&Constant]) -> Result<Vec<Constant>> {
    match (op, operands) {
        (Op::Identity, [data]) => Ok(vec![(*data).clone()]),
        (Op::Reshape { shape }, [data]) => Ok(vec![Movement::Reshape(shape.clone()).apply(data)]),
        (Op::Transpose { perm }, [data]) => Ok(vec![Movement::Transpose(perm.clone()).apply(data)]),
        (Op::Split { axis, lengths }, [data]) => Ok(split(data, *axis, lengths)),
        (Op::Concat { axis }, all) => Ok(vec![concat(all, *axis)?]),
        _ => arithmetic(op, operands),
    }
}

fn arithmetic(op: &Op, operands: &[&Constant]) -> Result<Vec<Constant>> {
    if let Some(integers) = integers(op, operands) {
        return Ok(vec![integers?]);
    }
    if let [a, b] = operands
        && let Some(rescaled) = rescale(op, a, b)
    {
        return Ok(vec![rescaled]);
    }
    reals(op, operands)
}

fn split(data: &Constant, axis: usize, lengths: &[usize]) -> Vec<Constant> {
    let piece = |start: &mut usize, length: &usize| {
        let slice = Movement::Slice { axis, start: *start, step: 1, length: *length };
        *start += length;
        Some(slice.apply(data))
    };
    lengths.iter().scan(0, piece).collect()
}

fn concat(all: &[&Constant], axis: usize) -> Result<Constant> {
    let ints: Option<Vec<_>> = all.iter().map(|data| as_int(data)).collect();
    if let Some(ints) = ints {
        let views: Vec<_> = ints.iter().map(|values| values.view()).collect();
        return concatenate(Axis(axis), &views).map(Constant::Int).map_err(|error| error.to_string());
    }
    let reals: Vec<ArrayD<f64>> = all.iter().map(|data| data.to_real()).collect();
    let views: Vec<_> = reals.iter().map(|values| values.view()).collect();
    concatenate(Axis(axis), &views).map(Constant::Float).map_err(|error| error.to_string())
}

fn as_int(data: &Constant) -> Option<&ArrayD<i64>> {
    if let Constant::Int(values) = data { Some(values) } else { None }
}

/// Arithmetic on integers; `None` where the operator or an operand is not of integers.
fn integers(op: &Op, operands: &[&Constant]) -> Option<Result<Constant>> {
    let operands: Vec<&ArrayD<i64>> = operands.iter().map(|data| as_int(data)).collect::<Option<_>>()?;
    let overflow = || "integers overflow, or are divided by zero".to_owned();
    match (op, operands.as_slice()) {
        (Op::Relu, [a]) => Some(Ok(Constant::Int(a.mapv(|value| value.max(0))))),
        (Op::Sign, [a]) => Some(Ok(Constant::Int(a.mapv(i64::signum)))),
        (Op::Neg, [a]) => {
            let negated: Option<Vec<i64>> = a.iter().map(|value| value.checked_neg()).collect();
            Some(negated.ok_or_else(overflow).and_then(|values| shaped(values, a.shape())))
        }
        (_, [a, b]) => Some(zip(a, b, checked(op)?, overflow)),
        _ => None,
    }
}

/// An operator on two integers, `None` where it has no result in 64 bits.
type Checked = fn(i64, i64) -> Option<i64>;

fn checked(op: &Op) -> Option<Checked> {
    match op {
        Op::Add => Some(i64::checked_add),
        Op::Sub => Some(i64::checked_sub),
        Op::Mul => Some(i64::checked_mul),
        Op::Div => Some(i64::checked_div),
        Op::Pow => Some(|a, b| a.checked_pow(u32::try_from(b).ok()?)),
        _ => None,
    }
}

/// All pairs of elements of two tensors broadcast together.
fn zip(a: &ArrayD<i64>, b: &ArrayD<i64>, f: Checked, failure: impl Fn() -> String) -> Result<Constant> {
    let shape = axis::broadcast_shape(a.shape(), b.shape()).ok_or("the shapes do not broadcast")?;
    let wide = (a.broadcast(IxDyn(&shape)), b.broadcast(IxDyn(&shape)));
    let (Some(a), Some(b)) = wide else { return Err("the shapes do not broadcast".to_owned()) };
    let values: Option<Vec<i64>> = a.iter().zip(b.iter()).map(|(a, b)| f(*a, *b)).collect();
    shaped(values.ok_or_else(failure)?, &shape)
}

fn shaped(values: Vec<i64>, shape: &[usize]) -> Result<Constant> {
    ArrayD::from_shape_vec(IxDyn(shape), values).map(Constant::Int).map_err(|error| error.to_string())
}

/// The operator on real numbers, as the reference executor has it.
fn reals(op: &Op, operands: &[&Constant]) -> Result<Vec<Constant>> {
    let real: Vec<ArrayD<f64>> = operands.iter().map(|data| data.to_real()).collect();
    let inputs: Vec<Option<&ArrayD<f64>>> = real.iter().map(Some).collect();
    let outputs = reference::eval(op, &inputs).map_err(|diagnostic| diagnostic.reason)?;
    outputs.into_iter().map(finite).collect()
}

/// A product or quotient of a quantized constant by a positive number: the number goes into the scale.
fn rescale(op: &Op, a: &Constant, b: &Constant) -> Option<Constant> {
    let (quantized, factor) = match (op, a, b) {
        (Op::Mul | Op::Div, Constant::Quantized { .. }, other) => (a, other),
        (Op::Mul, other, Constant::Quantized { .. }) => (b, other),
        _ => return None,
    };
    let Constant::Quantized { codes, ty, scale, zero_point } = quantized else { return None };
    let real = factor.to_real();
    let factor = axis::broadcast(&real, codes.shape())?;
    let scale = axis::zip(scale, &factor, if matches!(op, Op::Div) { |s, f| s / f } else { |s, f| s * f })?;
    let positive = scale.values.iter().all(|value| *value > 0.0 && value.is_finite());
    let same_rank = real.ndim() <= codes.ndim();
    let (codes, zero_point): (ArrayD<i64>, AxisParam) = (codes.clone(), zero_point.clone());
    (positive && same_rank).then_some(Constant::Quantized { codes, ty: *ty, scale, zero_point })
}

fn finite(values: ArrayD<f64>) -> Result<Constant> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(format!("the result holds {value}")),
        None => Ok(Constant::Float(values)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::IntType;

    fn int(values: &[i64]) -> Constant {
        Constant::Int(ArrayD::from_shape_vec(IxDyn(&[values.len()]), values.to_vec()).unwrap())
    }

    fn float(value: f64) -> Constant {
        Constant::Float(ArrayD::from_elem(IxDyn(&[]), value))
    }

    #[test]
    fn integers_stay_integers() {
        let folded = fold(&Op::Div, &[&int(&[7, -7]), &int(&[2])]).unwrap();
        assert_eq!(folded, vec![int(&[3, -3])], "integers divide towards zero");
        assert!(fold(&Op::Div, &[&int(&[7]), &int(&[0])]).is_err());
        assert!(fold(&Op::Mul, &[&int(&[i64::MAX]), &int(&[2])]).is_err());
        assert_eq!(fold(&Op::Concat { axis: 0 }, &[&int(&[1]), &int(&[2])]).unwrap(), vec![int(&[1, 2])]);
        let halves = fold(&Op::Split { axis: 0, lengths: vec![1, 2] }, &[&int(&[1, 2, 3])]).unwrap();
        assert_eq!(halves, vec![int(&[1]), int(&[2, 3])]);
    }

    #[test]
    fn floats_must_stay_finite() {
        assert_eq!(fold(&Op::Pow, &[&float(9.0), &float(0.5)]).unwrap(), vec![float(3.0)]);
        assert!(fold(&Op::Div, &[&float(1.0), &float(0.0)]).is_err());
        assert!(fold(&Op::Sqrt, &[&float(-1.0)]).is_err());
    }

    #[test]
    fn a_positive_factor_goes_into_the_scale() {
        let weights = |scale| Constant::Quantized {
            codes: ArrayD::from_shape_vec(IxDyn(&[2]), vec![-3, 2]).unwrap(),
            ty: IntType::quantizer(true, 3, false),
            scale: AxisParam::scalar(scale),
            zero_point: AxisParam::scalar(0.0),
        };
        assert_eq!(fold(&Op::Mul, &[&float(2.0), &weights(0.5)]).unwrap(), vec![weights(1.0)]);
        assert_eq!(fold(&Op::Div, &[&weights(0.5), &float(2.0)]).unwrap(), vec![weights(0.25)]);
        let negated = fold(&Op::Mul, &[&float(-1.0), &weights(0.5)]).unwrap();
        assert!(matches!(&negated[0], Constant::Float(values) if values[[0]] == 1.5));
    }
}
