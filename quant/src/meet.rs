//! The budget is a guarantee: what is chosen is built, and chosen again where it takes more than the table said.

use crate::allocate::{Allocation, Class, Granularity, allocate, classes};
use crate::assemble::{Subject, Widths};
use crate::cost::{Cost, Costs, Hardware, Load, Parameters};
use crate::sensitivity::{Candidates, Losses};
use crate::solve::{Infeasible, Picks, Solution, Solver};
use mpqc_ir::design::Resources;
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::network::Network;
use mpqc_schedule::{Schedule, schedule};
use serde::Serialize;

/// Everything that a choice depends on.
pub struct Search<'a> {
    /// The model.
    pub subject: &'a Subject,
    /// The widths that are looked at.
    pub candidates: &'a Candidates,
    /// What they cost in accuracy.
    pub losses: &'a Losses,
    /// What shares a width.
    pub granularity: Granularity,
    /// Who chooses.
    pub solver: &'a dyn Solver,
    /// Makes the network of widths.
    pub network: &'a (dyn Fn(&Widths) -> Result<Network, Diagnostic> + Sync),
}

/// A choice that was built.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Attempt {
    /// The loss, as the sensitivities have it.
    pub loss: f64,
    /// What the design takes.
    pub used: Resources,
    /// Whether it keeps the budget.
    pub fits: bool,
}

/// A choice that keeps its budget.
pub struct Met {
    /// The widths.
    pub allocation: Allocation,
    /// The quantized network.
    pub network: Network,
    /// Its design at the rate, where the budget is one of hardware.
    pub schedule: Option<Schedule>,
    /// What was built on the way.
    pub attempts: Vec<Attempt>,
}

/// Designs that are built for a budget, at most.
const ATTEMPTS: usize = 8;
/// How much tighter a budget becomes at least, after a design that did not keep it.
const TIGHTER: f64 = 0.985;

impl Search<'_> {
    /// Widths within so many bits of weights.
    ///
    /// # Errors
    /// `does-not-fit` with the least that is possible.
    pub fn within_bits(&self, bits: f64) -> Result<Met, Diagnostic> {
        let costs = Parameters { bits }.costs(self.subject, self.candidates)?;
        let allocation = self.allocate(&costs, &self.classes(&costs)).map_err(|e| too_few(&e, &costs))?;
        let network = (self.network)(&allocation.widths)?;
        Ok(Met { allocation, network, schedule: None, attempts: Vec::new() })
    }

    /// Widths whose design keeps the limits at the rate, chosen by what the table of `hardware` says. Where channels may have
    /// widths of their own, widths of whole layers are tried, too: the table is nearer to the truth there.
    ///
    /// # Errors
    /// `does-not-fit` with what it takes, where none is found; what lowering and scheduling say.
    pub fn within_hardware(&self, hardware: &Hardware, costs: &Costs) -> Result<Met, Diagnostic> {
        if self.granularity == Granularity::Layer {
            return self.by_table(hardware, costs);
        }
        let coarse = Search { granularity: Granularity::Layer, ..*self }.by_table(hardware, costs);
        match (self.by_table(hardware, costs), coarse) {
            (Ok(fine), Ok(coarse)) => Ok(better(fine, coarse)),
            (fine, coarse) => fine.or(coarse),
        }
    }

    fn by_table(&self, hardware: &Hardware, costs: &Costs) -> Result<Met, Diagnostic> {
        let (mut scale, classes) = (vec![1.0; costs.budget.len()], self.classes(costs));
        let (mut best, mut attempts, mut seen) = (None::<Met>, Vec::new(), Vec::new());
        while attempts.len() < ATTEMPTS {
            let allocation = match self.allocate(&scaled(costs, &scale), &classes) {
                Ok(allocation) => allocation,
                Err(short) if attempts.is_empty() => return Err(too_few(&short, costs)),
                Err(_) => break,
            };
            if seen.contains(&allocation.widths) {
                if best.is_some() {
                    break;
                }
                scale.iter_mut().for_each(|scale| *scale *= TIGHTER);
                seen.clear();
                continue;
            }
            seen.push(allocation.widths.clone());
            let load = allocation.load.clone();
            let met = self.build(hardware, allocation)?;
            let attempt = met.attempts[0];
            attempts.push(attempt);
            tracing::info!(used = ?attempt.used, fits = attempt.fits, loss = attempt.loss, "built a choice");
            let looser = adjust(&mut scale, costs, &load, &attempt);
            let better = best.as_ref().is_none_or(|best| attempt.loss < best.allocation.solution.loss);
            if attempt.fits && better {
                best = Some(met);
            }
            if attempt.fits && !looser {
                break;
            }
        }
        let found = best.map(|met| Met { attempts: attempts.clone(), ..met });
        found.ok_or_else(|| not_met(hardware, &attempts))
    }

    /// Widths whose design keeps the limits at the rate, chosen by their weights' bits alone: the most bits with which it
    /// does, by bisection.
    ///
    /// # Errors
    /// As [`Search::within_hardware`].
    pub fn by_parameters(&self, hardware: &Hardware) -> Result<Met, Diagnostic> {
        let parameters = self.subject.model.parameters() as f64;
        let ends = |pick: fn(&Vec<u32>) -> Option<&u32>| {
            self.candidates.weights.iter().filter_map(pick).map(|bits| f64::from(*bits))
        };
        let mut low = ends(|widths| widths.first()).fold(f64::INFINITY, f64::min);
        let mut high = ends(|widths| widths.last()).fold(0.0, f64::max);
        let (mut best, mut attempts, mut next) = (None::<Met>, Vec::new(), high);
        let costs = Parameters { bits: parameters }.costs(self.subject, self.candidates)?;
        let classes = self.classes(&costs);
        for _ in 0..ATTEMPTS {
            let Ok(allocation) = self.allocate(&scaled(&costs, &[next]), &classes) else { break };
            let met = self.build(hardware, allocation)?;
            attempts.extend(met.attempts.iter().copied());
            match met.attempts[0].fits {
                true => (low, best) = (next, Some(met)),
                false => high = next,
            }
            if low >= high {
                break;
            }
            next = (low + high) / 2.0;
        }
        let found = best.map(|met| Met { attempts: attempts.clone(), ..met });
        found.ok_or_else(|| not_met(hardware, &attempts))
    }

    /// The same width for all weights, the widest whose mean is at most `bits`.
    ///
    /// # Errors
    /// `does-not-fit` where the narrowest candidate is wider.
    pub fn uniform_bits(&self, bits: f64) -> Result<Met, Diagnostic> {
        let widest = self.candidates.weights[0].iter().rev().find(|width| f64::from(**width) <= bits + 1e-9);
        let Some(width) = widest else {
            let reason = format!("no candidate has {bits} bits or fewer");
            return Err(Diagnostic::new(
                Code::DoesNotFit,
                "budget",
                reason,
                "raise the budget, or allow fewer bits",
            ));
        };
        let allocation = self.uniform(*width, u32::MAX);
        let network = (self.network)(&allocation.widths)?;
        Ok(Met { allocation, network, schedule: None, attempts: Vec::new() })
    }

    /// The same width for all weights and activations, the widest whose design keeps the limits.
    ///
    /// # Errors
    /// `does-not-fit` where none does; what lowering and scheduling say.
    pub fn uniform_hardware(&self, hardware: &Hardware) -> Result<Met, Diagnostic> {
        let mut attempts = Vec::new();
        for width in self.candidates.weights[0].iter().rev() {
            let met = self.build(hardware, self.uniform(*width, *width))?;
            attempts.extend(met.attempts.iter().copied());
            if met.attempts[0].fits {
                return Ok(Met { attempts, ..met });
            }
        }
        Err(not_met(hardware, &attempts))
    }

    /// The candidates nearest to one width of weights and one of activations.
    fn uniform(&self, weights: u32, activations: u32) -> Allocation {
        let nearest = |widths: &Vec<u32>, bits: u32| {
            (0..widths.len()).min_by_key(|at| widths[*at].abs_diff(bits)).unwrap_or(0)
        };
        let of_weights: Vec<usize> =
            self.candidates.weights.iter().map(|all| nearest(all, weights)).collect();
        let of_groups: Vec<usize> =
            self.candidates.activations.iter().map(|all| nearest(all, activations)).collect();
        let sum = |losses: &[Vec<f64>], picks: &[usize]| -> f64 {
            losses.iter().zip(picks).map(|(losses, pick)| losses[*pick]).sum()
        };
        let loss = sum(&self.losses.weights, &of_weights) + sum(&self.losses.activations, &of_groups);
        let width = |(all, pick): (&Vec<u32>, &usize)| all[*pick];
        let widths = Widths {
            weights: self.candidates.weights.iter().zip(&of_weights).map(|it| vec![width(it)]).collect(),
            activations: self.candidates.activations.iter().zip(&of_groups).map(width).collect(),
        };
        let picks = Picks { parents: of_groups, children: of_weights };
        let bound = f64::NEG_INFINITY;
        let solution = Solution { picks, load: Vec::new(), loss, bound, optimal: false, nodes: 0 };
        Allocation { widths, solution, load: Vec::new() }
    }

    /// What shares a width: it costs a fit of all weights at all widths, and does not depend on the budget.
    fn classes(&self, costs: &Costs) -> Vec<Vec<Class>> {
        classes(self.subject, self.candidates, self.losses, costs, self.granularity)
    }

    fn allocate(&self, costs: &Costs, classes: &[Vec<Class>]) -> Result<Allocation, Infeasible> {
        allocate(self.subject, self.candidates, self.losses, costs, classes, self.solver)
    }

    /// Builds a choice, and where it keeps the limits builds it again under them, as `mpqc compile` does.
    fn build(&self, hardware: &Hardware, allocation: Allocation) -> Result<Met, Diagnostic> {
        let network = (self.network)(&allocation.widths)?;
        let (integers, free) = hardware.design(&network)?;
        let limited = match free.resources.fits(&hardware.usable()) {
            true => schedule(&integers, &hardware.options).ok(),
            false => None,
        };
        let (loss, fits) = (allocation.solution.loss, limited.is_some());
        let used = limited.as_ref().map_or(free.resources, |schedule| schedule.resources);
        let attempts = vec![Attempt { loss, used, fits }];
        Ok(Met { allocation, network, schedule: limited, attempts })
    }
}

/// The one of two that loses less, with all that was built for both.
fn better(a: Met, b: Met) -> Met {
    let attempts = a.attempts.iter().chain(&b.attempts).copied().collect();
    let best = if b.allocation.solution.loss < a.allocation.solution.loss { b } else { a };
    Met { attempts, ..best }
}

fn scaled(costs: &Costs, scale: &[f64]) -> Costs {
    let budget = costs.budget.iter().zip(scale).map(|(budget, scale)| budget * scale).collect();
    Costs { budget, ..costs.clone() }
}

/// Moves the budgets of the table to where the design would just keep its own. Says whether any became looser.
fn adjust(scale: &mut [f64], costs: &Costs, load: &Load, attempt: &Attempt) -> bool {
    let mut looser = false;
    let used = crate::cost::load(&attempt.used);
    for (((scale, budget), load), used) in scale.iter_mut().zip(&costs.budget).zip(load).zip(used) {
        if *budget == 0.0 || used == 0.0 || *load == 0.0 {
            continue;
        }
        let exact = load / used;
        if used > *budget {
            *scale = exact.min(*scale * TIGHTER);
        } else if *load > 0.95 * *scale * budget && exact > *scale * 1.01 && attempt.fits {
            *scale = exact.min(*scale * 1.5);
            looser = true;
        }
    }
    if !attempt.fits && crate::cost::load(&attempt.used).iter().zip(&costs.budget).all(|(u, b)| u <= b) {
        scale.iter_mut().for_each(|scale| *scale *= TIGHTER);
    }
    looser
}

/// Nothing keeps the budget, says the table.
fn too_few(short: &Infeasible, costs: &Costs) -> Diagnostic {
    let missing = short.least.iter().zip(&costs.budget).zip(&costs.resources);
    let missing: Vec<String> = missing
        .filter(|((least, _), _)| **least > 1.0)
        .map(|((least, budget), name)| {
            format!(
                "{:.0} {name} at least, {:.0} are allowed ({:.0} % too few)",
                least * budget,
                budget,
                100.0 * (least - 1.0)
            )
        })
        .collect();
    let reason = match missing.is_empty() {
        true => "no widths keep all budgets at once".to_owned(),
        false => format!("even the narrowest widths take {}", missing.join(", ")),
    };
    let help = "raise the budget, ask for fewer frames per second, or allow fewer bits (--weight-bits, --activation-bits)";
    Diagnostic::new(Code::DoesNotFit, "budget", reason, help)
}

/// Nothing that was built keeps the budget.
fn not_met(hardware: &Hardware, attempts: &[Attempt]) -> Diagnostic {
    let usable = crate::cost::load(&hardware.usable());
    let over = |attempt: &Attempt| {
        let used = crate::cost::load(&attempt.used);
        used.iter().zip(&usable).map(|(u, b)| u / b.max(1e-9)).filter(|r| r.is_finite()).fold(0.0, f64::max)
    };
    let nearest = attempts.iter().min_by(|a, b| over(a).total_cmp(&over(b)));
    let reason = match nearest {
        Some(attempt) => format!(
            "the nearest of {} designs takes {} LUT, {} FF, {} DSP and {} BRAM18, {:.1} % too many of one of them",
            attempts.len(),
            attempt.used.lut,
            attempt.used.ff,
            attempt.used.dsp,
            attempt.used.bram18,
            100.0 * (over(attempt) - 1.0)
        ),
        None => "no widths could be tried".to_owned(),
    };
    Diagnostic::new(
        Code::DoesNotFit,
        "budget",
        reason,
        "raise the budget, or ask for fewer frames per second",
    )
}
