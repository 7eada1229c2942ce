//! Padding: beats of a constant between those of the image.

use super::Simulate;
use crate::function::{Element, Evaluate, Function, Tensor, with_elements};
use crate::kernels::{filled, padded};
use crate::timing::{Buffer, Control, Handshakes, Raster};
use mpqc_ir::design::blocks::{BlockSpec, Pad};
use mpqc_ir::int_network::{self, Shape};
use mpqc_ir::number::IntType;

/// The position in the padded image, whose marked pixels are the image's own, and the output buffer.
#[derive(Clone, Debug)]
pub(crate) struct PadControl {
    position: Raster,
    output: Buffer,
}

/// The function, and of what.
struct Padded {
    pad: int_network::Pad,
    input: Shape,
    fill: usize,
    elem: IntType,
}

impl Simulate for Pad {
    type Control = PadControl;

    fn control(&self) -> PadControl {
        let [top, left, ..] = self.pad.pads;
        let Shape { height, width, .. } = self.output();
        let rows = (0..height).map(|row| (top..top + self.input.height).contains(&row));
        let columns = (0..width).map(|column| (left..left + self.input.width).contains(&column));
        let output = Buffer::new(u64::from(self.output_depth()));
        PadControl { position: Raster::new(rows, columns, self.slices()), output }
    }

    fn function(&self) -> Function {
        Function::of(Padded { pad: self.pad.clone(), input: self.input, fill: self.fill, elem: self.elem })
    }
}

impl PadControl {
    fn in_image(&self) -> bool {
        self.position.marked()
    }
}

impl Control for PadControl {
    fn valid(&self, _: usize) -> bool {
        self.output.valid()
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        self.in_image() && self.output.can_accept()
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        let push = if self.in_image() { handshakes.taken(0) } else { self.output.can_accept() };
        self.output.clock(push, handshakes.popped(0));
        if push {
            self.position.step();
        }
    }

    fn settled(&self) -> bool {
        self.in_image() || !self.output.can_accept()
    }

    fn state(&self, into: &mut Vec<u64>) {
        self.position.state(into);
        into.push(self.output.count());
    }
}

impl Evaluate for Padded {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_elements!(inputs[0], x => {
            let x = filled(self.elem, self.input.channels, self.fill, x);
            Element::tensor(padded(&self.pad, self.input, &x))
        })
    }
}
