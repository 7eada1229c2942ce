//! What a width costs in accuracy: the first slot.

mod measured;
mod mse;
mod ompq;

pub use measured::Measured;
pub use mse::Mse;
pub use ompq::Ompq;

use crate::assemble::Subject;
use crate::calibrate::Frames;
use crate::evaluate::Aim;
use mpqc_ir::diagnostic::Diagnostic;
use serde::Serialize;

/// The widths that are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidates {
    /// Ascending, for each layer's weights.
    pub weights: Vec<Vec<u32>>,
    /// Ascending, for each group's activations.
    pub activations: Vec<Vec<u32>>,
}

/// What each width costs; the unit is the method's own, more is worse, and losses add up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Losses {
    /// For each layer, at each of its candidates.
    pub weights: Vec<Vec<f64>>,
    /// For each group, at each of its candidates.
    pub activations: Vec<Vec<f64>>,
}

/// What a method may look at.
pub struct Evidence<'a> {
    /// Frames to calibrate with.
    pub frames: &'a Frames,
    /// What scores are compared with.
    pub aim: &'a Aim,
}

/// Called with a number of steps that are done, of [`Sensitivity::steps`].
pub type Progress<'a> = &'a (dyn Fn(usize) + Sync);

/// A way to tell what widths cost. Methods that need gradients (Fisher, Hessian traces) fit here too, once networks are trained.
pub trait Sensitivity {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// How many steps it reports.
    fn steps(&self, evidence: &Evidence<'_>) -> usize;

    /// The loss of each candidate.
    ///
    /// # Errors
    /// Where the network or the frames do not allow it.
    fn losses(
        &self,
        subject: &Subject,
        candidates: &Candidates,
        evidence: &Evidence<'_>,
        progress: Progress<'_>,
    ) -> Result<Losses, Diagnostic>;
}

impl Losses {
    /// Nothing below zero, and no more bits that cost more: what is left of a sample's noise would be taken for gain.
    pub(crate) fn monotone(mut self) -> Losses {
        for losses in self.weights.iter_mut().chain(&mut self.activations) {
            let mut least = 0.0f64;
            for loss in losses.iter_mut().rev() {
                least = least.max(*loss);
                *loss = least;
            }
        }
        self
    }
}

/// The loss of a layer's width told apart by output channels: in proportion to their squared errors.
///
/// Channels of one layer see the same inputs, so that their weights' errors compare; what the layer's error as a whole
/// costs is `loss`. The result is `[channel][candidate]`.
pub fn by_channel(
    subject: &Subject,
    candidates: &Candidates,
    losses: &Losses,
    layer: usize,
) -> Vec<Vec<f64>> {
    let widths = &candidates.weights[layer];
    let errors: Vec<Vec<f64>> =
        widths.iter().map(|bits| subject.weights(layer, &[*bits]).squared_error).collect();
    let channels = errors.first().map_or(0, Vec::len);
    let share = |width: usize, channel: usize| {
        let all: f64 = errors[width].iter().sum();
        let part = if all > 0.0 { errors[width][channel] / all } else { 1.0 / channels as f64 };
        losses.weights[layer][width] * part
    };
    (0..channels).map(|channel| (0..widths.len()).map(|width| share(width, channel)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_no_gain() {
        let noisy = Losses { weights: vec![vec![5.0, -1.0, 2.0, -0.5]], activations: Vec::new() };
        assert_eq!(noisy.monotone().weights, [[5.0, 2.0, 2.0, 0.0]]);
    }
}
