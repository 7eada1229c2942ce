//! Pooling on the stream.

use super::Simulate;
use crate::function::{Evaluate, Function};
use crate::timing::{Gather, Raster};
use mpqc_ir::design::blocks::{BlockSpec, Pool};
use mpqc_ir::int_network::{self, Shape};

/// The function.
struct Pooled(int_network::Pool);

impl Simulate for Pool {
    type Control = Gather;

    fn control(&self) -> Gather {
        let Shape { height, width, .. } = self.pool.input;
        let rows = (0..height).map(|row| (0..width).any(|column| self.completes(row, column)));
        let columns = (0..width).map(|column| (0..height).any(|row| self.completes(row, column)));
        Gather::new(Raster::new(rows, columns, self.slices()), self.output_depth())
    }

    fn function(&self) -> Function {
        Function::Compute(Box::new(Pooled(self.pool.clone())))
    }
}

impl Evaluate for Pooled {
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        let frames = inputs[0].chunks(self.0.input.elements());
        vec![frames.flat_map(|frame| self.0.apply(frame)).collect()]
    }
}
