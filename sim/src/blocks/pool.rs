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
        let (Shape { height, width, .. }, [first, left]) = (self.pool.input, self.pool.kernel);
        let rows = (0..height).map(|row| self.completes(row, left - 1));
        let columns = (0..width).map(|column| self.completes(first - 1, column));
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
