//! Arithmetic on whole tensors, as fast as the processor can: the kernel is chosen by the ranges of the
//! operands, and the widest vector instructions at run time.

mod channels;
mod dense;
mod dispatch;
mod madd;
mod matmul;
mod popcount;
mod steps;

pub(crate) use channels::per_channel;
pub(crate) use matmul::MatMul;
pub(crate) use steps::Steps;
