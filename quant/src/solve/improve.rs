//! From any choice to one within the budgets, and from that to a better one, an exchange at a time.

use super::{Item, Picks, Problem, add, excess, fits};

/// Exchanges at most, for each thing that is chosen.
const ROUNDS: usize = 8;

/// Repairs a choice, then improves it while single exchanges do.
pub(super) fn improve(problem: &Problem, picks: &mut Picks) {
    let most = ROUNDS * (problem.parents.len() + problem.children.len());
    for _ in 0..most {
        let load = problem.load(picks);
        let Some((exchange, _)) = best(problem, picks, &load) else { break };
        exchange.apply(picks);
    }
}

/// Children by their index, and a pick of each.
type ChildPicks = Vec<(usize, usize)>;

/// One other pick of a child, or of a parent with the picks of its children there.
struct Exchange {
    child: Option<(usize, usize)>,
    parent: Option<(usize, usize, ChildPicks)>,
}

impl Exchange {
    fn apply(self, picks: &mut Picks) {
        if let Some((child, pick)) = self.child {
            picks.children[child] = pick;
        }
        if let Some((parent, pick, children)) = self.parent {
            picks.parents[parent] = pick;
            children.into_iter().for_each(|(child, pick)| picks.children[child] = pick);
        }
    }
}

/// The best exchange: of a choice beyond the budgets the one that loses least for what it brings back, of one within
/// them the one that gains most and stays within.
fn best(problem: &Problem, picks: &Picks, load: &[f64]) -> Option<(Exchange, f64)> {
    let (over, within) = (excess(load), fits(load));
    let mut best: Option<(Exchange, f64)> = None;
    let mut consider = |loss: f64, change: &dyn Fn(usize) -> f64, exchange: &dyn Fn() -> Exchange| {
        let after = || load.iter().enumerate().map(|(resource, before)| before + change(resource));
        let score = if within {
            if loss >= -1e-15 || !fits(after()) {
                return;
            }
            loss
        } else {
            let gain = over - excess(after());
            if gain <= 1e-12 {
                return;
            }
            if loss <= 0.0 { loss - 1e9 * gain } else { loss / gain }
        };
        if best.as_ref().is_none_or(|(_, least)| score < *least) {
            best = Some((exchange(), score));
        }
    };
    for (index, child) in problem.children.iter().enumerate() {
        let items = &child.items[picks.parents[child.parent]];
        let now = &items[picks.children[index]];
        for (pick, item) in items.iter().enumerate().filter(|(pick, _)| *pick != picks.children[index]) {
            let change = |resource: usize| item.load[resource] - now.load[resource];
            consider(item.loss - now.loss, &change, &|| Exchange {
                child: Some((index, pick)),
                parent: None,
            });
        }
    }
    for (parent, items) in problem.parents.iter().enumerate() {
        for pick in (0..items.len()).filter(|pick| *pick != picks.parents[parent]) {
            let (loss, change, children) = moved(problem, picks, parent, pick);
            consider(loss, &|resource| change[resource], &|| Exchange {
                child: None,
                parent: Some((parent, pick, children.clone())),
            });
        }
    }
    best
}

/// What changes when a parent's pick does, its children keeping their candidates' numbers as far as they are there.
fn moved(problem: &Problem, picks: &Picks, parent: usize, pick: usize) -> (f64, Vec<f64>, ChildPicks) {
    let (old, new) = (&problem.parents[parent][picks.parents[parent]], &problem.parents[parent][pick]);
    let (mut loss, mut change, mut children) = (new.loss - old.loss, new.load.clone(), Vec::new());
    add(&mut change, &old.load, -1.0);
    for (index, child) in problem.children.iter().enumerate().filter(|(_, child)| child.parent == parent) {
        let now = &child.items[picks.parents[parent]][picks.children[index]];
        let at = nearest(&child.items[pick], now.loss);
        let item = &child.items[pick][at];
        loss += item.loss - now.loss;
        add(&mut change, &item.load, 1.0);
        add(&mut change, &now.load, -1.0);
        children.push((index, at));
    }
    (loss, change, children)
}

/// The item nearest in loss, the cheapest of those that lose as much: the same width as far as there is one. Items are in the
/// order of [`Problem::reduced`].
fn nearest(items: &[Item], loss: f64) -> usize {
    let first = |loss: f64| items.partition_point(|item| item.loss < loss);
    let above = first(loss);
    let Some(below) = above.checked_sub(1) else { return 0 };
    let closer = items.get(above).is_some_and(|item| item.loss - loss <= loss - items[below].loss);
    if closer { above } else { first(items[below].loss) }
}
