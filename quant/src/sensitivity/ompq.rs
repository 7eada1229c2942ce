//! Orthogonality of layers: one batch, no labels, no search.
//!
//! Ma et al., "OMPQ: Orthogonal Mixed Precision Quantization", AAAI 2023, arXiv 2109.07865. What a layer `l` puts out for
//! `N` frames is a matrix `F` of `N` rows; its Gram matrix `K = F Fᵀ`, centred in rows and columns, compares frames. Two
//! layers whose Gram matrices are parallel tell the same: `ORM(l, m) = ⟨K_l, K_m⟩ / (‖K_l‖ ‖K_m‖)`. A layer that tells
//! what others tell too, a large `γ_l = Σ_{m ≠ l} ORM(l, m)`, matters little: `θ_l = exp(−β γ_l)`. As the authors' code does,
//! a bit of layer `l` is worth the mean of `θ_j` over all `j ≥ l`.

use super::{Candidates, Evidence, Losses, Progress, Sensitivity};
use crate::assemble::Subject;
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::reference::Executor;
use ndarray::{Array2, ArrayD, Axis};
use rayon::prelude::*;

/// The loss of a width is what the bits that it lacks beside the widest candidate are worth.
#[derive(Clone, Copy, Debug)]
pub struct Ompq {
    /// Frames of the batch, at most.
    pub frames: usize,
    /// How steeply importance falls.
    pub beta: f64,
}

impl Default for Ompq {
    fn default() -> Self {
        Ompq { frames: 64, beta: 1.0 }
    }
}

impl Sensitivity for Ompq {
    fn name(&self) -> &'static str {
        "ompq"
    }

    fn steps(&self, evidence: &Evidence<'_>) -> usize {
        evidence.frames.len().min(self.frames)
    }

    fn losses(
        &self,
        subject: &Subject,
        candidates: &Candidates,
        evidence: &Evidence<'_>,
        progress: Progress<'_>,
    ) -> Result<Losses, Diagnostic> {
        let model = &subject.model;
        let outputs: Vec<&str> = model.layers.iter().map(|layer| layer.output.as_str()).collect();
        let points: Vec<&str> =
            model.groups.iter().map(|group| model.points[group[0]].tensor.as_str()).collect();
        let frames = &evidence.frames[..self.steps(evidence)];
        let executor = Executor::new(&model.network);
        let tensors = [outputs.as_slice(), points.as_slice()].concat();
        let grams = grams(&executor, frames, &tensors, progress)?;
        let (of_layers, of_points) = grams.split_at(outputs.len());
        Ok(Losses {
            weights: worth(of_layers, self.beta, &candidates.weights),
            activations: worth(of_points, self.beta, &candidates.activations),
        })
    }
}

/// The centred Gram matrices of tensors over frames, of norm 1.
fn grams(
    executor: &Executor,
    frames: &[Vec<ArrayD<f64>>],
    tensors: &[&str],
    progress: Progress<'_>,
) -> Result<Vec<Array2<f64>>, Diagnostic> {
    let features = |frame: &Vec<ArrayD<f64>>| -> Result<Vec<Vec<f64>>, Diagnostic> {
        let run = executor.keep(frame)?;
        let of = |name: &&str| run.tensor(name).map(|t| t.iter().copied().collect()).unwrap_or_default();
        progress(1);
        Ok(tensors.iter().map(of).collect())
    };
    let rows: Vec<Vec<Vec<f64>>> = frames.par_iter().map(features).collect::<Result<_, _>>()?;
    tensors
        .par_iter()
        .enumerate()
        .map(|(tensor, name)| {
            let row: Vec<&[f64]> = rows.iter().map(|row| row[tensor].as_slice()).collect();
            let lengths = row.first().map_or(0, |row| row.len());
            let flat = row.concat();
            let matrix = Array2::from_shape_vec((row.len(), lengths), flat).map_err(|e| {
                Diagnostic::new(Code::BadShape, *name, e.to_string(), "give frames of one shape")
            })?;
            Ok(gram(&matrix))
        })
        .collect()
}

/// `F Fᵀ`, without the means of its rows and columns, of norm 1.
fn gram(features: &Array2<f64>) -> Array2<f64> {
    let mut gram = features.dot(&features.t());
    for axis in [Axis(0), Axis(1)] {
        let mean = gram.mean_axis(axis).unwrap_or_default().insert_axis(axis);
        gram -= &mean;
    }
    let norm = gram.iter().map(|v| v * v).sum::<f64>().sqrt();
    gram.mapv_into(|v| if norm > 0.0 { v / norm } else { 0.0 })
}

/// What the bits that each candidate lacks are worth.
fn worth(grams: &[Array2<f64>], beta: f64, candidates: &[Vec<u32>]) -> Vec<Vec<f64>> {
    let gamma = |l: usize| -> f64 {
        let others = (0..grams.len()).filter(|m| *m != l);
        others.map(|m| (&grams[l] * &grams[m]).sum()).sum()
    };
    let gammas: Vec<f64> = (0..grams.len()).map(gamma).collect();
    // A common factor, so that large betas do not end at 0.
    let least = gammas.iter().copied().fold(f64::INFINITY, f64::min);
    let theta: Vec<f64> = gammas.iter().map(|gamma| (-beta * (gamma - least)).exp()).collect();
    let bit = |l: usize| theta[l..].iter().sum::<f64>() / (theta.len() - l) as f64;
    let missing = |(l, widths): (usize, &Vec<u32>)| {
        let widest = widths.last().copied().unwrap_or_default();
        widths.iter().map(|bits| f64::from(widest - bits) * bit(l)).collect()
    };
    candidates.iter().enumerate().map(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    #[test]
    fn parallel_layers_are_worth_less_than_one_of_its_own() {
        let a = arr2(&[[1.0, 0.0], [0.0, 0.0], [-1.0, 0.5], [0.0, 2.0]]);
        let own = arr2(&[[0.0], [1.0], [0.0], [-1.0]]);
        let grams = [gram(&a), gram(&(&a * 3.0)), gram(&own)];
        let same: f64 = (&grams[0] * &grams[1]).sum();
        assert!((same - 1.0).abs() < 1e-12, "scaling does not matter");
        assert!((&grams[0] * &grams[2]).sum() < 0.9);
        let losses = worth(&grams, 1.0, &[vec![2, 4], vec![2, 4], vec![2, 4]]);
        assert!(losses[2][0] > losses[1][0] && losses[1][1] == 0.0);
    }

    #[test]
    fn centring_takes_the_means_away() {
        let gram = gram(&arr2(&[[5.0, 1.0], [6.0, 1.5], [7.0, 0.0]]));
        assert!(gram.sum_axis(Axis(0)).iter().chain(&gram.sum_axis(Axis(1))).all(|v| v.abs() < 1e-12));
    }
}
