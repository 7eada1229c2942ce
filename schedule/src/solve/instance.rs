//! The question in numbers: shares of the budget, and which candidates meet which converters.

use super::Question;
use crate::build::{Layout, conversion_cost};
use crate::fold::{Candidate, Choice};
use crate::layer::{Layer, Link};
use crate::price::{Score, utilization};
use mpqc_ir::design::Resources;
use std::collections::BTreeMap;

/// Shares of the five resources and of the delay.
pub(super) type Load = [f64; 6];

/// Sum of two loads.
pub(super) fn plus(a: &Load, b: &Load) -> Load {
    std::array::from_fn(|i| a[i] + b[i])
}

/// What a load costs.
pub(super) fn dot(price: &Load, load: &Load) -> f64 {
    price.iter().zip(load).map(|(p, l)| p * l).sum()
}

/// The share of the scarcest.
pub(super) fn scarcest(load: &Load) -> f64 {
    load.iter().copied().fold(0.0, f64::max)
}

/// Lanes, vector and vectors of a stream.
pub(super) type Entry = (usize, usize, usize);

/// Items by the lanes on both sides.
type Groups = BTreeMap<(Entry, usize), Vec<Item>>;

/// A candidate that no other one of its layer beats in all resources at the same converters.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Index among the layer's candidates.
    pub candidate: usize,
    /// What it takes.
    pub load: Load,
    /// Index of the lanes that it takes in.
    pub entry: usize,
    /// Index of the lanes that it gives.
    pub exit: usize,
}

/// A layer's part.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    /// What can be chosen.
    pub items: Vec<Item>,
    /// What items take in.
    pub entries: Vec<Entry>,
    /// Lanes that items give.
    pub exits: Vec<usize>,
}

/// Converters of a link, for all lanes on both sides.
#[derive(Clone, Debug)]
pub(super) struct Converters {
    /// The producing layer.
    pub from: usize,
    /// The consuming layer.
    pub to: usize,
    /// Loads, `[exit][entry]`.
    pub loads: Vec<Vec<Load>>,
    /// Whether it belongs to the forest that is priced exactly: a layer's first link.
    pub in_forest: bool,
}

/// The whole question.
pub(super) struct Instance {
    /// The layers, producers first.
    pub stages: Vec<Stage>,
    /// The links between them.
    pub links: Vec<Converters>,
}

impl Instance {
    /// The numbers of a question.
    pub fn new(question: &Question<'_>) -> Instance {
        let layers = 0..question.candidates.len();
        let stages: Vec<Stage> = layers.map(|layer| stage(question, layer)).collect();
        let mut fed = vec![false; stages.len()];
        let links = question.problem.links.iter().map(|link| {
            let loads = converters(question, link, &stages);
            let in_forest = !std::mem::replace(&mut fed[link.to], true);
            Converters { from: link.from, to: link.to, loads, in_forest }
        });
        let links = links.collect();
        Instance { stages, links }
    }

    /// The item that a mix takes of a layer.
    pub fn item(&self, picks: &[usize], layer: usize) -> &Item {
        &self.stages[layer].items[picks[layer]]
    }

    /// The converters of a link in a mix.
    pub fn conversion(&self, link: &Converters, picks: &[usize]) -> Load {
        link.loads[self.item(picks, link.from).exit][self.item(picks, link.to).entry]
    }

    /// What a mix takes.
    pub fn total(&self, picks: &[usize]) -> Load {
        let layers = (0..picks.len()).map(|layer| self.item(picks, layer).load);
        let links = self.links.iter().map(|link| self.conversion(link, picks));
        layers.chain(links).fold(Load::default(), |a, b| plus(&a, &b))
    }

    /// How bad a mix is.
    pub fn score(&self, picks: &[usize]) -> Score {
        Score::of(&self.total(picks))
    }

    /// The candidates of a mix.
    pub fn candidates(&self, question: &Question<'_>, picks: &[usize]) -> Vec<Candidate> {
        let of = |layer: usize| question.candidates[layer][self.item(picks, layer).candidate];
        (0..picks.len()).map(of).collect()
    }

    /// The choices of a mix.
    pub fn choices(&self, question: &Question<'_>, picks: &[usize]) -> Vec<Choice> {
        self.candidates(question, picks).iter().map(|c| c.choice).collect()
    }
}

/// What a mix takes, counted.
pub(super) fn used(question: &Question<'_>, mix: &[Candidate]) -> Resources {
    let conversion = |link: &Link| {
        let entry = question.problem.layers[link.to].entry(&mix[link.to].choice);
        let outputs = question.problem.layers[link.from].group_outputs();
        conversion(question, link, Layer::exit(&mix[link.from].choice, outputs), entry)
    };
    let layers: Resources = mix.iter().map(|c| c.cost).sum();
    layers + question.problem.links.iter().map(conversion).sum()
}

fn conversion(
    question: &Question<'_>,
    link: &Link,
    from_lanes: usize,
    (lanes, vector, vectors): Entry,
) -> Resources {
    let vector = vector.max(from_lanes);
    let from = Layout { elem: link.elem, lanes: from_lanes, vector, vectors, repeats: 1 };
    conversion_cost(&from, lanes, question.limit, question.target)
}

fn converters(question: &Question<'_>, link: &Link, stages: &[Stage]) -> Vec<Vec<Load>> {
    let load = |exit: usize, entry| load(&conversion(question, link, exit, entry), 0.0, question);
    let row = |exit: &usize| stages[link.to].entries.iter().map(|entry| load(*exit, *entry)).collect();
    stages[link.from].exits.iter().map(row).collect()
}

fn load(used: &Resources, delay: f64, question: &Question<'_>) -> Load {
    let [lut, ff, dsp, bram18, uram] = utilization(used, &question.budget);
    [lut, ff, dsp, bram18, uram, question.delay.map_or(0.0, |most| delay / most)]
}

/// A layer's items: those that fit alone, as far as there are any, and are not beaten.
fn stage(question: &Question<'_>, layer: usize) -> Stage {
    let (problem, all) = (&question.problem.layers[layer], &question.candidates[layer]);
    let mut groups = Groups::new();
    let fits = |load: &Load| scarcest(load) <= 1.0;
    let loads: Vec<Load> =
        all.iter().map(|c| load(&c.cost, problem.delay(c.choice.fold), question)).collect();
    let any_fits = loads.iter().any(fits);
    for (candidate, load) in loads.into_iter().enumerate().filter(|(_, load)| !any_fits || fits(load)) {
        let choice = &all[candidate].choice;
        let group =
            groups.entry((problem.entry(choice), Layer::exit(choice, problem.group_outputs()))).or_default();
        keep_unbeaten(group, Item { candidate, load, entry: 0, exit: 0 });
    }
    numbered(groups)
}

/// Adds an item to those of which none beats another.
fn keep_unbeaten(group: &mut Vec<Item>, item: Item) {
    let beats = |a: &Item, b: &Item| a.load.iter().zip(&b.load).all(|(a, b)| a <= b);
    if !group.iter().any(|other| beats(other, &item)) {
        group.retain(|other| !beats(&item, other));
        group.push(item);
    }
}

fn numbered(groups: Groups) -> Stage {
    let (mut stage, mut exits) =
        (Stage { items: Vec::new(), entries: Vec::new(), exits: Vec::new() }, BTreeMap::new());
    for ((lanes_in, lanes_out), items) in groups {
        if stage.entries.last() != Some(&lanes_in) {
            stage.entries.push(lanes_in);
        }
        let entry = stage.entries.len() - 1;
        let next = exits.len();
        let exit = *exits.entry(lanes_out).or_insert(next);
        if exit == next {
            stage.exits.push(lanes_out);
        }
        stage.items.extend(items.into_iter().map(|item| Item { entry, exit, ..item }));
    }
    stage
}
