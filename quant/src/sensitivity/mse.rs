//! The squared error of the values themselves: no data for weights, none but the observed values for activations.

use super::{Candidates, Evidence, Losses, Progress, Sensitivity};
use crate::assemble::Subject;
use crate::edit::constant;
use mpqc_ir::diagnostic::Diagnostic;
use rayon::prelude::*;

/// Squared error beside the square of what is quantized: the noise that a layer adds, beside its signal. The quotient does
/// not change where a layer is multiplied by a number and the next divided by it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mse;

impl Sensitivity for Mse {
    fn name(&self) -> &'static str {
        "mse"
    }

    fn steps(&self, _: &Evidence<'_>) -> usize {
        1
    }

    fn losses(
        &self,
        subject: &Subject,
        candidates: &Candidates,
        _: &Evidence<'_>,
        progress: Progress<'_>,
    ) -> Result<Losses, Diagnostic> {
        let weights = candidates.weights.par_iter().enumerate();
        let activations = candidates.activations.iter().enumerate();
        let losses = Losses {
            weights: weights.map(|(layer, widths)| of_weights(subject, layer, widths)).collect(),
            activations: activations.map(|(group, widths)| of_activations(subject, group, widths)).collect(),
        };
        progress(1);
        Ok(losses.monotone())
    }
}

fn of_weights(subject: &Subject, layer: usize, widths: &[u32]) -> Vec<f64> {
    let node = subject.model.layers[layer].weights;
    let power: f64 = constant(&subject.model.network, node).map_or(0.0, |w| w.iter().map(|v| v * v).sum());
    let error = |bits: &u32| subject.weights(layer, &[*bits]).squared_error.iter().sum::<f64>();
    widths.iter().map(|bits| error(bits) / power.max(f64::MIN_POSITIVE)).collect()
}

fn of_activations(subject: &Subject, group: usize, widths: &[u32]) -> Vec<f64> {
    let noise = |bits: &u32| {
        let quantizers = subject.activations(group, *bits);
        let points = subject.model.groups[group].iter().zip(&quantizers);
        points.map(|(point, affine)| subject.values[*point].noise(affine)).sum()
    };
    widths.iter().map(noise).collect()
}
