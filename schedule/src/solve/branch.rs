//! Branch and bound: layer after layer, the items that look cheapest first, and none with which the rest cannot fit.

use super::TOLERANCE;
use super::instance::{Instance, Item, Load, dot, plus, scarcest};
use super::tree::Priced;

/// Partial mixes that are looked at before giving up.
const NODES: usize = 4000;

/// What came of it.
pub(super) enum Outcome {
    /// A mix that fits.
    Found(Vec<usize>),
    /// No mix fits.
    Nothing,
    /// Neither was found out.
    GaveUp,
}

/// Looks for a mix that fits; `prices` give the bounds.
pub(super) fn search(instance: &Instance, prices: &[Load]) -> Outcome {
    let priced: Vec<(Load, Priced)> = prices.iter().map(|p| (*p, Priced::new(instance, p))).collect();
    let mut tree = Tree { instance, priced: &priced, left: NODES, picks: Vec::new() };
    let rest = priced.iter().map(|(_, p)| p.least()).collect();
    let found = tree.descend(&Load::default(), rest);
    tracing::debug!(found, nodes = NODES - tree.left, "branch and bound");
    match found {
        true => Outcome::Found(tree.picks),
        false if tree.left == 0 => Outcome::GaveUp,
        false => Outcome::Nothing,
    }
}

struct Tree<'a> {
    instance: &'a Instance,
    priced: &'a [(Load, Priced)],
    left: usize,
    picks: Vec<usize>,
}

/// A choice for the next layer.
struct Step {
    item: usize,
    /// What is taken with it so far.
    taken: Load,
    /// Least that the layers after it cost, by prices.
    rest: Vec<f64>,
    /// Least that all costs at the first prices.
    promise: f64,
}

impl Tree<'_> {
    /// Completes the mix of the first layers, which take `taken`; the others cost `rest` at least.
    fn descend(&mut self, taken: &Load, rest: Vec<f64>) -> bool {
        if self.picks.len() == self.instance.stages.len() {
            return true;
        }
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let items = self.instance.stages[self.picks.len()].items.iter().enumerate();
        let mut steps: Vec<Step> = items.filter_map(|(i, item)| self.step(i, item, taken, &rest)).collect();
        steps.sort_by(|a, b| a.promise.total_cmp(&b.promise));
        for step in steps {
            self.picks.push(step.item);
            if self.descend(&step.taken, step.rest) {
                return true;
            }
            self.picks.pop();
        }
        false
    }

    /// One more layer; nothing where that cannot lead to a mix that fits.
    fn step(&self, index: usize, item: &Item, taken: &Load, rest: &[f64]) -> Option<Step> {
        let layer = self.picks.len();
        let links = self.instance.links.iter().filter(|l| l.to == layer);
        let converters = links.map(|l| l.loads[self.instance.item(&self.picks, l.from).exit][item.entry]);
        let taken = converters.fold(plus(taken, &item.load), |a, b| plus(&a, &b));
        if scarcest(&taken) > 1.0 {
            return None;
        }
        let mut after = Vec::with_capacity(rest.len());
        let mut promise = 0.0;
        for ((price, priced), rest) in self.priced.iter().zip(rest).rev() {
            let exit = priced.before(layer).map_or(0, |b| self.instance.item(&self.picks, b).exit);
            let rest = rest - priced.arriving(layer, exit) + priced.behind(layer, item.exit);
            promise = dot(price, &taken) + rest;
            // Prices add up to 1, and so does what a mix that fits costs at most.
            if promise > 1.0 + TOLERANCE {
                return None;
            }
            after.push(rest);
        }
        after.reverse();
        Some(Step { item: index, taken, rest: after, promise })
    }
}
