//! Prices: what a unit of each resource is worth, so that mixed costs compare.

use mpqc_ir::design::blocks::Block;
use mpqc_ir::design::{Resources, Target};
use std::cmp::Ordering;

/// Each resource used as a fraction of what there is; a resource that does not exist costs 1000 devices.
pub(crate) fn utilization(used: &Resources, budget: &Resources) -> [f64; 5] {
    let mut fractions = [0.0; 5];
    for ((fraction, used), budget) in fractions.iter_mut().zip(used.counts()).zip(budget.counts()) {
        *fraction = match (used, budget) {
            (0, _) => 0.0,
            (used, 0) => 1000.0 * used as f64,
            (used, budget) => used as f64 / budget as f64,
        };
    }
    fractions
}

/// How bad a mix is: the share of its scarcest resource, and a little for all that it uses, so that plenty of
/// one resource is not spent to save a trifle of another. Mixes that do not fit come after all that do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Score(f64);

/// Weight of the sum of all shares beside the largest.
const THRIFT: f64 = 0.02;
/// Handicap of mixes that do not fit; more than the thrift of any that does.
const MISFIT: f64 = 10.0;

impl Score {
    /// The score of the shares of what there is.
    pub fn of(fractions: &[f64]) -> Score {
        let scarcest = fractions.iter().copied().fold(0.0, f64::max);
        let misfit = if scarcest > 1.0 { MISFIT } else { 0.0 };
        Score(misfit + scarcest + THRIFT * fractions.iter().sum::<f64>())
    }

    /// Whether this mix is to be preferred.
    pub fn better_than(&self, other: &Score) -> bool {
        self.0.total_cmp(&other.0) == Ordering::Less
    }
}

/// A price for the whole of each resource of a budget.
#[derive(Clone, Debug)]
pub(crate) struct Price {
    /// What there is.
    pub budget: Resources,
    /// Worth of all of it.
    pub weights: [f64; 5],
}

impl Price {
    /// Every resource of the target is worth the same in full.
    pub fn even(target: &Target) -> Price {
        Price { budget: target.resources, weights: [1.0; 5] }
    }

    /// Price of some resources.
    pub fn of(&self, used: &Resources) -> f64 {
        let fractions = utilization(used, &self.budget);
        fractions.iter().zip(&self.weights).map(|(f, w)| f * w).sum()
    }

    /// The cheapest of several blocks; the first among equals.
    pub fn cheapest<K>(&self, options: Vec<(K, Block)>, target: &Target) -> Option<Block> {
        let cost = |b: &Block| self.of(&b.spec().cost(target));
        let cheapest = options.into_iter().map(|(_, b)| (cost(&b), b)).min_by(|a, b| a.0.total_cmp(&b.0));
        cheapest.map(|(_, b)| b)
    }
}
