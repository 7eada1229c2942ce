//! Matrix products in floats: `MatMul`, `Gemm`.

use super::axis;
use super::call::{Call, Outputs};
use super::registry::Registry;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::network::Op;

/// Registers the family.
pub(super) fn register(registry: &mut Registry) {
    registry.insert("MatMul", 2..=2, &[], matmul);
    registry.insert("Gemm", 2..=3, &["alpha", "beta", "transA", "transB"], gemm);
}

fn matmul(call: &mut Call<'_, '_>) -> Outputs {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    product(call, &a, &b).map(|product| vec![product])
}

/// Adds the product of two values under the node's name.
pub(super) fn product(call: &mut Call<'_, '_>, a: &Value, b: &Value) -> Result<Value, Diagnostic> {
    let shape = product_shape(&a.shape, &b.shape);
    let shape = shape.ok_or_else(|| call.bad_shape(format!("{:?} · {:?} do not fit", a.shape, b.shape)))?;
    call.restate_weight(a)?;
    call.restate_weight(b)?;
    call.emit(Op::MatMul, &[a, b], shape)
}

/// The shape of a product: a vector has its missing axis added for the product and removed behind it.
pub(super) fn product_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let (a_stack, rows, inner) = match a {
        [] => return None,
        [inner] => (&a[..0], None, *inner),
        [stack @ .., rows, inner] => (stack, Some(*rows), *inner),
    };
    let (b_stack, inner_b, columns) = match b {
        [] => return None,
        [inner] => (&b[..0], *inner, None),
        [stack @ .., inner, columns] => (stack, *inner, Some(*columns)),
    };
    let mut shape = axis::broadcast_shape(a_stack, b_stack).filter(|_| inner == inner_b)?;
    shape.extend(rows);
    shape.extend(columns);
    Some(shape)
}

fn gemm(call: &mut Call<'_, '_>) -> Outputs {
    let (a, b, c) = (call.operand(0)?, call.operand(1)?, call.optional(2));
    let (alpha, beta) = (call.float("alpha", 1.0)?, call.float("beta", 1.0)?);
    let (trans_a, trans_b) = (call.flag("transA", false)?, call.flag("transB", false)?);
    let op = Op::Gemm { alpha, beta, trans_a, trans_b };
    product_and_sum(call, op, &a, &b, c.as_ref()).map(|output| vec![output])
}

/// Adds an [`Op::Gemm`] of the values under the node's name.
pub(super) fn product_and_sum(
    call: &mut Call<'_, '_>,
    op: Op,
    a: &Value,
    b: &Value,
    c: Option<&Value>,
) -> Result<Value, Diagnostic> {
    let shape = gemm_shape(call, &op, a, b)?;
    let fits = |c: &&Value| axis::broadcast_shape(&c.shape, &shape).as_ref() == Some(&shape);
    if let Some(c) = c.filter(|c| !fits(c)) {
        return Err(call.bad_shape(format!("C of shape {:?} does not fit the product {shape:?}", c.shape)));
    }
    call.restate_weight(a)?;
    call.restate_weight(b)?;
    let operands: Vec<&Value> = [Some(a), Some(b), c].into_iter().flatten().collect();
    call.emit(op, &operands, shape)
}

fn gemm_shape(call: &Call<'_, '_>, op: &Op, a: &Value, b: &Value) -> Result<Vec<usize>, Diagnostic> {
    let (trans_a, trans_b) = match op {
        Op::Gemm { trans_a, trans_b, .. } => (*trans_a, *trans_b),
        _ => (false, false),
    };
    let matrix = |value: &Value, transposed: bool| match value.shape[..] {
        [rows, columns] if transposed => Ok((columns, rows)),
        [rows, columns] => Ok((rows, columns)),
        _ => Err(call.bad_shape(format!("`{}` of shape {:?} is no matrix", value.tensor, value.shape))),
    };
    let ((rows, inner), (inner_b, columns)) = (matrix(a, trans_a)?, matrix(b, trans_b)?);
    if inner != inner_b {
        return Err(call.bad_shape(format!("A' has {inner} columns, B' {inner_b} rows")));
    }
    Ok(vec![rows, columns])
}

#[cfg(test)]
mod tests {
    use super::product_shape;

    #[test]
    fn shapes_of_products() {
        assert_eq!(product_shape(&[2, 3], &[3, 4]), Some(vec![2, 4]));
        assert_eq!(product_shape(&[3], &[3, 4]), Some(vec![4]));
        assert_eq!(product_shape(&[2, 3], &[3]), Some(vec![2]));
        assert_eq!(product_shape(&[3], &[3]), Some(vec![]));
        assert_eq!(product_shape(&[5, 1, 2, 3], &[7, 3, 4]), Some(vec![5, 7, 2, 4]));
        assert_eq!(product_shape(&[2, 3], &[4, 3]), None);
        assert_eq!(product_shape(&[], &[3]), None);
    }
}
