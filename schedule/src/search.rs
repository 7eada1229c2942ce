//! The search over the initiation interval: how many cycles a frame may take.

use crate::build::{Built, Plan, build};
use crate::choose::choose;
use crate::fold::{Candidate, Choice};
use crate::layer::{Layer, Problem};
use crate::measured::measured;
use crate::price::{Score, counts};
use crate::{Fold, Options};
use mpqc_ir::design::{Resources, Target};
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::int_network::IntNetwork;

/// A design with the choices that led to it.
pub(crate) struct Solution {
    /// The design.
    pub built: Built,
    /// A choice per layer.
    pub choices: Vec<Choice>,
}

/// A network on a target: what all solutions have in common.
pub(crate) struct Search<'a> {
    network: &'a IntNetwork,
    problem: &'a Problem,
    target: Target,
    budget: Resources,
}

impl<'a> Search<'a> {
    /// A search under `options`' target, clock and fill.
    pub fn new(network: &'a IntNetwork, problem: &'a Problem, options: &Options) -> Search<'a> {
        let mut target = options.target.clone();
        target.clock_mhz = options.clock_mhz.unwrap_or(target.clock_mhz);
        let lut = (target.resources.lut as f64 * options.fill) as u64;
        let budget = Resources { lut, ..target.resources };
        Search { network, problem, target, budget }
    }

    /// The design that the options ask for.
    ///
    /// # Errors
    /// `does-not-fit` where the resources or the clock do not suffice; `bad-shape` from the build.
    pub fn run(&self, options: &Options) -> Result<Solution, Diagnostic> {
        match (options.fold, options.fps) {
            (Fold::Auto, None) => self.fastest_measured(),
            (Fold::Auto, Some(fps)) => self.cheapest_for(fps),
            (fold, fps) => self.fixed(fold, fps),
        }
    }

    /// The fastest design that still fits when its FIFOs are as deep as they must be: planned with as many LUTs
    /// less as the last plan's FIFOs took too many.
    fn fastest_measured(&self) -> Result<Solution, Diagnostic> {
        let mut planner = Search { target: self.target.clone(), ..*self };
        loop {
            let solution = self.measured(planner.fastest()?)?;
            if self.fits(&solution) {
                return Ok(solution);
            }
            let over = solution.built.resources().lut.saturating_sub(self.budget.lut);
            let enough = planner.budget.lut.checked_sub(over + over / 4 + 1).filter(|_| over > 0);
            planner.budget.lut =
                enough.ok_or_else(|| self.does_not_fit(&solution, "with the FIFOs that it needs", LARGER))?;
        }
    }

    fn measured(&self, solution: Solution) -> Result<Solution, Diagnostic> {
        Ok(Solution { built: measured(solution.built)?, ..solution })
    }

    /// The smallest initiation interval that fits.
    fn fastest(&self) -> Result<Solution, Diagnostic> {
        let mut best = self.at(self.slowest())?;
        if !self.fits(&best) {
            return Err(self.does_not_fit(&best, "even with one multiplier per layer", LARGER));
        }
        // Not everything that is slower is cheaper: fully parallel layers know their weights.
        let parallel = self.at(self.problem.floor)?;
        if self.fits(&parallel) {
            return Ok(parallel);
        }
        let (mut low, mut high) = (self.problem.floor + 1, best.built.cycles());
        while low < high {
            let middle = low + (high - low) / 2;
            let solution = self.at(middle)?;
            if self.fits(&solution) {
                high = middle.min(solution.built.cycles());
                best = solution;
            } else {
                low = middle + 1;
            }
        }
        Ok(best)
    }

    /// The cheapest design that reaches a frame rate.
    fn cheapest_for(&self, fps: f64) -> Result<Solution, Diagnostic> {
        let cycles = self.cycles_for(fps);
        if cycles < self.problem.floor {
            return Err(self.too_slow(fps, self.problem.floor));
        }
        // What a design loses between rows and frames is known only when it is measured.
        let mut limit = cycles;
        while limit >= self.problem.floor {
            let Some(planned) = self.cheapest_within(limit)? else { break };
            let solution = self.measured(planned)?;
            let reached = solution.built.cycles();
            if reached <= cycles && self.fits(&solution) {
                return Ok(solution);
            }
            limit = (limit * cycles / reached.max(cycles)).min(limit - 1);
        }
        Err(self.too_slow(fps, self.fastest_measured()?.built.cycles()))
    }

    /// The cheapest design of at most `limit` cycles per frame. Fewer cycles are looked at too: a wider layer
    /// may be the cheaper one, because its buffers are less deep.
    fn cheapest_within(&self, limit: u64) -> Result<Option<Solution>, Diagnostic> {
        let slowest = self.slowest();
        let limits = std::iter::successors(Some(limit), |l| Some(l / 2)).skip_while(|l| l / 2 >= slowest);
        let score = |s: &Solution| Score::new(&s.built.resources(), &self.budget);
        let mut best: Option<Solution> = None;
        for limit in limits.take_while(|l| *l >= self.problem.floor) {
            let solution = self.at(limit)?;
            let reaches = self.fits(&solution) && solution.built.cycles() <= limit;
            if reaches && best.as_ref().is_none_or(|b| score(&solution).better_than(&score(b))) {
                best = Some(solution);
            }
        }
        Ok(best)
    }

    fn fixed(&self, fold: Fold, fps: Option<f64>) -> Result<Solution, Diagnostic> {
        let fold_of = |l: &Layer| if fold == Fold::Max { l.widest() } else { l.narrowest() };
        let layers = &self.problem.layers;
        let candidates: Vec<_> = layers.iter().map(|l| l.variants(fold_of(l), &self.target)).collect();
        let cycles = layers.iter().map(|l| l.cycles(fold_of(l))).max().unwrap_or(1);
        let solution = self.choose_and_build(&candidates, cycles.max(self.problem.floor))?;
        let solution = self.measured(solution)?;
        if !self.fits(&solution) {
            let (when, help) = match fold {
                Fold::Max => ("fully unfolded", "use `--fold auto`, which folds as much as the target needs"),
                _ => ("even with one multiplier per layer", LARGER),
            };
            return Err(self.does_not_fit(&solution, when, help));
        }
        match fps {
            Some(fps) if self.cycles_for(fps) < solution.built.cycles() => {
                Err(self.too_slow(fps, solution.built.cycles()))
            }
            _ => Ok(solution),
        }
    }

    /// The balanced choice for at most `limit` cycles per frame.
    fn at(&self, limit: u64) -> Result<Solution, Diagnostic> {
        let candidates: Vec<_> =
            self.problem.layers.iter().map(|l| l.candidates(limit, &self.target)).collect();
        self.choose_and_build(&candidates, limit)
    }

    fn choose_and_build(&self, candidates: &[Vec<Candidate>], limit: u64) -> Result<Solution, Diagnostic> {
        let choices = choose(self.problem, candidates, limit, &self.target, &self.budget);
        let layers = self.problem.layers.iter().zip(&choices);
        let layers: Vec<Layer> = layers.map(|(layer, choice)| layer.folded(choice.fold)).collect();
        let plan =
            Plan { network: self.network, layers: &layers, choices: &choices, target: &self.target, limit };
        let built = build(&plan)?;
        tracing::debug!(limit, cycles = built.cycles(), resources = ?built.resources(), "scheduled");
        Ok(Solution { built, choices })
    }

    fn fits(&self, solution: &Solution) -> bool {
        solution.built.resources().fits(&self.budget)
    }

    /// Cycles per frame of the slowest layer with one multiplier each.
    fn slowest(&self) -> u64 {
        let cycles = self.problem.layers.iter().map(|l| l.cycles(l.narrowest()));
        cycles.max().unwrap_or(1).max(self.problem.floor)
    }

    fn cycles_for(&self, fps: f64) -> u64 {
        (self.target.clock_mhz * 1e6 / fps) as u64
    }

    fn does_not_fit(&self, solution: &Solution, when: &str, help: &str) -> Diagnostic {
        let names = ["LUT", "FF", "DSP", "BRAM18", "URAM"];
        let used = counts(&solution.built.resources());
        let budget = counts(&self.budget);
        let over: Vec<String> = (0..names.len())
            .filter(|i| used[*i] > budget[*i])
            .map(|i| format!("{} of {} usable {}", used[i], budget[i], names[i]))
            .collect();
        let reason = format!("{when} it takes {} of {}", over.join(", "), self.target.name);
        Diagnostic::new(Code::DoesNotFit, &self.network.name, reason, help)
    }

    fn too_slow(&self, fps: f64, cycles: u64) -> Diagnostic {
        let clock = self.target.clock_mhz;
        let reached = clock * 1e6 / cycles as f64;
        let reason = format!(
            "{fps} frames/s at {clock} MHz leave {} cycles per frame; the fewest that fit {} are {cycles}",
            self.cycles_for(fps),
            self.target.name,
        );
        let help = format!("ask for at most {reached:.0} frames/s, or choose a larger or faster target");
        Diagnostic::new(Code::DoesNotFit, &self.network.name, reason, help)
    }
}

const LARGER: &str = "choose a larger target, or train with fewer bits or weights";
