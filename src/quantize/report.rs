//! What was chosen, and why.

use super::{Budget, Prepared};
use mpqc_ir::design::Resources;
use mpqc_quant::{Attempt, Granularity, Met, mean};
use mpqc_schedule::Schedule;
use serde::Serialize;

/// How long each part took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// Folding and observing.
    pub calibration: f64,
    /// Sensitivities.
    pub sensitivity: f64,
    /// The table of costs.
    pub costs: f64,
    /// Solving, building, solving again.
    pub allocation: f64,
}

/// A layer's weights.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerRow {
    /// The layer.
    pub name: String,
    /// Its number of weights.
    pub parameters: usize,
    /// Its multiplications per frame.
    pub macs: usize,
    /// Its bits: one width, or one for each output channel.
    pub bits: Vec<u32>,
    /// Bits of its activations.
    pub activation_bits: u32,
    /// What its width costs in accuracy, in the method's unit.
    pub loss: f64,
    /// What one bit fewer would cost more; `None` at the narrowest candidate.
    pub one_fewer: Option<f64>,
    /// What one bit more would gain; `None` at the widest candidate.
    pub one_more: Option<f64>,
    /// What the layer takes of the chip, where a design was built.
    pub resources: Option<Resources>,
}

/// The activations of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointRow {
    /// The tensors that share the width.
    pub tensors: Vec<String>,
    /// The width.
    pub bits: u32,
    /// What it costs in accuracy, in the method's unit.
    pub loss: f64,
}

/// What `mpqc quantize` says.
#[derive(Clone, Debug, Serialize)]
pub struct QuantizeReport {
    /// Sensitivity, cost model and solver.
    pub method: [String; 3],
    /// Weights.
    pub layers: Vec<LayerRow>,
    /// Activations.
    pub activations: Vec<PointRow>,
    /// Mean bits of a weight.
    pub mean_weight_bits: f64,
    /// Kibibytes of all weights.
    pub weights_kib: f64,
    /// The sum of all losses.
    pub loss: f64,
    /// No choice within the budget (as the table has it) has a smaller one.
    pub bound: f64,
    /// Whether the choice is proved to be the best.
    pub optimal: bool,
    /// Choices that the solver looked at.
    pub nodes: u64,
    /// Designs that were built until the budget held.
    pub attempts: Vec<Attempt>,
    /// What the design takes, where there is one.
    pub resources: Option<Resources>,
    /// What it may take.
    pub usable: Option<Resources>,
    /// Frames per second of the design.
    pub fps: Option<f64>,
    /// How long it took.
    pub seconds: Seconds,
}

impl QuantizeReport {
    /// The report of a choice.
    pub fn new(prepared: &Prepared<'_>, met: &Met, seconds: Seconds) -> QuantizeReport {
        let (model, widths) = (&prepared.subject.model, &met.allocation.widths);
        let mean_weight_bits = widths.mean_weight_bits(model);
        let solution = &met.allocation.solution;
        let usable = match &prepared.request.budget {
            Budget::Hardware(options) => Some(options.limits.usable(&options.target)),
            _ => None,
        };
        QuantizeReport {
            method: prepared.request.names(),
            layers: (0..model.layers.len()).map(|layer| layer_row(prepared, met, layer)).collect(),
            activations: (0..model.groups.len()).map(|group| point_row(prepared, met, group)).collect(),
            mean_weight_bits,
            weights_kib: mean_weight_bits * model.parameters() as f64 / 8192.0,
            loss: solution.loss,
            bound: solution.bound,
            optimal: solution.optimal,
            nodes: solution.nodes,
            attempts: met.attempts.clone(),
            resources: met.schedule.as_ref().map(|schedule| schedule.resources),
            usable,
            fps: met.schedule.as_ref().map(|schedule| schedule.fps),
            seconds,
        }
    }
}

fn layer_row(prepared: &Prepared<'_>, met: &Met, index: usize) -> LayerRow {
    let (layer, widths) = (&prepared.subject.model.layers[index], &met.allocation.widths);
    let (candidates, losses) = (&prepared.candidates.weights[index], &prepared.losses.weights[index]);
    let bits = &widths.weights[index];
    let at = candidates.iter().position(|c| *c == mean(bits).round() as u32).unwrap_or(0);
    let neighbour = |at: Option<usize>| at.and_then(|at| losses.get(at)).copied();
    let loss = losses.get(at).copied().unwrap_or(0.0);
    let whole = prepared.request.granularity == Granularity::Layer;
    LayerRow {
        name: layer.name.clone(),
        parameters: layer.parameters,
        macs: layer.macs,
        bits: bits.clone(),
        activation_bits: widths.activations[layer.group],
        loss,
        one_fewer: neighbour(at.checked_sub(1)).filter(|_| whole).map(|other| other - loss),
        one_more: neighbour(Some(at + 1)).filter(|_| whole).map(|other| loss - other),
        resources: met.schedule.as_ref().and_then(|schedule| resources(schedule, &layer.name)),
    }
}

fn resources(schedule: &Schedule, layer: &str) -> Option<Resources> {
    let own = schedule.layers.iter().find(|report| report.origin.iter().any(|name| name == layer));
    own.map(|report| report.resources)
}

fn point_row(prepared: &Prepared<'_>, met: &Met, group: usize) -> PointRow {
    let model = &prepared.subject.model;
    let bits = met.allocation.widths.activations[group];
    let at = prepared.candidates.activations[group].iter().position(|c| *c == bits).unwrap_or(0);
    PointRow {
        tensors: model.groups[group].iter().map(|point| model.points[*point].tensor.clone()).collect(),
        bits,
        loss: prepared.losses.activations[group].get(at).copied().unwrap_or(0.0),
    }
}
