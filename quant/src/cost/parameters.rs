//! Bits of weights: what most papers count.

use super::{Cost, Costs};
use crate::assemble::Subject;
use crate::sensitivity::Candidates;
use mpqc_ir::diagnostic::Diagnostic;

/// The weights' bits, against a budget of so many. Activations are free.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// Bits of all weights together.
    pub bits: f64,
}

impl Cost for Parameters {
    fn name(&self) -> &'static str {
        "parameters"
    }

    fn costs(&self, subject: &Subject, candidates: &Candidates) -> Result<Costs, Diagnostic> {
        let layers = subject.model.layers.iter().zip(&candidates.weights);
        let of_layer = |(layer, widths): (&crate::model::Layer, &Vec<u32>)| {
            let at = |bits: &u32| {
                let way = vec![layer.parameters as f64 * f64::from(*bits)];
                vec![vec![way]; candidates.activations[layer.group].len()]
            };
            widths.iter().map(at).collect()
        };
        Ok(Costs {
            resources: vec!["weight bits"],
            budget: vec![self.bits],
            activations: candidates.activations.iter().map(|widths| vec![vec![0.0]; widths.len()]).collect(),
            weights: layers.map(of_layer).collect(),
            classes: vec![usize::MAX; subject.model.layers.len()],
        })
    }
}
