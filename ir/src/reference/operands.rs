//! What every operator needs: its operands, its errors, its output's memory.

use crate::diagnostic::{Code, Diagnostic};
use ndarray::{ArrayD, ArrayViewD, CowArray, IxDyn};

/// Elements that a tensor may have at most (8 GiB of float64): more is a mistake in a shape.
const MAX_ELEMENTS: usize = 1 << 30;

/// The result of an operator.
pub(super) type Evaluated<T> = Result<T, Diagnostic>;

/// Shapes do not fit; the executor fills in which node.
pub(super) fn bad_shape(reason: impl Into<String>) -> Diagnostic {
    Diagnostic::new(
        Code::BadShape,
        "",
        reason,
        "compare with the shapes that ONNX's shape inference finds for this node",
    )
}

/// Refuses with `reason` unless `good`.
pub(super) fn ensure(good: bool, reason: impl FnOnce() -> String) -> Evaluated<()> {
    if good { Ok(()) } else { Err(bad_shape(reason())) }
}

/// The operand at `position`, which must be there.
pub(super) fn operand<'a>(inputs: &[Option<&'a ArrayD<f64>>], position: usize) -> Evaluated<&'a ArrayD<f64>> {
    optional(inputs, position).ok_or_else(|| bad_shape(format!("input {position} is missing")))
}

/// The operand at `position`, if it is there.
pub(super) fn optional<'a>(inputs: &[Option<&'a ArrayD<f64>>], position: usize) -> Option<&'a ArrayD<f64>> {
    inputs.get(position).copied().flatten()
}

/// How many elements a shape has, refusing what no memory holds.
pub(super) fn elements(shape: &[usize]) -> Evaluated<usize> {
    let product = shape.iter().try_fold(1usize, |product, &d| product.checked_mul(d));
    product
        .filter(|&n| n <= MAX_ELEMENTS)
        .ok_or_else(|| bad_shape(format!("a tensor of shape {shape:?} is too large")))
}

/// A tensor of one value.
pub(super) fn filled(shape: &[usize], value: f64) -> Evaluated<ArrayD<f64>> {
    elements(shape)?;
    Ok(ArrayD::from_elem(IxDyn(shape), value))
}

/// A tensor of the given elements in row-major order.
pub(super) fn from_elements(shape: &[usize], data: Vec<f64>) -> Evaluated<ArrayD<f64>> {
    let count = data.len();
    ArrayD::from_shape_vec(IxDyn(shape), data)
        .map_err(|_| bad_shape(format!("{count} elements do not make shape {shape:?}")))
}

/// The same tensor, row-major and without gaps.
pub(super) fn contiguous(x: &ArrayD<f64>) -> CowArray<'_, f64, IxDyn> {
    x.as_standard_layout()
}

/// The elements of a tensor from [`contiguous`].
pub(super) fn slice<'a>(x: &'a CowArray<'_, f64, IxDyn>) -> &'a [f64] {
    x.as_slice().expect("row-major and without gaps by construction")
}

/// A row-major copy.
pub(super) fn owned(x: ArrayViewD<'_, f64>) -> ArrayD<f64> {
    x.as_standard_layout().into_owned()
}

/// The elements of a tensor that this module made.
pub(super) fn slice_mut(x: &mut ArrayD<f64>) -> &mut [f64] {
    x.as_slice_mut().expect("tensors are made row-major and without gaps")
}
