//! Requantizers, alone and right behind a product.

use super::{Evaluate, Tensor, Width, with_elements, with_word};
use crate::kernels::{PackedProduct, Requantizer};
use std::sync::Arc;

/// A product whose sums become codes where they arise.
struct OfSums {
    product: Arc<PackedProduct>,
    sums: Width,
    requantizer: Requantizer,
}

impl Evaluate for Requantizer {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_word!(self.output(), Y => with_elements!(inputs[0], x => {
            let mut codes: Vec<Y> = vec![Default::default(); x.len()];
            self.apply(x, &mut codes);
            super::Element::tensor(codes)
        }))
    }

    fn behind(&self, producer: &dyn Evaluate) -> Option<Arc<dyn Evaluate>> {
        let (product, sums) = producer.product()?;
        Some(Arc::new(OfSums { product, sums, requantizer: self.clone() }))
    }
}

impl Evaluate for OfSums {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        with_word!(self.requantizer.output(), Z => with_word!(self.sums, Y => with_elements!(inputs[0], x => {
            super::Element::tensor(self.product.requantized::<_, Y, Z>(x, &self.requantizer))
        })))
    }
}
