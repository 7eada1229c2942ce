//! Operators on constants, computed at import: shape arithmetic in integers, parameters in float64.
//!
//! A folded float is a constant of the specification: it is computed once, in float64, from the constants in
//! the file (a product of two float32 numbers is exact; a root is not), and everything after is exact.

use super::axis;
use super::movement::Movement;
use crate::network::Op;
use crate::tensor::{AxisParam, Constant};
use ndarray::{ArrayD, Axis, IxDyn, concatenate};

type Result<T> = std::result::Result<T, String>;

/// Whether [`fold`] knows the operator.
pub(super) fn can(op: &Op) -> bool {
    use Op::*;
    matches!(
        op,
        Reshape { .. }
            | Transpose { .. }
            | Identity
            | Concat { .. }
            | Split { .. }
            | Relu
            | Neg
            | Sqrt
            | Sign
    ) || binary(op).is_some()
}

/// The outputs of an operator on constants, `None` where it is to stay in the network.
///
/// # Errors
/// Integers overflow, a divisor is zero, or floats leave their range.
pub(super) fn fold(op: &Op, operands: &[&Constant]) -> Result<Option<Vec<Constant>>> {
    let one = |data: Constant| Ok(Some(vec![data]));
    match (op, operands) {
        (Op::Identity, [data]) => one((*data).clone()),
        (Op::Reshape { shape }, [data]) => one(Movement::Reshape(shape.clone()).apply(data)),
        (Op::Transpose { perm }, [data]) => one(Movement::Transpose(perm.clone()).apply(data)),
        (Op::Split { axis, lengths }, [data]) => Ok(Some(split(data, *axis, lengths))),
        (Op::Concat { axis }, all) => one(concat(all, *axis)?),
        (Op::Relu | Op::Neg | Op::Sqrt | Op::Sign, [data]) => one(unary(op, data)?),
        (_, [a, b]) => one(arithmetic(op, a, b)?),
        _ => Ok(None),
    }
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

fn unary(op: &Op, data: &Constant) -> Result<Constant> {
    if let (Constant::Int(values), false) = (data, matches!(op, Op::Sqrt)) {
        return Ok(Constant::Int(values.mapv(|value| match op {
            Op::Relu => value.max(0),
            Op::Neg => value.wrapping_neg(),
            _ => value.signum(),
        })));
    }
    finite(data.to_real().mapv(|value| match op {
        Op::Relu => value.max(0.0),
        Op::Neg => -value,
        Op::Sqrt => value.sqrt(),
        _ if value == 0.0 => 0.0,
        _ => value.signum(),
    }))
}

/// An operator of two operands, in floats and in integers.
type Binary = (fn(f64, f64) -> f64, fn(i64, i64) -> Option<i64>);

fn binary(op: &Op) -> Option<Binary> {
    Some(match op {
        Op::Add => (|a, b| a + b, i64::checked_add),
        Op::Sub => (|a, b| a - b, i64::checked_sub),
        Op::Mul => (|a, b| a * b, i64::checked_mul),
        Op::Div => (|a, b| a / b, i64::checked_div),
        Op::Pow => (f64::powf, |a, b| a.checked_pow(u32::try_from(b).ok()?)),
        _ => return None,
    })
}

fn arithmetic(op: &Op, a: &Constant, b: &Constant) -> Result<Constant> {
    let (float, int) = binary(op).ok_or("the operator is not arithmetic")?;
    if let (Some(a), Some(b)) = (as_int(a), as_int(b)) {
        return zip(a, b, int)?.into_iter().collect::<Option<Vec<_>>>().map_or_else(
            || Err("integers overflow, or are divided by zero".to_owned()),
            |values| shaped(values, a.shape(), b.shape()).map(Constant::Int),
        );
    }
    if let Some(rescaled) = rescale(op, a, b) {
        return Ok(rescaled);
    }
    let (a, b) = (a.to_real(), b.to_real());
    let values = zip(&a, &b, float)?;
    shaped(values, a.shape(), b.shape()).and_then(finite)
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

/// The results of all pairs of elements of two tensors broadcast together, in row-major order.
fn zip<T: Copy, R>(a: &ArrayD<T>, b: &ArrayD<T>, f: impl Fn(T, T) -> R) -> Result<Vec<R>> {
    let shape = axis::broadcast_shape(a.shape(), b.shape()).ok_or("the shapes do not broadcast")?;
    let wide =
        |values: &ArrayD<T>| values.broadcast(IxDyn(&shape)).map(|view| view.iter().copied().collect());
    let (a, b): (Option<Vec<T>>, Option<Vec<T>>) = (wide(a), wide(b));
    let pairs = a.zip(b).ok_or("the shapes do not broadcast")?;
    Ok(pairs.0.into_iter().zip(pairs.1).map(|(a, b)| f(a, b)).collect())
}

fn shaped<T>(values: Vec<T>, a: &[usize], b: &[usize]) -> Result<ArrayD<T>> {
    let shape = axis::broadcast_shape(a, b).unwrap_or_default();
    ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|error| error.to_string())
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
        assert_eq!(folded, Some(vec![int(&[3, -3])]), "integers divide towards zero");
        assert!(fold(&Op::Div, &[&int(&[7]), &int(&[0])]).is_err());
        assert!(fold(&Op::Mul, &[&int(&[i64::MAX]), &int(&[2])]).is_err());
        assert_eq!(
            fold(&Op::Concat { axis: 0 }, &[&int(&[1]), &int(&[2])]).unwrap(),
            Some(vec![int(&[1, 2])])
        );
        let halves = fold(&Op::Split { axis: 0, lengths: vec![1, 2] }, &[&int(&[1, 2, 3])]).unwrap();
        assert_eq!(halves, Some(vec![int(&[1]), int(&[2, 3])]));
    }

    #[test]
    fn floats_must_stay_finite() {
        assert_eq!(fold(&Op::Pow, &[&float(9.0), &float(0.5)]).unwrap(), Some(vec![float(3.0)]));
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
        assert_eq!(fold(&Op::Mul, &[&float(2.0), &weights(0.5)]).unwrap(), Some(vec![weights(1.0)]));
        assert_eq!(fold(&Op::Div, &[&weights(0.5), &float(2.0)]).unwrap(), Some(vec![weights(0.25)]));
        let negated = fold(&Op::Mul, &[&float(-1.0), &weights(0.5)]).unwrap().unwrap();
        assert!(matches!(&negated[0], Constant::Float(values) if values[[0]] == 1.5));
    }
}
