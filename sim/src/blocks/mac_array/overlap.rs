//! Vectors of several pixels times several taps: sums that overlap from vector to vector.

use crate::function::{Element, Evaluate, Tensor, Width, with_elements, with_word};
use crate::kernels::MatMul;
use mpqc_ir::design::blocks::{MacArray, Overlap};
use mpqc_ir::number::IntType;
use ndarray::Array2;

/// The sums on all columns of every vector, and how they are added.
pub(super) struct Overlapping {
    /// Rows are the columns of the first output, then those of the second, …
    product: MatMul,
    overlap: Overlap,
    outputs: usize,
    /// Outputs of a pass.
    pe: usize,
    sums: Width,
}

impl Overlapping {
    pub fn new(mac: &MacArray) -> Overlapping {
        let columns = columns(mac);
        let most = mac.x.max.abs().max(mac.x.min.abs());
        let largest = columns.rows().into_iter().map(|row| row.iter().map(|w| w.abs()).sum::<i64>()).max();
        let bound = most * largest.unwrap_or(0);
        let product = MatMul::new(&columns, mac.x, IntType::smallest(-bound - 1, bound));
        let (overlap, outputs, pe) = (mac.overlap, mac.outputs(), mac.pe);
        Overlapping { product, overlap, outputs, pe, sums: Width::of(mac.acc) }
    }

    fn all<X: Element, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        let Overlap { pixels, columns, .. } = self.overlap;
        let (fields, spilled) = (self.overlap.fields(), self.overlap.spilled());
        let mut sums: Vec<i64> = self.product.apply(x);
        let mut carried = vec![0; self.outputs * spilled];
        let mut y = Vec::with_capacity(sums.len() / fields * pixels);
        for (vector, sums) in sums.chunks_mut(self.outputs * fields).enumerate() {
            if vector % columns == 0 {
                carried.fill(0);
            }
            for (output, sums) in sums.chunks_mut(fields).enumerate() {
                let carried = &mut carried[output * spilled..(output + 1) * spilled];
                sums.iter_mut().zip(&*carried).for_each(|(sum, carried)| *sum += carried);
                carried.copy_from_slice(&sums[pixels..]);
            }
            if vector % columns >= self.overlap.early() {
                self.leave(sums, &mut y);
            }
        }
        y
    }

    /// The complete sums of a vector, in the order in which passes send them.
    fn leave<Y: Element>(&self, sums: &[i64], y: &mut Vec<Y>) {
        let fields = self.overlap.fields();
        for pass in sums.chunks(self.pe * fields) {
            for pixel in 0..self.overlap.pixels {
                y.extend(pass.iter().skip(pixel).step_by(fields).map(|sum| Y::of(*sum)));
            }
        }
    }
}

/// The matrix from a vector's elements, in the order of its beats, to the sums on all columns of all outputs.
fn columns(mac: &MacArray) -> Array2<i64> {
    let (overlap, fields) = (mac.overlap, mac.overlap.fields());
    let beat = overlap.pixels * overlap.chunk;
    Array2::from_shape_fn((mac.outputs() * fields, mac.inputs()), |(row, element)| {
        let (output, field) = (row / fields, row % fields);
        let (pixel, lane) =
            (element % beat / overlap.chunk, element / beat * overlap.chunk + element % overlap.chunk);
        let falls = overlap.pixels_of(field).contains(&pixel);
        let tap = || lane * overlap.taps + overlap.tap_of(field, pixel);
        if falls { mac.weights[[output, tap()]] } else { 0 }
    })
}

impl Evaluate for Overlapping {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_word!(self.sums, Y => with_elements!(inputs[0], x => Y::tensor(self.all(x))))
    }
}
