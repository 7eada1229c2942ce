//! Line buffer: whole windows as their last pixels arrive.

use super::Simulate;
use crate::function::{Function, Windows};
use crate::timing::{Gather, Raster};
use mpqc_ir::design::blocks::{BlockSpec, LineBuffer};
use mpqc_ir::int_network::{Shape, Window};

impl Simulate for LineBuffer {
    type Control = Gather;

    fn control(&self) -> Gather {
        let (Shape { height, width, .. }, [first, left]) = (self.input, [0, 1].map(|i| self.window.extent(i)));
        let rows = (0..height).map(|row| self.emits(row, left - 1));
        let columns = (0..width).map(|column| self.emits(first - 1, column));
        Gather::new(Raster::new(rows, columns, self.slices()), self.output_depth())
    }

    /// A slice of channels leaves as a group would.
    fn function(&self) -> Function {
        let window = Window { groups: self.slices(), ..self.window.clone() };
        Function::of(Windows { window, input: self.input, fill: self.fill, elem: self.elem })
    }
}
