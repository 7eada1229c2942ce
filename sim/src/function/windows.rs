//! What windows of images and line buffers compute.

use super::{Element, Evaluate, Tensor, with_elements};
use crate::kernels::{filled, windows};
use mpqc_ir::int_network::{Shape, Window};
use mpqc_ir::number::IntType;

/// Windows of images of pixels of `elem`, the last `fill` channels of which do not arrive.
pub(crate) struct Windows {
    pub window: Window,
    pub input: Shape,
    pub fill: usize,
    pub elem: IntType,
}

impl Evaluate for Windows {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_elements!(inputs[0], x => {
            let x = filled(self.elem, self.input.channels, self.fill, x);
            Element::tensor(windows(&self.window, self.input, &x))
        })
    }

    fn windows(&self) -> Option<(&Window, Shape)> {
        (self.fill == 0).then_some((&self.window, self.input))
    }
}
