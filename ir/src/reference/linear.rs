//! Matrix products and batch normalization.

use super::elementwise::{broadcast, broadcast_shape};
use super::operands::{Evaluated, bad_shape, elements, ensure, from_elements, operand, optional, owned};
use super::runs::along;
use super::tolerance;
use crate::diagnostic::Diagnostic;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayD, ArrayView2, ArrayViewD, ArrayViewMut2, Axis, Ix2, IxDyn};

type Inputs<'a> = [Option<&'a ArrayD<f64>>];

/// ONNX `MatMul`: as numpy's `matmul`, with vectors, and with stacks of matrices that broadcast.
pub(super) fn mat_mul(inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let (a, b) = (operand(inputs, 0)?.view(), operand(inputs, 1)?.view());
    ensure(a.ndim() > 0 && b.ndim() > 0, || "a product with a scalar".into())?;
    let (row, column) = (a.ndim() == 1, b.ndim() == 1);
    let a = if row { a.insert_axis(Axis(0)) } else { a };
    let b = if column { b.insert_axis(Axis(1)) } else { b };
    let y = stacks(a, b)?;
    let (rank, mut y) = (y.ndim(), y.view());
    if column {
        y = y.index_axis_move(Axis(rank - 1), 0);
    }
    if row {
        y = y.index_axis_move(Axis(rank - 2), 0);
    }
    Ok(owned(y))
}

/// Products of stacks of matrices, of rank 2 or more.
fn stacks(a: ArrayViewD<'_, f64>, b: ArrayViewD<'_, f64>) -> Evaluated<ArrayD<f64>> {
    let (a_stack, [m, k]) = stack_and_matrix(a.shape());
    let (b_stack, [inner, n]) = stack_and_matrix(b.shape());
    ensure(k == inner, || no_product(a.shape(), b.shape()))?;
    let stack = broadcast_shape(a_stack, b_stack)?;
    let shape = [stack.as_slice(), &[m, n]].concat();
    elements(&shape)?;
    if b_stack.is_empty() {
        // the rows of all matrices of the stack make one matrix
        let rows = elements(a_stack)? * m;
        let a = a.to_shape((rows, k)).map_err(|_| bad_shape("too many rows"))?;
        let y = product(a.view(), matrix(b)?);
        return from_elements(&shape, y.into_raw_vec_and_offset().0);
    }
    let (a, b) = (stretch(&a, &stack)?, stretch(&b, &stack)?);
    let mut y = Vec::with_capacity(elements(&shape)?);
    for (a, b) in a.outer_iter().zip(b.outer_iter()) {
        y.extend(product(matrix(a)?, matrix(b)?));
    }
    from_elements(&shape, y)
}

/// A shape of rank 2 or more as the stack's shape and the matrix's.
fn stack_and_matrix(shape: &[usize]) -> (&[usize], [usize; 2]) {
    let (stack, matrix) = shape.split_at(shape.len() - 2);
    (stack, [matrix[0], matrix[1]])
}

/// A stack of matrices broadcast to `stack`, as one list of matrices.
fn stretch(x: &ArrayViewD<'_, f64>, stack: &[usize]) -> Evaluated<ArrayD<f64>> {
    let (_, matrix) = stack_and_matrix(x.shape());
    let shape = [stack, &matrix].concat();
    elements(&shape)?;
    let x = x.broadcast(IxDyn(&shape)).ok_or_else(|| bad_shape(no_product(x.shape(), &shape)))?;
    from_elements(&[elements(stack)?, matrix[0], matrix[1]], x.iter().copied().collect())
}

fn matrix(x: ArrayViewD<'_, f64>) -> Evaluated<ArrayView2<'_, f64>> {
    let shape = x.shape().to_vec();
    x.into_dimensionality::<Ix2>().map_err(|_| bad_shape(format!("shape {shape:?} is not a matrix")))
}

fn no_product(a: &[usize], b: &[usize]) -> String {
    format!("no product of shapes {a:?} and {b:?}")
}

/// The product of two matrices of matching size; noise around zero becomes zero.
fn product(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> Array2<f64> {
    let mut y = Array2::zeros((a.nrows(), b.ncols()));
    multiply(a, b, y.view_mut());
    let x = tolerance::magnitude(a);
    let mut noise = Array1::<f64>::zeros(b.ncols());
    for row in b.rows() {
        noise.zip_mut_with(&row, |m, w| *m = m.max(w.abs()));
    }
    noise.mapv_inplace(|w| tolerance::dot(a.ncols(), x, w));
    for mut row in y.rows_mut() {
        row.zip_mut_with(&noise, |v, noise| tolerance::flush([v], *noise));
    }
    y
}

/// `y = a · b`; a single row skips the packing of `b` that a blocked product would do.
fn multiply(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>, mut y: ArrayViewMut2<'_, f64>) {
    if a.nrows() == 1 {
        let mut y = y.row_mut(0);
        a.iter().zip(b.rows()).for_each(|(&x, row)| y.scaled_add(x, &row));
    } else {
        general_mat_mul(1.0, &a, &b, 0.0, &mut y);
    }
}

/// ONNX `Gemm`: `alpha · A' · B' + beta · C`, transposed as asked.
pub(super) fn gemm(
    alpha: f64,
    beta: f64,
    [trans_a, trans_b]: [bool; 2],
    inputs: &Inputs<'_>,
) -> Evaluated<ArrayD<f64>> {
    let turned = |position, transpose| -> Evaluated<ArrayView2<'_, f64>> {
        let x = matrix(operand(inputs, position)?.view())?;
        Ok(if transpose { x.reversed_axes() } else { x })
    };
    let (a, b) = (turned(0, trans_a)?, turned(1, trans_b)?);
    ensure(a.ncols() == b.nrows(), || no_product(a.shape(), b.shape()))?;
    elements(&[a.nrows(), b.ncols()])?;
    let y = (product(a, b) * alpha).into_dyn();
    let Some(c) = optional(inputs, 2) else { return Ok(y) };
    let sum = broadcast(&y, c, |y, c| tolerance::sum(y, beta * c))?;
    ensure(sum.shape() == y.shape(), || format!("C of shape {:?} for {:?}", c.shape(), y.shape()))?;
    Ok(sum)
}

/// ONNX `BatchNormalization` at inference; operands x, scale, bias, mean, var.
pub(super) fn batch_normalization(epsilon: f64, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let mut y = owned(operand(inputs, 0)?.view());
    let channels = *y.shape().get(1).ok_or_else(|| bad_shape("there is no channel axis"))?;
    let param = |position| per_channel(operand(inputs, position)?, channels);
    let (scale, bias, mean, var) = (param(1)?, param(2)?, param(3)?, param(4)?);
    along(&mut y, 1, |run, c| {
        let gain = scale[c] / (var[c] + epsilon).sqrt();
        run.iter_mut().for_each(|v| *v = tolerance::sum(tolerance::sum(*v, -mean[c]) * gain, bias[c]));
    })?;
    Ok(y)
}

/// The values of a tensor that has one for each channel.
pub(super) fn per_channel(x: &ArrayD<f64>, channels: usize) -> Result<Vec<f64>, Diagnostic> {
    ensure(x.len() == channels, || format!("{} parameters for {channels} channels", x.len()))?;
    Ok(x.iter().copied().collect())
}
