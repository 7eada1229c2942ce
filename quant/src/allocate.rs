//! The program: sensitivity[layer][bits] × cost[layer][bits] → solver.

use crate::assemble::{Subject, Widths};
use crate::cost::{Costs, Load};
use crate::sensitivity::{Candidates, Losses, by_channel};
use crate::solve::{Child, Infeasible, Item, Picks, Problem, Solution, Solver};
use serde::{Deserialize, Serialize};

/// What shares a width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    /// All weights of a layer.
    #[default]
    Layer,
    /// The weights of an output channel (Lou et al., "AutoQ: Automated Kernel-Wise Neural Network Quantization", ICLR 2020,
    /// search widths at this level), or of as many channels as an array tells apart.
    Channel,
}

/// Widths with what is known of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// The widths.
    pub widths: Widths,
    /// What the solver says.
    pub solution: Solution,
    /// What it takes of each resource, as the cost table has it.
    pub load: Load,
}

/// Chooses widths so that the losses add up to the least within the budget.
///
/// # Errors
/// What is short, where no choice keeps the budget.
pub fn allocate(
    subject: &Subject,
    candidates: &Candidates,
    losses: &Losses,
    costs: &Costs,
    classes: &[Vec<Class>],
    solver: &dyn Solver,
) -> Result<Allocation, Infeasible> {
    let problem = problem(subject, candidates, losses, costs, classes);
    let solution = solver.solve(&problem)?;
    let widths = widths(subject, candidates, &solution.picks, classes);
    let load = solution.load.iter().zip(&costs.budget).map(|(part, budget)| part * budget).collect();
    Ok(Allocation { widths, load, solution })
}

/// What shares a width, for each layer: all its channels, or classes of them as far as `costs` tell them apart.
pub fn classes(
    subject: &Subject,
    candidates: &Candidates,
    losses: &Losses,
    costs: &Costs,
    granularity: Granularity,
) -> Vec<Vec<Class>> {
    let of_layer = |layer: usize| match granularity {
        Granularity::Layer => vec![whole(subject, losses, layer)],
        Granularity::Channel => told_apart(subject, candidates, losses, layer, costs.classes[layer]),
    };
    (0..subject.model.layers.len()).map(of_layer).collect()
}

/// Channels of a layer that share a width.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    channels: Vec<usize>,
    /// At each of the layer's candidates.
    losses: Vec<f64>,
}

/// All channels of a layer.
fn whole(subject: &Subject, losses: &Losses, layer: usize) -> Class {
    let channels = (0..subject.model.channels(&subject.model.layers[layer])).collect();
    Class { channels, losses: losses.weights[layer].clone() }
}

/// The channels of a layer in at most so many classes of about equal size: those together that lose alike in the middle of the
/// candidates.
fn told_apart(
    subject: &Subject,
    candidates: &Candidates,
    losses: &Losses,
    layer: usize,
    classes: usize,
) -> Vec<Class> {
    let single = by_channel(subject, candidates, losses, layer);
    let (middle, count) = (candidates.weights[layer].len() / 2, single.len());
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| single[*b][middle].total_cmp(&single[*a][middle]));
    let classes = classes.clamp(1, count.max(1));
    let class = |class: usize| {
        let channels = order[class * count / classes..(class + 1) * count / classes].to_vec();
        let sum = |width: usize| channels.iter().map(|channel| single[*channel][width]).sum();
        Class { losses: (0..candidates.weights[layer].len()).map(sum).collect(), channels }
    };
    (0..classes).map(class).collect()
}

/// The question to the solver: a parent for every group, a child for every class of a layer's channels.
fn problem(
    subject: &Subject,
    candidates: &Candidates,
    losses: &Losses,
    costs: &Costs,
    classes: &[Vec<Class>],
) -> Problem {
    // A resource that there is none of may not be used at all.
    let part = |load: &Load, of: f64| -> Load {
        load.iter()
            .zip(&costs.budget)
            .map(|(l, b)| if *l == 0.0 { 0.0 } else { l * of / b.max(1e-9) })
            .collect()
    };
    let parent = |(loads, losses): (&Vec<Load>, &Vec<f64>)| {
        let item = |(tag, (l, loss)): (usize, (&Load, &f64))| Item { loss: *loss, load: part(l, 1.0), tag };
        loads.iter().zip(losses).enumerate().map(item).collect()
    };
    let mut children = Vec::new();
    for (index, layer) in subject.model.layers.iter().enumerate() {
        let beyond = too_wide(subject, candidates, index);
        let channels: usize = classes[index].iter().map(|class| class.channels.len()).sum();
        for class in &classes[index] {
            let share = class.channels.len() as f64 / channels.max(1) as f64;
            let at = |activation: usize| {
                let of_width = |(tag, loss): (usize, &f64)| {
                    let ways = costs.weights[index][tag][activation].iter();
                    let too_wide = beyond[tag][activation];
                    let load =
                        |way| if too_wide { vec![NEVER; costs.budget.len()] } else { part(way, share) };
                    ways.map(|way| Item { loss: *loss, load: load(way), tag }).collect::<Vec<_>>()
                };
                class.losses.iter().enumerate().flat_map(of_width).collect()
            };
            let items = (0..candidates.activations[layer.group].len()).map(at).collect();
            children.push(Child { parent: layer.group, items });
        }
    }
    Problem {
        budgets: costs.budget.len(),
        parents: costs.activations.iter().zip(&losses.activations).map(parent).collect(),
        children,
    }
}

/// A load that keeps no budget.
const NEVER: f64 = 1e6;

/// Which pairs of candidates of a layer need accumulators beyond the limit, where there is one: `[weights][activations]`.
fn too_wide(subject: &Subject, candidates: &Candidates, layer: usize) -> Vec<Vec<bool>> {
    let activations = &candidates.activations[subject.model.layers[layer].group];
    let pair = |w: &u32| {
        let sum = subject.options.accumulator_bits.map(|most| (most, subject.largest_row(layer, *w)));
        let beyond = |a: &u32| sum.is_some_and(|(most, sum)| subject.accumulator_bits(layer, sum, *a) > most);
        activations.iter().map(beyond).collect()
    };
    candidates.weights[layer].iter().map(pair).collect()
}

/// The widths of a choice.
fn widths(subject: &Subject, candidates: &Candidates, picks: &Picks, classes: &[Vec<Class>]) -> Widths {
    let mut children = picks.children.iter();
    let of_layer = |(index, widths): (usize, &Vec<u32>)| {
        let layer = &classes[index];
        let picked: Vec<u32> = children.by_ref().take(layer.len()).map(|pick| widths[*pick]).collect();
        let even = picked.iter().all(|bits| *bits == picked[0]);
        if even {
            return picked[..1].to_vec();
        }
        let mut bits = vec![0; subject.model.channels(&subject.model.layers[index])];
        for (class, width) in layer.iter().zip(&picked) {
            class.channels.iter().for_each(|channel| bits[*channel] = *width);
        }
        bits
    };
    let weights = candidates.weights.iter().enumerate().map(of_layer).collect();
    let activations = picks.parents.iter().zip(&candidates.activations).map(|(pick, widths)| widths[*pick]);
    Widths { weights, activations: activations.collect() }
}
