//! MAC array: matrix products.

use super::Simulate;
use crate::function::{Evaluate, Function};
use crate::kernels::MatMul;
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::MacArray;

/// A product for every group of outputs; groups take turns at the vectors.
struct Products {
    groups: Vec<MatMul>,
    /// Elements of a group's vector.
    inputs: usize,
    /// Outputs of a group.
    outputs: usize,
}

impl Simulate for MacArray {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(self.stages(), self.synapse_fold(), self)
    }

    fn function(&self) -> Function {
        let (inputs, outputs) = (self.inputs(), self.outputs() / self.groups);
        let group = |weights: ndarray::ArrayView2<'_, i64>| MatMul::new(&weights.to_owned(), self.x, self.acc);
        let groups = self.weights.axis_chunks_iter(ndarray::Axis(0), outputs).map(group).collect();
        Function::Compute(Box::new(Products { groups, inputs, outputs }))
    }
}

impl Products {
    /// The product of group `g`, `outputs` elements a vector.
    fn group(&self, x: &[i64], g: usize) -> Vec<i64> {
        let vectors = x.chunks(self.inputs).skip(g).step_by(self.groups.len());
        self.groups[g].apply(&vectors.flatten().copied().collect::<Vec<i64>>())
    }
}

impl Evaluate for Products {
    fn evaluate(&self, inputs: &[&[i64]]) -> Vec<Vec<i64>> {
        if let [product] = &self.groups[..] {
            return vec![product.apply(inputs[0])];
        }
        let mut y = vec![0; inputs[0].len() / self.inputs * self.outputs];
        for g in 0..self.groups.len() {
            let places = y.chunks_mut(self.outputs).skip(g).step_by(self.groups.len());
            let sums = self.group(inputs[0], g);
            places.zip(sums.chunks(self.outputs)).for_each(|(y, sums)| y.copy_from_slice(sums));
        }
        vec![y]
    }
}
