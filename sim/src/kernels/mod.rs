//! Arithmetic on whole tensors, as fast as the processor can: the kernel is chosen by the ranges of the
//! operands, and the widest vector instructions at run time.

mod channels;
mod dense;
mod depthwise;
mod dispatch;
mod madd;
mod matmul;
mod pools;
mod popcount;
mod steps;
mod windows;
mod word;

pub(crate) use channels::per_channel;
pub(crate) use depthwise::Depthwise;
pub(crate) use matmul::MatMul;
pub(crate) use pools::pooled;
pub(crate) use steps::Steps;
pub(crate) use windows::{padded, windows};
