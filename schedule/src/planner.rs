//! A design for a given interval: the best mix, built, and planned again where what stands beside the layers was
//! thought to be less.

use crate::build::{self, Built, build};
use crate::fold::{Candidate, Choice};
use crate::layer::{Layer, Problem};
use crate::order::ordered;
use crate::solve::{Mix, Question, solve};
use crate::stop::Shortage;
use mpqc_ir::design::{Resources, Target};
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::int_network::IntNetwork;

/// A design with the choices that led to it.
pub(crate) struct Solution {
    /// The design.
    pub built: Built,
    /// A choice per layer.
    pub choices: Vec<Choice>,
    /// Cycles per frame that converters and ports sustain.
    pub limit: u64,
    /// Least share of the scarcest resource that the layers of any mix take; `None` where there was no choice.
    pub bound: Option<f64>,
}

/// What came of an interval.
pub(crate) enum Probe {
    /// A design that fits.
    Fits(Box<Solution>),
    /// None; the best that was found.
    Short(Shortage),
}

/// A network on a target: what all solutions have in common, and what was learnt from the last one.
pub(crate) struct Planner<'a> {
    /// The network.
    pub network: &'a IntNetwork,
    /// Its layers.
    pub problem: &'a Problem,
    /// The target at the clock that is planned for.
    pub target: Target,
    /// What the design may take.
    pub usable: Resources,
    /// LUTs of these that are kept for deeper FIFOs.
    pub for_fifos: u64,
    /// The least of each resource that stood beside the layers in any design that was built.
    beside: Option<Resources>,
    /// Layers whose choice is given.
    pins: Vec<Option<Candidate>>,
    /// Each layer with a multiplier for every weight, where that is small enough to be worth a look.
    widest: Vec<Vec<Candidate>>,
}

/// Most weights of a layer for which being fully unrolled is worth a look in any mix.
const SMALL: usize = 1 << 15;
/// Most times that a design is planned again because more stands beside the layers than was thought.
const ATTEMPTS: usize = 3;
/// Halvings of the delay that is asked for.
const HALVINGS: usize = 10;

impl<'a> Planner<'a> {
    /// A planner that has learnt nothing yet.
    pub fn new(
        network: &'a IntNetwork,
        problem: &'a Problem,
        target: Target,
        usable: Resources,
    ) -> Planner<'a> {
        let small = |l: &Layer| l.dot.weights.len() <= SMALL;
        let unrolled = |l: &Layer| if small(l) { l.variants(l.widest(), &target) } else { Vec::new() };
        let widest = problem.layers.iter().map(unrolled).collect();
        let pins = vec![None; problem.layers.len()];
        Planner { network, problem, target, usable, for_fifos: 0, beside: None, pins, widest }
    }

    /// Fixes the choices of some layers.
    pub fn pin(&mut self, pins: Vec<Option<Candidate>>) {
        self.pins = pins;
    }

    /// Whether a design fits.
    pub fn fits(&self, solution: &Solution) -> bool {
        solution.built.resources().fits(&self.usable)
    }

    /// The best design of at most `limit` cycles per frame.
    pub fn at(&mut self, limit: u64) -> Result<Probe, Diagnostic> {
        let candidates = self.candidates(limit);
        self.mix(&candidates, limit, None)
    }

    /// The design of at most `limit` cycles per frame with the least sum of the layers' delays that fits.
    pub fn soonest(&mut self, limit: u64) -> Result<Option<Solution>, Diagnostic> {
        let candidates = self.candidates_to(limit);
        let layers = self.problem.layers.iter().zip(&candidates);
        let delays = layers.map(|(layer, all)| {
            all.iter()
                .map(|c| layer.delay(c.choice.fold))
                .fold((f64::INFINITY, 0.0f64), |(least, most), d| (least.min(d), most.max(d)))
        });
        let (mut low, mut high) = delays.fold((0.0, 0.0), |sum, (least, most)| (sum.0 + least, sum.1 + most));
        let mut best = None;
        for _ in 0..HALVINGS {
            let middle = f64::sqrt(low * high);
            match self.mix(&candidates, limit, Some(middle))? {
                Probe::Fits(solution) => (high, best) = (middle, Some(*solution)),
                Probe::Short(_) => low = middle,
            }
        }
        Ok(best)
    }

    /// What each layer may be within `limit` cycles.
    fn candidates(&self, limit: u64) -> Vec<Vec<Candidate>> {
        let layers = self.problem.layers.iter().zip(&self.pins).zip(&self.widest);
        let of = |((layer, pin), widest): ((&Layer, &Option<Candidate>), &Vec<Candidate>)| match pin {
            Some(pin) => vec![*pin],
            None => {
                let mut all = layer.candidates(limit, &self.target);
                all.extend(widest.iter().filter(|c| layer.cycles(c.choice.fold) <= limit));
                all
            }
        };
        layers.map(of).collect()
    }

    /// What each layer may be within `limit` and all its halves.
    fn candidates_to(&self, limit: u64) -> Vec<Vec<Candidate>> {
        let mut all = self.candidates(limit);
        let halves = std::iter::successors(Some(limit / 2), |l| Some(l / 2));
        for limit in halves.take_while(|l| *l >= 1) {
            for (all, more) in all.iter_mut().zip(self.candidates(limit)) {
                all.extend(more);
            }
        }
        all
    }

    /// The best mix of `candidates`, built.
    pub fn mix(
        &mut self,
        candidates: &[Vec<Candidate>],
        limit: u64,
        delay: Option<f64>,
    ) -> Result<Probe, Diagnostic> {
        let for_fifos = Resources { lut: self.for_fifos, ..Resources::default() };
        let mut beside = self.beside.unwrap_or_default();
        let mut short = None;
        for _ in 0..ATTEMPTS {
            let budget = self.usable.without(for_fifos + beside);
            let (problem, target) = (self.problem, &self.target);
            let mix = solve(&Question { problem, candidates, limit, target, budget, delay });
            if mix.share > 1.0 {
                let (cycles, used) = (self.cycles(&mix.choices), mix.used + for_fifos + beside);
                return Ok(Probe::Short(short.unwrap_or(Shortage { cycles, used, proved: mix.hopeless })));
            }
            let solution = self.build(&mix, candidates, limit)?;
            let all = solution.built.resources();
            beside = all.without(mix.used);
            self.beside = Some(self.beside.map_or(beside, |least| least_of(least, beside)));
            if (all + for_fifos).fits(&self.usable) {
                return Ok(Probe::Fits(Box::new(solution)));
            }
            let cycles = solution.built.cycles();
            short = Some(Shortage { cycles, used: all + for_fifos, proved: false });
        }
        Ok(Probe::Short(short.expect("there was an attempt")))
    }

    fn cycles(&self, choices: &[Choice]) -> u64 {
        let cycles = self.problem.layers.iter().zip(choices).map(|(layer, choice)| layer.cycles(choice.fold));
        cycles.max().unwrap_or(1).max(self.problem.floor)
    }

    fn build(&self, mix: &Mix, candidates: &[Vec<Candidate>], limit: u64) -> Result<Solution, Diagnostic> {
        let (choices, target) = (mix.choices.clone(), &self.target);
        let ordered = ordered(self.network, &self.problem.layers, &choices, target);
        let (network, layers) = match &ordered {
            Some((network, layers)) => (network, layers),
            None => (self.network, &self.problem.layers),
        };
        let folded = layers.iter().zip(&choices).map(|(layer, choice)| layer.folded(choice.fold));
        let layers: Vec<Layer> = folded.collect();
        let built = build(&build::Plan { network, layers: &layers, choices: &choices, target, limit })?;
        tracing::debug!(limit, cycles = built.cycles(), resources = ?built.resources(), bound = mix.bound, "scheduled");
        let chosen = candidates.iter().any(|all| all.len() > 1);
        Ok(Solution { built, choices, limit, bound: chosen.then_some(mix.bound) })
    }
}

/// The smaller count of each resource.
fn least_of(a: Resources, b: Resources) -> Resources {
    Resources {
        lut: a.lut.min(b.lut),
        ff: a.ff.min(b.ff),
        dsp: a.dsp.min(b.dsp),
        bram18: a.bram18.min(b.bram18),
        uram: a.uram.min(b.uram),
    }
}
