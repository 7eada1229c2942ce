//! What a model may ask for. Shapes in a file cost nothing to write; these bounds keep what they cause in
//! proportion.

/// Most elements of one tensor on a wire: 2^28, four times a 64-channel full-HD feature map.
pub const TENSOR_ELEMENTS: usize = 1 << 28;

/// Most elements of all wires together.
pub const NETWORK_ELEMENTS: usize = 1 << 34;

/// Most elements of all external tensors together.
pub const EXTERNAL_ELEMENTS: usize = 1 << 28;

/// Most dimensions of a tensor.
pub const RANK: usize = 16;

/// Most elements that constant folding may produce for a file of so many bytes: a model that only rearranges
/// what it stores stays far below, a chain of `Expand`s does not.
pub fn folded_elements(file_bytes: usize) -> usize {
    (1 << 20) + 32 * file_bytes
}

/// The product of the dimensions, if a tensor may be that large.
pub fn elements(shape: &[usize]) -> Option<usize> {
    if shape.len() > RANK {
        return None;
    }
    let product = shape.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim))?;
    (product <= TENSOR_ELEMENTS).then_some(product)
}
