//! MAC array: matrix products.

mod overlap;

use super::Simulate;
use crate::function::{Element, Evaluate, Function, Tensor, Width, with_elements, with_word};
use crate::kernels::{MatMul, PackedProduct};
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::MacArray;
use mpqc_ir::number::IntType;
use ndarray::Array2;
use std::sync::{Arc, OnceLock};

/// A product for every group of outputs; groups take turns at the vectors.
struct Products {
    /// Prepared when they are needed: not where the product is merged with what stands before it.
    groups: OnceLock<Vec<MatMul>>,
    weights: Arc<Array2<i64>>,
    /// Elements of a group's vector.
    inputs: usize,
    /// Outputs of a group.
    outputs: usize,
    x: IntType,
    acc: IntType,
}

impl Simulate for MacArray {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        let (passes, overlap) = (self.neuron_fold(), self.overlap);
        Pipeline::new(self.stages(), self.synapse_fold(), self)
            .without_first(passes * overlap.early(), passes * overlap.columns)
    }

    fn function(&self) -> Function {
        if !self.overlap.is_none() {
            return Function::of(overlap::Overlapping::new(self));
        }
        Function::of(Products {
            groups: OnceLock::new(),
            weights: self.weights.clone(),
            inputs: self.inputs(),
            outputs: self.outputs() / self.groups,
            x: self.x,
            acc: self.acc,
        })
    }
}

impl Products {
    fn groups(&self) -> &[MatMul] {
        self.groups.get_or_init(|| {
            let groups = self.weights.axis_chunks_iter(ndarray::Axis(0), self.outputs);
            groups.map(|weights| MatMul::new(&weights.to_owned(), self.x, self.acc)).collect()
        })
    }

    /// Words of the sums.
    fn sums(&self) -> Width {
        Width::of(self.acc)
    }

    fn all<X: Element, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        if let [product] = self.groups() {
            return product.apply(x);
        }
        let mut y = vec![Y::default(); x.len() / self.inputs * self.outputs];
        for g in 0..self.groups().len() {
            let places = y.chunks_mut(self.outputs).skip(g).step_by(self.groups().len());
            let sums: Vec<Y> = self.group(x, g);
            places.zip(sums.chunks(self.outputs)).for_each(|(y, sums)| y.copy_from_slice(sums));
        }
        y
    }

    /// The product of group `g`, `outputs` elements a vector.
    fn group<X: Element, Y: Element>(&self, x: &[X], g: usize) -> Vec<Y> {
        let vectors = x.chunks(self.inputs).skip(g).step_by(self.groups().len());
        self.groups()[g].apply(&vectors.flatten().copied().collect::<Vec<X>>())
    }
}

impl Evaluate for Products {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_word!(self.sums(), Y => with_elements!(inputs[0], x => Y::tensor(self.all(x))))
    }

    fn product(&self) -> Option<(Arc<PackedProduct>, Width)> {
        match self.groups() {
            [MatMul::Packed(product)] => Some((product.clone(), self.sums())),
            _ => None,
        }
    }

    /// Behind windows: it takes the images.
    fn behind(&self, producer: &dyn Evaluate) -> Option<Arc<dyn Evaluate>> {
        let (window, image) = producer.windows()?;
        if self.outputs != self.weights.nrows() || self.sums() == Width::Long {
            return None;
        }
        let product = PackedProduct::windows(&self.weights, self.x, window, image)?;
        Some(Arc::new(OfWindows { product: Arc::new(product), sums: self.sums() }))
    }
}

/// The product of windows that are not copied.
struct OfWindows {
    product: Arc<PackedProduct>,
    sums: Width,
}

impl Evaluate for OfWindows {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_word!(self.sums, Y => with_elements!(inputs[0], x => Y::tensor(self.product.apply(x))))
    }

    fn product(&self) -> Option<(Arc<PackedProduct>, Width)> {
        Some((self.product.clone(), self.sums))
    }
}
