//! Multiply-add-shift requantizer.

use super::Simulate;
use crate::function::{Evaluate, Function};
use crate::kernels::per_channel;
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::ScaleShift;
use mpqc_ir::int_network;
use std::sync::Arc;

/// The function, and factor and addend of every channel.
struct Scale {
    function: Arc<int_network::ScaleShift>,
    constants: Vec<(i64, i64)>,
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
        Function::Compute(Box::new(Scale { function: function.clone(), constants }))
    }
}

impl Evaluate for Scale {
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        let f = &*self.function;
        let codes = per_channel(inputs[0], &self.constants, |x, (mul, add)| {
            (x.wrapping_mul(*mul).wrapping_add(*add) >> f.shift).clamp(f.min, f.max)
        });
        vec![codes]
    }
}
