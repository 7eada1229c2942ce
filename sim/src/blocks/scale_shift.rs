//! Multiply-add-shift requantizer.

use super::Simulate;
use crate::function::{Evaluate, Function};
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::ScaleShift;
use mpqc_ir::int_network;
use std::sync::Arc;

/// The function, and over how many channels its constants run.
struct Scale {
    function: Arc<int_network::ScaleShift>,
    channels: usize,
}

impl Simulate for ScaleShift {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(Self::STAGES, 1, self)
    }

    fn function(&self) -> Function {
        Function::Compute(Box::new(Scale { function: self.function.clone(), channels: self.channels }))
    }
}

impl Evaluate for Scale {
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        let f = &*self.function;
        let constant =
            |values: &[i64], channel: usize| if values.len() == 1 { values[0] } else { values[channel] };
        let channels: Vec<_> =
            (0..self.channels).map(|c| (constant(&f.mul, c), constant(&f.add, c))).collect();
        let code = |(x, (mul, add)): (&i64, &(i64, i64))| {
            (x.wrapping_mul(*mul).wrapping_add(*add) >> f.shift).clamp(f.min, f.max)
        };
        vec![
            inputs[0]
                .chunks(self.channels)
                .flat_map(|vector| vector.iter().zip(&channels).map(code))
                .collect(),
        ]
    }
}
