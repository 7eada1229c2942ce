//! The search over the initiation interval: how many cycles a frame may take.

use crate::layer::{Layer, Problem};
use crate::measured::measured;
use crate::plan::Plan;
use crate::planner::{Planner, Probe, Solution};
use crate::price::{Score, utilization};
use crate::stop::{Findings, Reason, Shortage, Use, list};
use crate::{Fold, Objective, Options};
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_sim::Stalls;
use mpqc_sim::timing::measure;

/// A solution with what the search found out on the way.
pub(crate) struct Found {
    /// The design.
    pub solution: Solution,
    /// What is known of others.
    pub findings: Findings,
    /// Why it is this one, where no resource stops it.
    pub reason: Reason,
}

impl Found {
    fn new(solution: Solution, reason: Reason) -> Found {
        Found { solution, findings: Findings::default(), reason }
    }
}

/// A search under given options.
pub(crate) struct Search<'a> {
    planner: Planner<'a>,
    options: &'a Options,
}

impl<'a> Search<'a> {
    /// A search with a planner that knows the network and the target.
    pub fn new(planner: Planner<'a>, options: &'a Options) -> Search<'a> {
        Search { planner, options }
    }

    /// The design that the options ask for.
    ///
    /// # Errors
    /// `does-not-fit` where the resources or the clock do not suffice; `bad-shape` from the build; what
    /// [`Plan`] says of a plan.
    pub fn run(&mut self) -> Result<Found, Diagnostic> {
        let Options { plan, fold, fps, objective, .. } = self.options;
        match (plan, fold, fps) {
            (Some(plan), ..) => self.planned(plan),
            (None, Fold::Auto, fps) if *objective == Objective::Latency => self.quickest(*fps),
            (None, Fold::Auto, None) => self.fastest_measured(),
            (None, Fold::Auto, Some(fps)) => self.cheapest_for(*fps),
            (None, fold, fps) => self.fixed(*fold, *fps),
        }
    }

    fn problem(&self) -> &'a Problem {
        self.planner.problem
    }

    /// The design of a plan.
    fn planned(&mut self, plan: &Plan) -> Result<Found, Diagnostic> {
        let pins = plan.choices(self.planner.network, self.problem(), &self.planner.target)?;
        self.planner.pin(pins);
        let solution = match self.planner.at(plan.cycles)? {
            Probe::Fits(solution) => self.measured(*solution)?,
            Probe::Short(short) => return Err(self.too_large(&short, "as it is planned", PLAN)),
        };
        self.must_fit(&solution, "as it is planned", PLAN)?;
        Ok(Found::new(solution, Reason::Plan))
    }

    /// The fastest design that still fits when its FIFOs are as deep as they must be: planned with as many LUTs
    /// less as the last plan's FIFOs took too many.
    fn fastest_measured(&mut self) -> Result<Found, Diagnostic> {
        let (usable, mut from, mut first) = (self.planner.usable, self.problem().floor, None);
        let mut known = None;
        loop {
            let found = self.fastest(from, known)?;
            from = found.solution.limit;
            let fewest = *first.get_or_insert(found.findings.fewest_cycles);
            let solution = self.measured(found.solution)?;
            if self.planner.fits(&solution) {
                let findings = Findings { fewest_cycles: fewest, ..found.findings };
                return Ok(Found { solution, findings, reason: found.reason });
            }
            let over = solution.built.resources().lut.saturating_sub(usable.lut);
            let set_aside = self.planner.for_fifos + over + over / 4 + 1;
            if over == 0 || set_aside >= usable.lut {
                return Err(self.does_not_fit(&solution, "with the FIFOs that it needs", LARGER));
            }
            (self.planner.for_fifos, known) = (set_aside, found.findings.next);
        }
    }

    fn measured(&self, solution: Solution) -> Result<Solution, Diagnostic> {
        Ok(Solution { built: measured(solution.built)?, ..solution })
    }

    /// The smallest initiation interval, of at least `from`, that fits; `known` does not, below `from`.
    fn fastest(&mut self, from: u64, known: Option<Shortage>) -> Result<Found, Diagnostic> {
        let floor = self.problem().floor;
        let mut best = match self.planner.at(self.slowest())? {
            Probe::Fits(solution) => solution,
            Probe::Short(short) => {
                return Err(self.too_large(&short, "even with one multiplier per layer", LARGER));
            }
        };
        // Not everything that is slower is cheaper: fully parallel layers know their weights.
        let mut next = match self.planner.at(floor)? {
            Probe::Fits(solution) => return Ok(Found::new(*solution, Reason::Floor)),
            Probe::Short(short) => short,
        };
        let mut proved = if next.proved { floor + 1 } else { floor };
        next = known.unwrap_or(next);
        let least = next.clone();
        let (mut low, mut high) = (from.max(floor + 1), best.built.cycles());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.planner.at(middle)? {
                Probe::Fits(solution) => {
                    high = middle.min(solution.built.cycles());
                    best = solution;
                    // Few folds divide a layer: a mix may be faster than intervals at which none fitted.
                    if high < low {
                        (low, next) = (from.max(floor + 1), least.clone());
                    }
                }
                Probe::Short(short) => {
                    low = middle + 1;
                    proved = if short.proved { low } else { proved };
                    next = short;
                }
            }
        }
        let findings = Findings { next: Some(next), fewest_cycles: Some(proved) };
        Ok(Found { solution: *best, findings, reason: Reason::Floor })
    }

    /// The cheapest design that reaches a frame rate.
    fn cheapest_for(&mut self, fps: f64) -> Result<Found, Diagnostic> {
        let (cycles, floor) = (self.cycles_for(fps), self.problem().floor);
        if cycles < floor {
            return Err(self.too_slow(fps, floor));
        }
        // What a design loses between rows and frames is known only when it is measured.
        let mut limit = cycles;
        while limit >= floor {
            let Some(planned) = self.cheapest_within(limit)? else { break };
            let solution = self.measured(planned)?;
            let reached = solution.built.cycles();
            if reached <= cycles && self.planner.fits(&solution) {
                return Ok(Found::new(solution, Reason::Rate));
            }
            limit = (limit * cycles / reached.max(cycles)).min(limit - 1);
        }
        let fastest = self.fastest_measured()?.solution.built.cycles();
        Err(self.too_slow(fps, fastest))
    }

    /// The cheapest design of at most `limit` cycles per frame. Fewer cycles are looked at too: a wider layer
    /// may be the cheaper one, because its buffers are less deep.
    fn cheapest_within(&mut self, limit: u64) -> Result<Option<Solution>, Diagnostic> {
        let (slowest, floor, usable) = (self.slowest(), self.problem().floor, self.planner.usable);
        let limits = std::iter::successors(Some(limit), |l| Some(l / 2)).skip_while(|l| l / 2 >= slowest);
        let score = |s: &Solution| Score::of(&utilization(&s.built.resources(), &usable));
        let mut best: Option<Solution> = None;
        for limit in limits.take_while(|l| *l >= floor) {
            let Probe::Fits(solution) = self.planner.at(limit)? else { continue };
            let reaches = solution.built.cycles() <= limit;
            if reaches && best.as_ref().is_none_or(|b| score(&solution).better_than(&score(b))) {
                best = Some(*solution);
            }
        }
        Ok(best)
    }

    /// The design through which a frame passes soonest, among the fastest and those whose layers' delays add up to
    /// less; at `fps` at least, where told.
    fn quickest(&mut self, fps: Option<f64>) -> Result<Found, Diagnostic> {
        let fastest = self.fastest_measured()?;
        let interval = fastest.solution.built.cycles();
        let most = fps.map_or(u64::MAX, |fps| self.cycles_for(fps));
        if interval > most {
            return Err(self.too_slow(fps.unwrap_or_default(), interval));
        }
        let mut best = (latency(&fastest.solution)?, fastest.solution);
        for limit in [interval, 2 * interval, 4 * interval] {
            let planned = self.planner.soonest(limit.min(most))?;
            let Some(planned) = planned.filter(|p| p.choices != best.1.choices) else { continue };
            let solution = self.measured(planned)?;
            let latency = latency(&solution)?;
            if self.planner.fits(&solution) && solution.built.cycles() <= most && latency < best.0 {
                best = (latency, solution);
            }
        }
        Ok(Found::new(best.1, Reason::Latency))
    }

    fn fixed(&mut self, fold: Fold, fps: Option<f64>) -> Result<Found, Diagnostic> {
        let (when, help) = match fold {
            Fold::Max => ("fully unfolded", "use `--fold auto`, which folds as much as the target needs"),
            _ => ("even with one multiplier per layer", LARGER),
        };
        let fold_of = |l: &Layer| if fold == Fold::Max { l.widest() } else { l.narrowest() };
        let layers = &self.problem().layers;
        let target = &self.planner.target;
        let candidates: Vec<_> = layers.iter().map(|l| l.variants(fold_of(l), target)).collect();
        let cycles = layers.iter().map(|l| l.cycles(fold_of(l))).max().unwrap_or(1);
        let solution = match self.planner.mix(&candidates, cycles.max(self.problem().floor), None)? {
            Probe::Fits(solution) => self.measured(*solution)?,
            Probe::Short(short) => return Err(self.too_large(&short, when, help)),
        };
        self.must_fit(&solution, when, help)?;
        match fps {
            Some(fps) if self.cycles_for(fps) < solution.built.cycles() => {
                Err(self.too_slow(fps, solution.built.cycles()))
            }
            _ => Ok(Found::new(solution, Reason::Fold)),
        }
    }

    /// Cycles per frame of the slowest layer with one multiplier each.
    fn slowest(&self) -> u64 {
        let cycles = self.problem().layers.iter().map(|l| l.cycles(l.narrowest()));
        cycles.max().unwrap_or(1).max(self.problem().floor)
    }

    fn cycles_for(&self, fps: f64) -> u64 {
        (self.planner.target.clock_mhz * 1e6 / fps) as u64
    }

    fn must_fit(&self, solution: &Solution, when: &str, help: &str) -> Result<(), Diagnostic> {
        if self.planner.fits(solution) { Ok(()) } else { Err(self.does_not_fit(solution, when, help)) }
    }

    fn does_not_fit(&self, solution: &Solution, when: &str, help: &str) -> Diagnostic {
        let (cycles, used) = (solution.built.cycles(), solution.built.resources());
        self.too_large(&Shortage { cycles, used, proved: false }, when, help)
    }

    fn too_large(&self, short: &Shortage, when: &str, help: &str) -> Diagnostic {
        let short = Use::short(&short.used, &self.planner.usable);
        let reason = format!("{when} it takes {} of {}", list(&short), self.planner.target.name);
        Diagnostic::new(Code::DoesNotFit, &self.planner.network.name, reason, help)
    }

    fn too_slow(&self, fps: f64, cycles: u64) -> Diagnostic {
        let clock = self.planner.target.clock_mhz;
        let reached = clock * 1e6 / cycles as f64;
        let reason = format!(
            "{fps} frames/s at {clock} MHz leave {} cycles per frame; the fewest that fit {} are {cycles}",
            self.cycles_for(fps),
            self.planner.target.name,
        );
        let help = format!("ask for at most {reached:.0} frames/s, or choose a larger or faster target");
        Diagnostic::new(Code::DoesNotFit, &self.planner.network.name, reason, help)
    }
}

/// Cycles that a frame takes from its first beat in to its last beat out.
fn latency(solution: &Solution) -> Result<u64, Diagnostic> {
    let design = &solution.built.design;
    let timing = measure(design, 1, Stalls::None).map_err(|e| crate::measured::stuck(&design.name, &e))?;
    Ok(timing.latency_cycles)
}

const LARGER: &str = "choose a larger target, or train with fewer bits or weights";
const PLAN: &str =
    "fold the layers of the plan further, or let the search choose some: leave them out of the plan";
