//! Tensors that the file stores, as constants of the network.

use super::{broken_file, limits};
use crate::diagnostic::{Code, Diagnostic};
use crate::onnx::{ElemType, Tensor, TensorData, Values};
use crate::tensor::Constant;
use ndarray::{ArrayD, IxDyn};
use std::path::Path;

/// Decodes a stored tensor. `external` is how many elements external data may still have: several tensors may
/// name the same bytes of a file.
pub(super) fn stored(
    tensor: &Tensor<'_>,
    folder: Option<&Path>,
    external: &mut usize,
) -> Result<(Constant, ElemType), Diagnostic> {
    let broken = |error| broken_file(&error, tensor.name);
    let shape = tensor.shape().map_err(broken)?;
    let refused = |reason: String| {
        Diagnostic::new(Code::BadShape, tensor.name, reason, "store the tensor with fewer elements or axes")
            .at((tensor.span.start, tensor.span.end))
    };
    let elements = limits::elements(&shape);
    let elements =
        elements.ok_or_else(|| refused(format!("the shape {shape:?} exceeds 2^28 elements or 16 axes")))?;
    if tensor.external().map_err(broken)?.is_some() {
        let left = external.checked_sub(elements);
        *external =
            left.ok_or_else(|| refused("external tensors exceed 2^28 elements together".to_owned()))?;
    }
    let data = tensor.decode(folder).map_err(broken)?;
    let elem = data.elem;
    Ok((constant(data), elem))
}

/// Decoded data as a constant.
fn constant(data: TensorData) -> Constant {
    const FULL: &str = "the decoder gives as many values as the shape has elements";
    let shape = IxDyn(&data.shape);
    match data.values {
        Values::Float(values) => Constant::Float(ArrayD::from_shape_vec(shape, values).expect(FULL)),
        Values::Int(values) => Constant::Int(ArrayD::from_shape_vec(shape, values).expect(FULL)),
    }
}
