//! The cheapest mix: one candidate per layer, so that the scarcest resource is used least.
//!
//! This is a multiple-choice knapsack under several budgets at once, with the width converters between neighbours on
//! top. Prices per resource relax the budgets (Lagrangian duality; Fisher, Management Science 27, 1981): at given
//! prices the cheapest mix is found exactly, converters included, by dynamic programming along the network
//! ([`tree`]), and what it costs bounds the share of the scarcest resource from below. [`dual`] looks for the prices with
//! the highest bound and meets good mixes on the way, [`exchange`] improves the best of them layer by layer, and where
//! it does not fit although the bound allows it, [`branch`] searches with the bound (branch and bound).

mod branch;
mod dual;
mod exchange;
mod instance;
mod tree;

use crate::fold::{Candidate, Choice};
use crate::layer::Problem;
use instance::Instance;
use mpqc_ir::design::{Resources, Target};

/// What is asked.
pub(crate) struct Question<'a> {
    /// The layers and how they are linked.
    pub problem: &'a Problem,
    /// Candidates of each layer, none empty.
    pub candidates: &'a [Vec<Candidate>],
    /// Cycles per frame that converters must sustain.
    pub limit: u64,
    /// The device.
    pub target: &'a Target,
    /// What the layers and the converters between them may take.
    pub budget: Resources,
    /// Cycles that a frame may stay in all layers together, if that matters.
    pub delay: Option<f64>,
}

/// The answer.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    /// A choice per layer.
    pub choices: Vec<Choice>,
    /// What the layers and the converters between them take.
    pub used: Resources,
    /// Share of the scarcest resource: at most 1 if the mix fits.
    pub share: f64,
    /// No mix has a smaller share.
    pub bound: f64,
    /// Whether it is known that no mix fits.
    pub hopeless: bool,
}

/// The best mix that is found.
pub(crate) fn solve(question: &Question<'_>) -> Mix {
    let instance = Instance::new(question);
    let mut dual = dual::ascend(&instance);
    let mut share = exchange::improve(&instance, &mut dual.picks);
    let mut hopeless = dual.bound > 1.0 + TOLERANCE;
    if share > 1.0 && !hopeless {
        match branch::search(&instance, &dual::around(&dual.price)) {
            branch::Outcome::Found(picks) => {
                dual.picks = picks;
                share = exchange::improve(&instance, &mut dual.picks);
            }
            branch::Outcome::Nothing => hopeless = true,
            branch::Outcome::GaveUp => {}
        }
    }
    let choices = instance.choices(question, &dual.picks);
    let used = instance::used(question, &instance.candidates(question, &dual.picks));
    Mix { choices, used, share, bound: dual.bound.min(share), hopeless }
}

/// Rounding of sums of shares.
const TOLERANCE: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::utilization;
    use crate::targets;
    use crate::testing::{NetworkBuilder, chain};
    use mpqc_ir::int_network::{IntNetwork, Shape};
    use mpqc_ir::number::IntType;

    /// The least share of any mix, by looking at all.
    fn by_hand(question: &Question<'_>) -> f64 {
        let mut mixes: Vec<Vec<Candidate>> = vec![Vec::new()];
        for all in question.candidates {
            mixes =
                mixes.iter().flat_map(|mix| all.iter().map(|c| [mix.as_slice(), &[*c]].concat())).collect();
        }
        let share = |mix: &Vec<Candidate>| {
            utilization(&instance::used(question, mix), &question.budget).into_iter().fold(0.0, f64::max)
        };
        mixes.iter().map(share).fold(f64::INFINITY, f64::min)
    }

    /// Checks the answer at every budget against a search through all mixes of every `step`th candidate.
    fn check(network: &IntNetwork, limit: u64, step: usize) {
        let problem = Problem::new(network).unwrap();
        let target = targets::find("pynq-z2").unwrap();
        let candidates: Vec<Vec<Candidate>> = problem
            .layers
            .iter()
            .map(|l| l.candidates(limit, &target).into_iter().step_by(step).collect())
            .collect();
        assert!(candidates.iter().all(|all| all.len() > 2), "there is a choice");
        for (lut, ff, dsp, bram18) in
            [(53_200, 106_400, 220, 280), (900, 900, 4, 2), (700, 2000, 12, 1), (2000, 700, 0, 9)]
        {
            let budget = Resources { lut, ff, dsp, bram18, uram: 0 };
            let question = Question {
                problem: &problem,
                candidates: &candidates,
                limit,
                target: &target,
                budget,
                delay: None,
            };
            let (mix, best) = (solve(&question), by_hand(&question));
            assert!(mix.bound <= best + TOLERANCE && best <= mix.share + TOLERANCE, "{mix:?}, {best}");
            assert!(mix.share <= 1.05 * best, "{} instead of {best}", mix.share);
            assert_eq!(mix.share <= 1.0, best <= 1.0, "a mix that fits is found, at {best}");
            assert!(!mix.hopeless || best > 1.0);
        }
    }

    #[test]
    fn as_good_as_a_search_through_all_mixes() {
        let u4 = IntType::quantizer(false, 4, false);
        let i6 = IntType::quantizer(true, 6, false);
        check(&chain(3, &[24, 20, 12, 7], u4, i6), 80, 9);
        let mut b = NetworkBuilder::new(5);
        let x = b.input(u4, Shape::vector(12));
        let y = b.dot(x, 12, i6, false);
        let y = b.requantize(y, u4, true);
        let z = b.dot(y, 12, i6, false);
        let z = b.requantize(z, u4, true);
        let sum = b.add(y, z, [1, 1]);
        let sum = b.requantize(sum, u4, true);
        let out = b.dot(sum, 6, i6, false);
        b.output(out);
        check(&b.finish("shortcut"), 40, 7);
    }
}
