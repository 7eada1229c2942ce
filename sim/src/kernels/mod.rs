//! Arithmetic on whole tensors, as fast as the processor can: the kernel is chosen by the ranges of the
//! operands, and the widest vector instructions at run time.

mod bytes;
mod dense;
mod depthwise;
mod dispatch;
mod layout;
mod madd;
mod matmul;
mod packed;
mod pools;
mod popcount;
mod requantizer;
mod scale;
mod steps;
mod windows;
mod word;

pub(crate) use depthwise::Depthwise;
pub(crate) use matmul::MatMul;
pub(crate) use packed::PackedProduct;
pub(crate) use pools::pooled;
pub(crate) use requantizer::Requantizer;
pub(crate) use scale::Scale;
pub(crate) use steps::Steps;
pub(crate) use windows::{filled, padded, windows};
