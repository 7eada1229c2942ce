//! What the scheduler says: look-up tables, flip-flops, DSP slices and block memories at a frame rate.

use super::{Cost, Costs, Load};
use crate::assemble::{Subject, Widths};
use crate::sensitivity::Candidates;
use mpqc_ir::design::Resources;
use mpqc_ir::diagnostic::{Code, Diagnostic, Diagnostics};
use mpqc_ir::int_network::IntNetwork;
use mpqc_ir::lower::lower;
use mpqc_ir::network::Network;
use mpqc_schedule::{LayerCost, Limits, Options, Schedule, layer_costs, schedule};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The costs on a target at a rate.
#[derive(Clone, Debug)]
pub struct Hardware {
    /// Target, rate and limits.
    pub options: Options,
}

/// What a network's layers take at every pair of widths.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Table {
    /// Frames per second at least.
    pub fps: Option<f64>,
    /// What there is.
    pub usable: Resources,
    /// Layers, producers first.
    pub layers: Vec<LayerTable>,
    /// What stands beside the layers, by the bits of all activations.
    pub beside: BTreeMap<u32, Resources>,
}

/// What a layer takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LayerTable {
    /// Its name.
    pub name: String,
    /// Multipliers that it needs at the rate.
    pub lanes: usize,
    /// By the bits of its weights, then those of its activations: the ways to build it.
    pub ways: Ways,
}

/// Widths that the channels of a layer may have at once: rows of an array are as wide as the widest of their channels, and an
/// array has few rows.
const CLASSES: usize = 8;

/// How many times the device is there, where a design is built to see what it takes.
const ROOM: u64 = 1 << 10;

impl Hardware {
    /// What a design may take.
    pub fn usable(&self) -> Resources {
        self.options.limits.usable(&self.options.target)
    }

    fn clock_mhz(&self) -> f64 {
        self.options.clock_mhz.unwrap_or(self.options.target.clock_mhz)
    }

    /// The design of a network at the rate, whether or not it keeps the limits; resources are balanced as these ask.
    ///
    /// # Errors
    /// What lowering and scheduling say.
    pub fn design(&self, network: &Network) -> Result<(IntNetwork, Schedule), Diagnostic> {
        let integers = lower(network).map_err(first)?;
        let mut target = self.options.target.clone();
        let usable = self.usable();
        let room = |count: u64| count * ROOM;
        target.resources = Resources {
            lut: room(usable.lut),
            ff: room(usable.ff),
            dsp: room(usable.dsp),
            bram18: room(usable.bram18),
            uram: room(usable.uram),
        };
        let limits = Limits { fill: Some(1.0), ..Limits::default() };
        let schedule = schedule(&integers, &Options { target, limits, ..self.options.clone() })?;
        Ok((integers, schedule))
    }

    /// The table of all pairs of candidates: the network is lowered at each, and asked what each layer may take. At every
    /// width of activations one design is built, for what stands beside the layers.
    ///
    /// # Errors
    /// What lowering and scheduling say.
    pub fn table(&self, subject: &Subject, candidates: &Candidates) -> Result<Table, Diagnostic> {
        let (weights, activations) = (union(&candidates.weights), union(&free(subject, candidates)));
        let pairs: Vec<(u32, u32)> =
            weights.iter().flat_map(|w| activations.iter().map(|a| (*w, *a))).collect();
        let at = |(w, a): &(u32, u32)| -> Result<Vec<LayerCost>, Diagnostic> {
            let network = subject.network(&clipped(subject, candidates, *w, *a));
            layer_costs(&lower(&network).map_err(first)?, &self.options)
        };
        let costs: Vec<Vec<LayerCost>> = pairs.par_iter().map(at).collect::<Result<_, _>>()?;
        let beside = activations.par_iter().map(|a| {
            let nearest = weights.iter().copied().min_by_key(|w| w.abs_diff(*a)).unwrap_or(*a);
            Ok((*a, self.beside(&subject.network(&clipped(subject, candidates, nearest, *a)))?))
        });
        let rate = self.options.fps.unwrap_or(0.0) / (self.clock_mhz() * 1e6);
        let layers = subject.model.layers.iter().map(|layer| {
            let lanes = (layer.macs as f64 * rate).ceil().max(1.0) as usize;
            Ok(LayerTable { name: layer.name.clone(), lanes, ways: ways(&layer.name, &pairs, &costs)? })
        });
        Ok(Table {
            fps: self.options.fps,
            usable: self.usable(),
            layers: layers.collect::<Result<_, Diagnostic>>()?,
            beside: beside.collect::<Result<_, Diagnostic>>()?,
        })
    }

    /// What a design takes beside its layers of dot products.
    fn beside(&self, network: &Network) -> Result<Resources, Diagnostic> {
        let (_, schedule) = self.design(network)?;
        Ok(schedule.resources.without(schedule.layers.iter().map(|layer| layer.resources).sum()))
    }
}

/// The first of several diagnostics.
pub(crate) fn first(all: Diagnostics) -> Diagnostic {
    let none = || Diagnostic::new(Code::NoHardware, "", "nothing can be hardware", "see `mpqc check`");
    all.0.into_iter().next().unwrap_or_else(none)
}

/// All widths that any of several lists has.
fn union(lists: &[Vec<u32>]) -> BTreeSet<u32> {
    lists.iter().flatten().copied().collect()
}

/// The candidates of groups that are not the input: of all, where there is no other.
fn free(subject: &Subject, candidates: &Candidates) -> Vec<Vec<u32>> {
    let all = candidates.activations.iter().enumerate();
    let inner: Vec<Vec<u32>> =
        all.filter(|(group, _)| !subject.model.is_input(*group)).map(|(_, widths)| widths.clone()).collect();
    if inner.is_empty() { candidates.activations.clone() } else { inner }
}

/// The candidates nearest to a width of all weights and one of all activations.
fn clipped(subject: &Subject, candidates: &Candidates, w: u32, a: u32) -> Widths {
    let nearest = |widths: &Vec<u32>, bits: u32| {
        widths.iter().copied().min_by_key(|other| other.abs_diff(bits)).unwrap_or(bits)
    };
    let mut widths = Widths::uniform(&subject.model, w, a);
    for (bits, candidates) in widths.weights.iter_mut().zip(&candidates.weights) {
        *bits = vec![nearest(candidates, w)];
    }
    for (bits, candidates) in widths.activations.iter_mut().zip(&candidates.activations) {
        *bits = nearest(candidates, a);
    }
    widths
}

/// The ways to build a layer, by the bits of its weights, then those of its activations.
pub type Ways = BTreeMap<u32, BTreeMap<u32, Vec<Resources>>>;

/// The ways of a layer, from the costs at all pairs.
fn ways(name: &str, pairs: &[(u32, u32)], costs: &[Vec<LayerCost>]) -> Result<Ways, Diagnostic> {
    let mut ways = Ways::new();
    for ((w, a), costs) in pairs.iter().zip(costs) {
        let own = costs.iter().find(|cost| cost.origin.iter().any(|origin| origin == name));
        let found = own.map(|cost| cost.ways.clone()).unwrap_or_default();
        if found.is_empty() {
            let reason = format!("no way to build it at {w} and {a} bits is fast enough");
            return Err(Diagnostic::new(Code::DoesNotFit, name, reason, "ask for fewer frames per second"));
        }
        ways.entry(*w).or_default().insert(*a, found);
    }
    Ok(ways)
}

impl Cost for Hardware {
    fn name(&self) -> &'static str {
        "hardware"
    }

    fn costs(&self, subject: &Subject, candidates: &Candidates) -> Result<Costs, Diagnostic> {
        Ok(self.table(subject, candidates)?.costs(subject, candidates))
    }
}

/// Counts of the resources.
pub(crate) fn load(r: &Resources) -> Load {
    r.counts().map(|count| count as f64).to_vec()
}

impl Table {
    /// The table for the solver. What stands beside the layers is shared out to groups by their elements.
    pub fn costs(&self, subject: &Subject, candidates: &Candidates) -> Costs {
        let weights = subject.model.layers.iter().zip(&self.layers).zip(&candidates.weights);
        let of_layer = |((layer, table), widths): ((&crate::model::Layer, &LayerTable), &Vec<u32>)| {
            let at = |w: &u32, a: &u32| nearest(nearest(&table.ways, *w), *a).iter().map(load).collect();
            let pair = |w: &u32| candidates.activations[layer.group].iter().map(|a| at(w, a)).collect();
            widths.iter().map(pair).collect()
        };
        let elements =
            |group: &Vec<usize>| group.iter().map(|p| subject.model.points[*p].elements).sum::<usize>();
        let all: usize = subject.model.groups.iter().map(elements).sum();
        let activations = subject.model.groups.iter().zip(&candidates.activations).map(|(group, widths)| {
            let share = elements(group) as f64 / all.max(1) as f64;
            let at = |a: &u32| load(nearest(&self.beside, *a)).iter().map(|count| count * share).collect();
            widths.iter().map(at).collect()
        });
        Costs {
            resources: Resources::NAMES.to_vec(),
            budget: load(&self.usable),
            activations: activations.collect(),
            weights: weights.map(of_layer).collect(),
            classes: self.layers.iter().map(|layer| layer.lanes.min(CLASSES)).collect(),
        }
    }
}

/// The entry of a width, or of the one nearest to it.
fn nearest<T>(table: &BTreeMap<u32, T>, bits: u32) -> &T {
    let entry = table.iter().min_by_key(|(other, _)| other.abs_diff(bits));
    entry.expect("a table has an entry for every candidate").1
}
