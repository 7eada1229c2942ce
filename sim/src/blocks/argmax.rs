//! ArgMax and TopK.

use super::Simulate;
use crate::function::{Evaluate, Function, Tensor, Width};
use crate::timing::Pipeline;
use mpqc_ir::design::blocks::ArgMax;
use mpqc_ir::int_network;
use std::cmp::Reverse;

/// The function, and over how many channels it looks.
struct Top {
    function: int_network::ArgMax,
    channels: usize,
    output: Width,
}

impl Simulate for ArgMax {
    type Control = Pipeline;

    fn control(&self) -> Pipeline {
        Pipeline::new(Self::STAGES, self.beats(), self)
    }

    fn function(&self) -> Function {
        let output = Width::of(self.output);
        Function::of(Top { function: self.function.clone(), channels: self.channels, output })
    }
}

impl Top {
    /// The `k` largest of a vector, as the block writes them.
    fn best(&self, vector: &[i64]) -> Vec<i64> {
        let int_network::ArgMax { k, with_value, index_bits } = self.function;
        let mut order: Vec<usize> = (0..vector.len()).collect();
        order.sort_by_key(|channel| (Reverse(vector[*channel]), *channel));
        let packed = |channel: usize| {
            if k == 1 && !with_value {
                channel as i64
            } else {
                (vector[channel] << index_bits) + channel as i64
            }
        };
        order.into_iter().take(k).map(packed).collect()
    }
}

impl Evaluate for Top {
    fn evaluate(&self, inputs: &[&Tensor]) -> Tensor {
        let vectors = inputs[0].cast::<i64>();
        Tensor::collect(self.output, vectors.chunks(self.channels).flat_map(|vector| self.best(vector)))
    }
}
