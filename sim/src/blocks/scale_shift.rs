//! Multiply-add-shift requantizer.

use super::Simulate;
use crate::function::{Element, Evaluate, Function, Tensor, Width, with_elements, with_word};
use crate::kernels::per_channel;
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::ScaleShift;
use mpqc_ir::int_network;
use std::sync::Arc;

/// The function, and factor and addend of every channel.
struct Scale {
    function: Arc<int_network::ScaleShift>,
    constants: Vec<(i64, i64)>,
    output: Width,
}

impl Simulate for ScaleShift {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(Self::STAGES, 1, self)
    }

    fn function(&self) -> Function {
        let constant = |values: &[i64], channel: usize| values[if values.len() == 1 { 0 } else { channel }];
        let ScaleShift { function, channels, .. } = self;
        let of = |channel| (constant(&function.mul, channel), constant(&function.add, channel));
        let constants = (0..*channels).map(of).collect();
        Function::of(Scale { function: function.clone(), constants, output: Width::of(self.output) })
    }
}

impl Scale {
    fn codes<X: Element, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        let f = &*self.function;
        per_channel(x, &self.constants, |x, (mul, add)| {
            (x.wrapping_mul(*mul).wrapping_add(*add) >> f.shift).clamp(f.min, f.max)
        })
    }
}

impl Evaluate for Scale {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_word!(self.output, Y => with_elements!(inputs[0], x => Y::tensor(self.codes(x))))
    }
}
