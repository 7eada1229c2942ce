//! Axes, broadcasting, and parameters that run along an axis.

use crate::tensor::AxisParam;
use ndarray::ArrayD;

/// An axis counted from the front.
pub(super) fn normalize(axis: i64, rank: usize) -> Option<usize> {
    let rank = i64::try_from(rank).ok()?;
    let axis = if axis < 0 { axis.checked_add(rank)? } else { axis };
    (0..rank).contains(&axis).then_some(axis as usize)
}

/// The shape of two tensors broadcast together (ONNX multidirectional broadcasting).
pub(super) fn broadcast_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let dim = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |at| shape[at]);
    let join = |axis| match (dim(a, axis), dim(b, axis)) {
        (x, y) if x == y => Some(x),
        (1, other) | (other, 1) => Some(other),
        _ => None,
    };
    (0..rank).map(join).collect()
}

/// Values broadcast over a tensor of `shape` as a parameter: one value, or along one axis. `None` where they
/// vary along several axes or do not fit.
pub(super) fn broadcast(values: &ArrayD<f64>, shape: &[usize]) -> Option<AxisParam> {
    let flat: Vec<f64> = values.iter().copied().collect();
    if broadcast_shape(values.shape(), shape)?.len() > shape.len() && flat.len() > 1 {
        return None;
    }
    let offset = shape.len().saturating_sub(values.ndim());
    let mut varying = (0..values.ndim()).filter(|axis| values.shape()[*axis] != 1);
    match (varying.next(), varying.next()) {
        (None, _) => Some(AxisParam::scalar(*flat.first()?)),
        (Some(axis), None) if shape.get(axis + offset) == Some(&flat.len()) => {
            Some(along(flat, axis + offset))
        }
        _ => None,
    }
}

/// Values along an axis; equal ones are one value.
pub(super) fn along(values: Vec<f64>, axis: usize) -> AxisParam {
    match values.first() {
        Some(first) if values.iter().all(|value| value == first) => AxisParam::scalar(*first),
        _ => AxisParam { values, axis: Some(axis) },
    }
}

/// A function of two parameters; `None` where they run along different axes.
pub(super) fn zip(a: &AxisParam, b: &AxisParam, f: impl Fn(f64, f64) -> f64) -> Option<AxisParam> {
    let axis = match (a.axis, b.axis) {
        (Some(x), Some(y)) if x != y => return None,
        (x, y) => x.or(y),
    };
    let count = a.values.len().max(b.values.len());
    let values: Vec<f64> = (0..count).map(|index| f(a.at(index), b.at(index))).collect();
    Some(axis.map_or_else(|| AxisParam::scalar(values[0]), |axis| along(values.clone(), axis)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::IxDyn;

    fn param(shape: &[usize], over: &[usize]) -> Option<AxisParam> {
        let count = shape.iter().product();
        let values = (0..count).map(|v: usize| v as f64).collect();
        broadcast(&ArrayD::from_shape_vec(IxDyn(shape), values).unwrap(), over)
    }

    #[test]
    fn parameters_run_along_one_axis_at_most() {
        assert_eq!(param(&[], &[2, 3]), Some(AxisParam::scalar(0.0)));
        assert_eq!(param(&[1, 1, 1], &[2, 3]), Some(AxisParam::scalar(0.0)));
        assert_eq!(param(&[3], &[2, 3]), Some(AxisParam { values: vec![0.0, 1.0, 2.0], axis: Some(1) }));
        assert_eq!(param(&[2, 1], &[2, 3]).and_then(|p| p.axis), Some(0));
        assert_eq!(param(&[2, 3], &[2, 3]), None);
        assert_eq!(param(&[1, 2, 1], &[2, 1]), None);
        assert_eq!(param(&[3], &[2, 1]), None, "the parameter must not enlarge the tensor");
        assert_eq!(param(&[4], &[2, 3]), None);
    }

    #[test]
    fn shapes_broadcast_from_the_right() {
        assert_eq!(broadcast_shape(&[2, 1, 3], &[4, 1]), Some(vec![2, 4, 3]));
        assert_eq!(broadcast_shape(&[2], &[3]), None);
        assert_eq!(broadcast_shape(&[], &[]), Some(vec![]));
    }
}
