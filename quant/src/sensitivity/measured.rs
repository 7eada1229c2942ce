//! The loss itself, measured with one layer or one group at one width and everything else in float.

use super::{Candidates, Evidence, Losses, Progress, Sensitivity};
use crate::affine::Affine;
use crate::assemble::Subject;
use crate::evaluate::{Aim, Head, first};
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::reference::{Change, Executor, Run};
use ndarray::ArrayD;
use rayon::prelude::*;

/// Cross entropy against labels, or without labels the Kullback-Leibler divergence from the float network. Of every frame
/// the float network's tensors are kept, and only what lies behind the change runs again.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Frames that are looked at, at most.
    pub frames: usize,
}

impl Default for Measured {
    fn default() -> Self {
        Measured { frames: 256 }
    }
}

/// One layer at its widths.
struct WeightTrial {
    change: Change,
    values: Vec<ArrayD<f64>>,
}

/// One group at its widths.
struct ActivationTrial<'a> {
    change: Change,
    tensors: Vec<&'a str>,
    /// The points' quantizers, at each width.
    quantizers: Vec<Vec<Affine>>,
}

/// Everything that is tried with a frame.
struct Trials<'a> {
    head: Head,
    weights: Vec<WeightTrial>,
    activations: Vec<ActivationTrial<'a>>,
}

impl Sensitivity for Measured {
    fn name(&self) -> &'static str {
        "measured"
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
        let executor = Executor::new(&subject.model.network);
        let trials = Trials::new(&executor, subject, candidates)?;
        let frames = &evidence.frames[..self.steps(evidence)];
        let of_frame = |(index, frame): (usize, &Vec<ArrayD<f64>>)| {
            let label = match evidence.aim {
                Aim::Labels(labels) => Some(labels[index]),
                Aim::Float => None,
            };
            let losses = trials.losses(&executor.keep(frame)?, label)?;
            progress(1);
            Ok(losses)
        };
        let parts: Vec<Losses> =
            frames.par_iter().enumerate().map(of_frame).collect::<Result<_, Diagnostic>>()?;
        Ok(mean(&parts).monotone())
    }
}

impl<'a> Trials<'a> {
    fn new(executor: &Executor, subject: &'a Subject, candidates: &Candidates) -> Result<Self, Diagnostic> {
        let model = &subject.model;
        let weights =
            model.layers.iter().zip(&candidates.weights).enumerate().map(|(index, (layer, widths))| {
                let at = |bits: &u32| subject.weights(index, &[*bits]).constant.to_real();
                let change = executor.change(&[&layer.weights_tensor]);
                WeightTrial { change, values: widths.iter().map(at).collect() }
            });
        let activations =
            model.groups.iter().zip(&candidates.activations).enumerate().map(|(group, (points, widths))| {
                let tensors: Vec<&str> =
                    points.iter().map(|point| model.points[*point].tensor.as_str()).collect();
                let quantizers = widths.iter().map(|bits| subject.activations(group, *bits)).collect();
                ActivationTrial { change: executor.change(&tensors), tensors, quantizers }
            });
        let head = Head::of(&model.network)?;
        Ok(Trials { head, weights: weights.collect(), activations: activations.collect() })
    }

    /// How much worse than the float network each trial is, on one frame.
    fn losses(&self, run: &Run<'_>, label: Option<usize>) -> Result<Losses, Diagnostic> {
        let float = first(&run.outputs()?);
        let home = self.head.loss(&float, label, &float);
        let loss = |change: &Change, values: &[&ArrayD<f64>]| -> Result<f64, Diagnostic> {
            Ok(self.head.loss(&first(&run.again(change, values)?), label, &float) - home)
        };
        let weights = self.weights.iter().map(|trial| {
            trial.values.iter().map(|values| loss(&trial.change, &[values])).collect::<Result<Vec<f64>, _>>()
        });
        let activations = self.activations.iter().map(|trial| {
            let at = |quantizers: &Vec<Affine>| {
                let rounded = trial.rounded(run, quantizers);
                loss(&trial.change, &rounded.iter().collect::<Vec<_>>())
            };
            trial.quantizers.iter().map(at).collect::<Result<Vec<f64>, _>>()
        });
        Ok(Losses {
            weights: weights.collect::<Result<_, _>>()?,
            activations: activations.collect::<Result<_, _>>()?,
        })
    }
}

impl ActivationTrial<'_> {
    fn rounded(&self, run: &Run<'_>, quantizers: &[Affine]) -> Vec<ArrayD<f64>> {
        let tensors = self.tensors.iter().zip(quantizers);
        tensors.filter_map(|(name, affine)| Some(run.tensor(name)?.mapv(|v| affine.round(v)))).collect()
    }
}

fn mean(parts: &[Losses]) -> Losses {
    let sum = |of: fn(&Losses) -> &Vec<Vec<f64>>| {
        let Some(first) = parts.first() else { return Vec::new() };
        let mut sums = of(first).clone();
        for part in &parts[1..] {
            for (sum, more) in sums.iter_mut().flatten().zip(of(part).iter().flatten()) {
                *sum += more;
            }
        }
        sums.iter_mut().flatten().for_each(|sum| *sum /= parts.len() as f64);
        sums
    };
    Losses { weights: sum(|losses| &losses.weights), activations: sum(|losses| &losses.activations) }
}
