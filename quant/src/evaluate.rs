//! How good a network is: outputs over a set of frames, accuracy, and how far they are from others.

use crate::calibrate::Frames;
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::network::{Network, Op};
use mpqc_ir::reference::Executor;
use ndarray::ArrayD;
use rayon::prelude::*;

/// The scores of every frame: the first output, flattened.
///
/// # Errors
/// What the executor says of the frames.
pub fn scores(network: &Network, frames: &Frames) -> Result<Vec<Vec<f64>>, Diagnostic> {
    let executor = Executor::new(network);
    frames.par_iter().map(|frame| executor.run(frame).map(|outputs| first(&outputs))).collect()
}

/// The first output, flattened.
pub(crate) fn first(outputs: &[ArrayD<f64>]) -> Vec<f64> {
    outputs.first().map(|output| output.iter().copied().collect()).unwrap_or_default()
}

/// Labels as class numbers.
///
/// # Errors
/// `bad-input` where there are not as many as frames, or one is no class of the network.
pub fn labels(array: &ArrayD<f64>, frames: usize, classes: usize) -> Result<Vec<usize>, Diagnostic> {
    let refuse = |reason: String, help: &str| Err(Diagnostic::new(Code::BadInput, "labels", reason, help));
    if array.len() != frames {
        let help = "give one label for each frame, in the same order";
        return refuse(format!("{} labels for {frames} frames", array.len()), help);
    }
    // A network that puts out the class itself does not say how many there are.
    let most = if classes > 1 { classes as f64 } else { f64::INFINITY };
    match array.iter().find(|label| label.fract() != 0.0 || **label < 0.0 || **label >= most) {
        Some(label) => {
            let help = "give class numbers from 0, as many as the network has scores";
            refuse(format!("{label} is no class of a network with {classes} scores"), help)
        }
        None => Ok(array.iter().map(|label| *label as usize).collect()),
    }
}

/// What scores are compared with.
#[derive(Clone, Debug)]
pub enum Aim {
    /// Classes: the loss is the cross entropy.
    Labels(Vec<usize>),
    /// The float network's own distribution: the loss is the Kullback-Leibler divergence from it.
    Float,
}

/// Turns scores into losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Scores are logits.
    Logits,
    /// Scores are probabilities already.
    Probabilities,
}

impl Head {
    /// What the first output of a network is.
    ///
    /// # Errors
    /// `bad-value` where it is a class number: it has no loss.
    pub fn of(network: &Network) -> Result<Head, Diagnostic> {
        let output = network.outputs.first().copied();
        let producer = output.and_then(|output| network.operands(output).into_iter().flatten().next());
        match producer.map(|(node, _)| &network.graph[node]) {
            Some(node) if matches!(node.op, Op::ArgMax { .. } | Op::TopK { .. }) => {
                let reason = "the network ends with the class itself, which has no loss to measure";
                let help = "end it with its scores, or use `--sensitivity mse`";
                Err(Diagnostic::new(Code::BadValue, &node.name, reason, help).operator(&node.operator))
            }
            Some(node) if matches!(node.op, Op::Softmax { .. }) => Ok(Head::Probabilities),
            _ => Ok(Head::Logits),
        }
    }

    /// Logarithms of the probabilities that scores stand for.
    pub fn log_probabilities(self, scores: &[f64]) -> Vec<f64> {
        if self == Head::Probabilities {
            return scores.iter().map(|p| p.max(1e-12).ln()).collect();
        }
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|s| (s - top).exp()).sum();
        scores.iter().map(|s| s - top - sum.ln()).collect()
    }

    /// The loss of a frame's scores: against its label, or against the scores of the float network.
    pub fn loss(self, scores: &[f64], label: Option<usize>, float: &[f64]) -> f64 {
        let log = self.log_probabilities(scores);
        match label {
            Some(label) => -log.get(label).copied().unwrap_or(0.0),
            None => {
                let from = self.log_probabilities(float);
                from.iter().zip(&log).map(|(p, q)| p.exp() * (p - q)).sum()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_is_zero_at_home_and_cross_entropy_is_that_of_the_label() {
        let scores = [1.0, 3.0, -2.0];
        assert!(Head::Logits.loss(&scores, None, &scores).abs() < 1e-12);
        assert!(Head::Logits.loss(&[3.0, 1.0, -2.0], None, &scores) > 1.0);
        let uniform = Head::Logits.loss(&[5.0; 4], Some(2), &[]);
        assert!((uniform - 4.0f64.ln()).abs() < 1e-12);
        assert!((Head::Probabilities.loss(&[0.5, 0.5], Some(0), &[]) - 2.0f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn labels_out_of_range_and_too_few_are_named() {
        let array = ndarray::arr1(&[0.0, 3.0]).into_dyn();
        let error = |frames, classes| labels(&array, frames, classes).unwrap_err().to_string();
        assert_eq!(error(3, 10), "`labels`: 2 labels for 3 frames");
        assert_eq!(error(2, 3), "`labels`: 3 is no class of a network with 3 scores");
        assert_eq!(labels(&array, 2, 4).unwrap(), [0, 3]);
    }
}
