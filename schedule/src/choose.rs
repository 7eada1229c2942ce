//! The balanced choice: one candidate per layer, so that the scarcest resource is used least.
//!
//! Choosing under several budgets at once is a multiple-choice knapsack. Prices solve its relaxation: every
//! layer takes what is cheapest, then the prices of much-used resources rise and those of idle ones fall
//! (a Lagrangian bound by multiplicative weights; Fisher, Management Science 27, 1981). The best round is then
//! improved layer by layer until no single exchange helps.

use crate::build::{Layout, conversion_cost};
use crate::fold::{Candidate, Choice};
use crate::layer::{Link, Problem};
use crate::price::{Price, Score, utilization, without};
use mpqc_ir::design::{Resources, Target};

/// Rounds of prices; the shares settle within 20.
const ROUNDS: usize = 32;
/// Candidates of a layer that are looked at together with its neighbours' lanes in a round.
const SHORTLIST: usize = 12;
/// Passes of exchanges; each costs one look at every candidate.
const PASSES: usize = 4;

/// Chooses among `candidates` (of each layer, none empty) against `budget`.
pub(crate) fn choose(
    problem: &Problem,
    candidates: &[Vec<Candidate>],
    limit: u64,
    target: &Target,
    budget: &Resources,
) -> Vec<Choice> {
    let chooser = Chooser { problem, candidates, limit, target, budget };
    let mut picks = chooser.by_prices();
    chooser.improve(&mut picks);
    picks.iter().zip(candidates).map(|(pick, all)| all[*pick].choice).collect()
}

struct Chooser<'a> {
    problem: &'a Problem,
    candidates: &'a [Vec<Candidate>],
    limit: u64,
    target: &'a Target,
    budget: &'a Resources,
}

impl Chooser<'_> {
    fn by_prices(&self) -> Vec<usize> {
        let mut price = Price { budget: *self.budget, weights: [1.0; 5] };
        let mut best: Option<(Score, Vec<usize>)> = None;
        for _ in 0..ROUNDS {
            let picks = self.cheapest(&price);
            let used = self.total(&picks);
            let score = self.score(&used);
            if best.as_ref().is_none_or(|(b, _)| score.better_than(b)) {
                best = Some((score, picks));
            }
            adjust(&mut price.weights, &utilization(&used, self.budget));
        }
        best.map(|(_, picks)| picks).unwrap_or_default()
    }

    /// Each layer's cheapest candidate, then again with the converters to its neighbours.
    fn cheapest(&self, price: &Price) -> Vec<usize> {
        let shortlists: Vec<Vec<usize>> = self.candidates.iter().map(|all| shortlist(all, price)).collect();
        let mut picks: Vec<usize> = shortlists.iter().map(|s| s[0]).collect();
        for _ in 0..2 {
            for (layer, shortlist) in shortlists.iter().enumerate() {
                let cost = |pick: &usize| {
                    price.of(&(self.candidates[layer][*pick].cost + self.conversions(layer, *pick, &picks)))
                };
                let costs = shortlist.iter().map(|p| (cost(p), *p));
                let cheapest = costs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, p)| p);
                picks[layer] = cheapest.unwrap_or(picks[layer]);
            }
        }
        picks
    }

    /// Exchanges one layer's candidate at a time while that helps.
    fn improve(&self, picks: &mut [usize]) {
        let mut best = self.score(&self.total(picks));
        for _ in 0..PASSES {
            let before = best;
            for layer in 0..picks.len() {
                best = self.improve_layer(picks, layer, best);
            }
            if !best.better_than(&before) {
                return;
            }
        }
    }

    fn improve_layer(&self, picks: &mut [usize], layer: usize, mut best: Score) -> Score {
        let own = |pick: usize, picks: &[usize]| {
            self.candidates[layer][pick].cost + self.conversions(layer, pick, picks)
        };
        let rest = without(self.total(picks), own(picks[layer], picks));
        for pick in 0..self.candidates[layer].len() {
            // Without its converters a candidate costs less: a bound that saves most of the work.
            if !self.score(&(rest + self.candidates[layer][pick].cost)).better_than(&best) {
                continue;
            }
            let score = self.score(&(rest + own(pick, picks)));
            if score.better_than(&best) {
                (picks[layer], best) = (pick, score);
            }
        }
        best
    }

    fn score(&self, used: &Resources) -> Score {
        Score::new(used, self.budget)
    }

    fn total(&self, picks: &[usize]) -> Resources {
        let layers = picks.iter().zip(self.candidates).map(|(pick, all)| all[*pick].cost);
        let links = self.problem.links.iter().map(|link| self.conversion(link, None, picks));
        layers.chain(links).sum()
    }

    /// Converters between a layer that picks `pick` and its neighbours.
    fn conversions(&self, layer: usize, pick: usize, picks: &[usize]) -> Resources {
        let touching = self.problem.links.iter().filter(|l| l.from == layer || l.to == layer);
        touching.map(|link| self.conversion(link, Some((layer, pick)), picks)).sum()
    }

    fn conversion(&self, link: &Link, instead: Option<(usize, usize)>, picks: &[usize]) -> Resources {
        let choice = |layer: usize| {
            let pick = instead.filter(|(l, _)| *l == layer).map_or(picks[layer], |(_, pick)| pick);
            self.candidates[layer][pick].choice
        };
        let consumer = &self.problem.layers[link.to];
        let (lanes, vector, vectors) = consumer.entry(&choice(link.to));
        let from_lanes = choice(link.from).fold.pe;
        let vector = vector.max(from_lanes);
        let from = Layout { elem: link.elem, lanes: from_lanes, vector, vectors, repeats: 1 };
        conversion_cost(&from, lanes, self.limit, self.target)
    }
}

/// The cheapest candidates, cheapest first; the earlier among equals.
fn shortlist(all: &[Candidate], price: &Price) -> Vec<usize> {
    let mut priced: Vec<(f64, usize)> = all.iter().map(|c| price.of(&c.cost)).zip(0..).collect();
    priced.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    priced.into_iter().take(SHORTLIST).map(|(_, pick)| pick).collect()
}

/// Raises the prices of resources that are used more than others; the highest is 1.
fn adjust(weights: &mut [f64; 5], used: &[f64; 5]) {
    let most = used.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    for (weight, used) in weights.iter_mut().zip(used) {
        *weight = (*weight * (used / most).sqrt().max(0.5)).max(1e-6);
    }
    let highest = weights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    weights.iter_mut().for_each(|w| *w /= highest);
}
