//! The third slot: which candidate of everything, so that all budgets hold and the losses add up to the least.
//!
//! This is a multiple-choice knapsack under several budgets at once, with one complication: what a layer's candidates
//! take depends on the width of its activations. Activations are [`Problem::parents`], layers (or their channels) are
//! children of one of them. At given prices for the resources the best choice is found exactly, parent by parent, and is
//! a lower bound on the loss of every choice that keeps the budgets (Lagrangian relaxation; Fisher, Management Science
//! 27, 1981).
//!
//! - [`Exact`]: prices by subgradients, choices on the way repaired and improved, then branch and bound.
//! - [`Greedy`]: from the widest candidates down, the step that loses least for what it frees; for comparison.

mod branch;
mod dual;
mod greedy;
mod improve;

pub use greedy::Greedy;

use serde::Serialize;
use std::borrow::Borrow;

/// A candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it costs in accuracy.
    pub loss: f64,
    /// What it takes, in parts of each budget.
    pub load: Vec<f64>,
    /// Its number among the caller's candidates.
    pub tag: usize,
}

/// Something that depends on a parent's choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// The parent.
    pub parent: usize,
    /// The candidates at each of the parent's candidates; none empty.
    pub items: Vec<Vec<Item>>,
}

/// What is asked. All budgets are 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    /// Number of budgets.
    pub budgets: usize,
    /// The candidates of each parent; none empty.
    pub parents: Vec<Vec<Item>>,
    /// What depends on them.
    pub children: Vec<Child>,
}

/// A choice: an item of each parent, and of each child at its parent's item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picks {
    /// Of each parent.
    pub parents: Vec<usize>,
    /// Of each child.
    pub children: Vec<usize>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Solution {
    /// The choice.
    #[serde(skip)]
    pub picks: Picks,
    /// What it takes, in parts of each budget.
    pub load: Vec<f64>,
    /// Its loss.
    pub loss: f64,
    /// No choice that keeps the budgets has a smaller loss.
    pub bound: f64,
    /// Whether it is proved to be the best: all others were looked at, or excluded by the bound.
    pub optimal: bool,
    /// Choices that branch and bound looked at.
    pub nodes: u64,
}

/// No choice keeps the budgets.
#[derive(Clone, Debug, PartialEq)]
pub struct Infeasible {
    /// The least of each resource that any choice takes, in parts of its budget.
    pub least: Vec<f64>,
    /// Whether that is proved; otherwise none was found.
    pub proved: bool,
}

/// A way to solve.
pub trait Solver {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// The choice of the least loss within all budgets.
    ///
    /// # Errors
    /// What is short where there is none.
    fn solve(&self, problem: &Problem) -> Result<Solution, Infeasible>;
}

/// Branch and bound over Lagrangian bounds; exact, unless it gives up after `nodes` choices.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    /// Choices that are looked at, at most.
    pub nodes: u64,
}

impl Default for Exact {
    fn default() -> Self {
        Exact { nodes: 3_000_000 }
    }
}

/// Rounding of sums of loads.
pub(crate) const TOLERANCE: f64 = 1e-9;

impl Solver for Exact {
    fn name(&self) -> &'static str {
        "exact"
    }

    fn solve(&self, problem: &Problem) -> Result<Solution, Infeasible> {
        let problem = &problem.reduced();
        let least = problem.least();
        if least.iter().any(|load| *load > 1.0 + TOLERANCE) {
            return Err(Infeasible { least, proved: true });
        }
        let dual = dual::ascend(problem);
        let found = branch::search(problem, &dual, self.nodes);
        let Some((picks, loss)) = found.best else {
            return Err(Infeasible { least, proved: found.complete });
        };
        let bound = if found.complete { loss } else { dual.bound.min(loss) };
        let load = problem.load(&picks);
        Ok(Solution {
            picks: problem.tags(&picks),
            load,
            loss,
            bound,
            optimal: found.complete,
            nodes: found.nodes,
        })
    }
}

impl Problem {
    /// What a choice takes.
    pub fn load(&self, picks: &Picks) -> Vec<f64> {
        let mut load = vec![0.0; self.budgets];
        self.chosen(picks).for_each(|item| add(&mut load, &item.load, 1.0));
        load
    }

    /// What a choice loses.
    pub fn loss(&self, picks: &Picks) -> f64 {
        self.chosen(picks).map(|item| item.loss).sum()
    }

    fn chosen<'a>(&'a self, picks: &'a Picks) -> impl Iterator<Item = &'a Item> {
        let parents = self.parents.iter().zip(&picks.parents).map(|(items, pick)| &items[*pick]);
        let children = self.children.iter().zip(&picks.children);
        parents.chain(children.map(|(child, pick)| &child.items[picks.parents[child.parent]][*pick]))
    }

    /// The least of each resource that any choice takes, each resource by itself.
    pub fn least(&self) -> Vec<f64> {
        let of = |resource: usize| {
            let least =
                |items: &Vec<Item>| items.iter().map(|i| i.load[resource]).fold(f64::INFINITY, f64::min);
            let parent = |(parent, items): (usize, &Vec<Item>)| {
                let with = |(pick, item): (usize, &Item)| {
                    item.load[resource] + self.of_parent(parent).map(|c| least(&c.items[pick])).sum::<f64>()
                };
                items.iter().enumerate().map(with).fold(f64::INFINITY, f64::min)
            };
            self.parents.iter().enumerate().map(parent).sum()
        };
        (0..self.budgets).map(of).collect()
    }

    /// The children of a parent.
    pub(crate) fn of_parent(&self, parent: usize) -> impl Iterator<Item = &Child> {
        self.children.iter().filter(move |child| child.parent == parent)
    }

    /// The problem without items that another one beats in loss and every resource.
    fn reduced(&self) -> Problem {
        let children = self.children.iter().map(|child| Child {
            parent: child.parent,
            items: child.items.iter().map(|items| unbeaten(items)).collect(),
        });
        Problem { budgets: self.budgets, parents: self.parents.clone(), children: children.collect() }
    }

    /// The caller's numbers of a choice.
    fn tags(&self, picks: &Picks) -> Picks {
        let children = self.children.iter().zip(&picks.children);
        Picks {
            parents: self.parents.iter().zip(&picks.parents).map(|(items, pick)| items[*pick].tag).collect(),
            children: children.map(|(c, pick)| c.items[picks.parents[c.parent]][*pick].tag).collect(),
        }
    }
}

/// The items that no other one beats, the least loss first.
fn unbeaten(items: &[Item]) -> Vec<Item> {
    let mut sorted: Vec<&Item> = items.iter().collect();
    sorted.sort_by(|a, b| a.loss.total_cmp(&b.loss).then(total(a).total_cmp(&total(b))));
    let mut kept: Vec<Item> = Vec::new();
    for item in sorted {
        let beats = |other: &Item| other.load.iter().zip(&item.load).all(|(a, b)| a <= b);
        if !kept.iter().any(beats) {
            kept.push(item.clone());
        }
    }
    kept
}

fn total(item: &Item) -> f64 {
    item.load.iter().sum()
}

/// Adds so many times a load.
pub(crate) fn add(sum: &mut [f64], load: &[f64], times: f64) {
    sum.iter_mut().zip(load).for_each(|(sum, load)| *sum += times * load);
}

/// How far a load is beyond the budgets.
pub(crate) fn excess<T: Borrow<f64>>(load: impl IntoIterator<Item = T>) -> f64 {
    load.into_iter().map(|l| (l.borrow() - 1.0).max(0.0)).sum()
}

/// Whether a load keeps all budgets.
pub(crate) fn fits<T: Borrow<f64>>(load: impl IntoIterator<Item = T>) -> bool {
    load.into_iter().all(|load| *load.borrow() <= 1.0 + TOLERANCE)
}

#[cfg(test)]
mod tests;
