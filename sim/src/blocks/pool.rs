//! Pooling on the stream.

use super::Simulate;
use crate::function::{Element, Evaluate, Function, Tensor, Width, with_elements, with_word};
use crate::kernels::pooled;
use crate::timing::{Gather, Raster};
use mpqc_ir::design::blocks::{BlockSpec, Pool};
use mpqc_ir::int_network::{self, Shape};

/// The function.
struct Pooled {
    pool: int_network::Pool,
    output: Width,
}

impl Simulate for Pool {
    type Control = Gather;

    fn control(&self) -> Gather {
        let Shape { height, width, .. } = self.pool.input;
        let rows = (0..height).map(|row| (0..width).any(|column| self.completes(row, column)));
        let columns = (0..width).map(|column| (0..height).any(|row| self.completes(row, column)));
        Gather::new(Raster::new(rows, columns, self.slices()), self.output_depth())
    }

    fn function(&self) -> Function {
        Function::of(Pooled { pool: self.pool.clone(), output: Width::of(self.output) })
    }
}

impl Evaluate for Pooled {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_word!(self.output, Y => with_elements!(inputs[0], x => Y::tensor(pooled(&self.pool, x))))
    }
}
