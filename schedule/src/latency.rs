//! How long a layer keeps a frame waiting.

use crate::fold::Parallel;
use crate::layer::{Front, Layer};

impl Layer {
    /// Cycles, about, from a layer's first input to its first complete output vector: what it adds to the latency of
    /// a frame. An image's first window is complete when its rows are there.
    pub fn delay(&self, fold: Parallel) -> f64 {
        let cycles = self.cycles(fold) as f64;
        match &self.front {
            Front::Vectors => cycles / self.vectors as f64,
            Front::Image(image) => {
                cycles * (image.window.extent(0) as f64 / image.input.height as f64).min(1.0)
            }
        }
    }
}
