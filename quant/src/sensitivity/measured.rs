//! The loss itself, measured with one layer or one group at one width and everything else in float.

use super::{Candidates, Evidence, Losses, Progress, Sensitivity};
use crate::affine::Affine;
use crate::assemble::Subject;
use crate::calibrate::Frames;
use crate::correct::channel_means;
use crate::edit::{constant, uses};
use crate::evaluate::{Aim, Head, first};
use crate::fold::channel_axis;
use crate::model::{Layer, Model};
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::network::Op;
use mpqc_ir::reference::{Change, Executor, Run, eval};
use ndarray::ArrayD;
use rayon::prelude::*;

/// Cross entropy against labels, or without labels the Kullback-Leibler divergence from the float network. Of every frame
/// the float network's tensors are kept, and only what lies behind the change runs again. Biases are corrected for each trial, as
/// they are in the end.
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

/// Frames that mean errors are taken over, at most.
const CORRECTED: usize = 32;

/// One layer at its widths.
struct WeightTrial {
    change: Change,
    /// Weights, and a bias that makes up for their mean error where the layer has one, at each width.
    values: Vec<Vec<ArrayD<f64>>>,
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
        let frames = &evidence.frames[..self.steps(evidence)];
        let trials = Trials::new(&executor, subject, candidates, frames)?;
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
    fn new(
        executor: &Executor,
        subject: &'a Subject,
        candidates: &Candidates,
        frames: &Frames,
    ) -> Result<Self, Diagnostic> {
        let model = &subject.model;
        let layers = model.layers.iter().zip(&candidates.weights).enumerate();
        let weights = layers.map(|(index, (layer, widths))| {
            let at = |bits: &u32| subject.weights(index, &[*bits]).constant.to_real();
            let weights: Vec<ArrayD<f64>> = widths.iter().map(at).collect();
            let bias = Bias::of(model, layer).filter(|_| subject.options.correct_bias);
            let tensors = [Some(layer.weights_tensor.as_str()), bias.as_ref().map(|bias| bias.tensor)];
            let change = executor.change(&tensors.into_iter().flatten().collect::<Vec<_>>());
            let values = match bias {
                Some(bias) => bias.corrected(executor, frames, weights)?,
                None => weights.into_iter().map(|weights| vec![weights]).collect(),
            };
            Ok(WeightTrial { change, values })
        });
        let weights = weights.collect::<Result<Vec<WeightTrial>, Diagnostic>>()?;
        let activations =
            model.groups.iter().zip(&candidates.activations).enumerate().map(|(group, (points, widths))| {
                let tensors: Vec<&str> =
                    points.iter().map(|point| model.points[*point].tensor.as_str()).collect();
                let quantizers = widths.iter().map(|bits| subject.activations(group, *bits)).collect();
                ActivationTrial { change: executor.change(&tensors), tensors, quantizers }
            });
        let head = Head::of(&model.network)?;
        Ok(Trials { head, weights, activations: activations.collect() })
    }

    /// How much worse than the float network each trial is, on one frame.
    fn losses(&self, run: &Run<'_>, label: Option<usize>) -> Result<Losses, Diagnostic> {
        let float = first(&run.outputs()?);
        let home = self.head.loss(&float, label, &float);
        let loss = |change: &Change, values: &[&ArrayD<f64>]| -> Result<f64, Diagnostic> {
            Ok(self.head.loss(&first(&run.again(change, values)?), label, &float) - home)
        };
        let weights = self.weights.iter().map(|trial| {
            let at = |values: &Vec<ArrayD<f64>>| loss(&trial.change, &values.iter().collect::<Vec<_>>());
            trial.values.iter().map(at).collect::<Result<Vec<f64>, _>>()
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

/// The bias of a layer that no other layer reads.
struct Bias<'a> {
    op: &'a Op,
    input: &'a str,
    float: ArrayD<f64>,
    tensor: &'a str,
    values: ArrayD<f64>,
}

impl<'a> Bias<'a> {
    fn of(model: &'a Model, layer: &Layer) -> Option<Bias<'a>> {
        let network = &model.network;
        let op = &network.graph[layer.node].op;
        channel_axis(op)?;
        let operands = network.operands(layer.node);
        let ((_, x), (node, wire)) = (operands[0]?, operands.get(2).copied().flatten()?);
        let values = constant(network, node).filter(|_| uses(network, node, 0).len() == 1)?;
        let float = constant(network, layer.weights)?;
        Some(Bias { op, input: &x.tensor, float, tensor: &wire.tensor, values })
    }

    /// Weights with the biases that keep the mean of every output channel, over some frames.
    fn corrected(
        &self,
        executor: &Executor,
        frames: &Frames,
        weights: Vec<ArrayD<f64>>,
    ) -> Result<Vec<Vec<ArrayD<f64>>>, Diagnostic> {
        let frames = &frames[..frames.len().min(CORRECTED)];
        let errors: Vec<ArrayD<f64>> = weights.iter().map(|weights| &self.float - weights).collect();
        let of_frame = |frame: &Vec<ArrayD<f64>>| -> Result<Vec<ArrayD<f64>>, Diagnostic> {
            let run = executor.keep(frame)?;
            let mean = |error: &ArrayD<f64>| {
                let moved = eval(self.op, &[run.tensor(self.input), Some(error), None])?;
                Ok(channel_means(&moved[0]))
            };
            errors.iter().map(mean).collect()
        };
        let means: Vec<Vec<ArrayD<f64>>> = frames.par_iter().map(of_frame).collect::<Result<_, _>>()?;
        let with_bias = |(width, weights): (usize, ArrayD<f64>)| {
            let missing = means
                .iter()
                .fold(self.values.clone(), |sum, frame| sum + &frame[width] / frames.len().max(1) as f64);
            vec![weights, missing]
        };
        Ok(weights.into_iter().enumerate().map(with_bias).collect())
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
