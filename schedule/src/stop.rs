//! Why a schedule is as it is: what the next step would cost, and how far the proof goes.

use crate::build::Built;
use crate::planner::Solution;
use mpqc_ir::design::Resources;
use serde::Serialize;
use std::fmt;

/// Why the search stopped where it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stop {
    /// What holds it back.
    pub reason: Reason,
    /// Cycles per frame of the slowest layer or block, as they are counted for planning: exact but for line buffers and
    /// what waits for others, which simulation counts.
    pub planned_cycles: u64,
    /// The layers, or other blocks, that need them.
    pub slowest: Vec<String>,
    /// The resource of which the largest share is used.
    pub scarcest: Use,
    /// No mix of the candidates fits that is planned for fewer cycles. The proof takes what stands beside the layers
    /// (ports, forks, pools, joins) as the least that it was in any design on the way; `None` where less is not looked for.
    pub fewest_cycles: Option<u64>,
    /// Share of the usable amount of the scarcest resource that every mix of the candidates takes at least, beside
    /// what is not a layer; `None` where no mix was looked for.
    pub least_share: Option<f64>,
}

/// What holds a design back.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The resources do not suffice for the next smaller interval that was looked at.
    Resources(NextStep),
    /// No fold makes the slowest blocks faster.
    Floor,
    /// It reaches the rate that was asked for.
    Rate,
    /// The least latency was asked for, not the highest rate.
    Latency,
    /// The fold was given.
    Fold,
    /// The plan was given.
    Plan,
}

/// What the next smaller initiation interval would take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NextStep {
    /// Cycles per frame that it would be planned for; measured, they may be fewer, as those of the design may.
    pub cycles: u64,
    /// The resources of which there are too few.
    pub short: Vec<Use>,
    /// Whether no mix of the candidates fits; otherwise none was found.
    pub proved: bool,
}

/// A resource that is used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Use {
    /// `LUT`, `FF`, `DSP`, `BRAM18` or `URAM`.
    pub resource: &'static str,
    /// How much is used.
    pub used: u64,
    /// How much may be.
    pub usable: u64,
}

impl Use {
    /// All resources.
    pub(crate) fn of(used: &Resources, usable: &Resources) -> Vec<Use> {
        let counts = used.counts().into_iter().zip(usable.counts()).zip(Resources::NAMES);
        counts.map(|((used, usable), resource)| Use { resource, used, usable }).collect()
    }

    /// Those of which there are too few.
    pub(crate) fn short(used: &Resources, usable: &Resources) -> Vec<Use> {
        Use::of(used, usable).into_iter().filter(|u| u.used > u.usable).collect()
    }

    fn share(&self) -> f64 {
        self.used as f64 / self.usable.max(1) as f64
    }
}

/// A mix that did not fit.
#[derive(Clone, Debug)]
pub(crate) struct Shortage {
    /// Its cycles per frame.
    pub cycles: u64,
    /// What it would take, everything included.
    pub used: Resources,
    /// Whether no mix of the candidates fits.
    pub proved: bool,
}

/// What the search found out beside the solution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    /// What fails next below, where something does.
    pub next: Option<Shortage>,
    /// No mix fits in fewer cycles.
    pub fewest_cycles: Option<u64>,
}

impl Stop {
    /// The account of a solution under `usable`; `reason` is told where no resource stops it.
    pub(crate) fn new(solution: &Solution, findings: &Findings, usable: &Resources, reason: Reason) -> Stop {
        let next = findings.next.as_ref().map(|next| {
            let short = Use::short(&next.used, usable);
            Reason::Resources(NextStep { cycles: next.cycles, short, proved: next.proved })
        });
        let used = Use::of(&solution.built.resources(), usable);
        let scarcest = used.into_iter().max_by(|a, b| a.share().total_cmp(&b.share()));
        Stop {
            reason: next.unwrap_or(reason),
            planned_cycles: solution.built.planned_cycles(),
            slowest: solution.built.slowest(),
            scarcest: scarcest.expect("there are five resources"),
            fewest_cycles: findings.fewest_cycles,
            least_share: solution.bound,
        }
    }
}

impl Built {
    fn planned_cycles(&self) -> u64 {
        self.layer_cycles.iter().copied().fold(self.fewest_cycles(), u64::max)
    }

    /// The layers that need the most cycles; other blocks where no layer needs as many.
    fn slowest(&self) -> Vec<String> {
        let graph = &self.design.graph;
        let most = self.planned_cycles();
        let layers = self.arrays.iter().zip(&self.layer_cycles).filter(|(_, cycles)| **cycles == most);
        let names: Vec<String> = layers.map(|(id, _)| graph[*id].name.clone()).collect();
        if !names.is_empty() {
            return names;
        }
        let slowest = graph.node_weights().filter(|n| n.block.spec().cycles_per_frame() == most);
        slowest.map(|n| n.name.clone()).collect()
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} usable {}", self.used, self.usable, self.resource)
    }
}

/// Several, in a row of words.
pub(crate) fn list(uses: &[Use]) -> String {
    uses.iter().map(Use::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Resources(next) => {
                let proof =
                    if next.proved { "no mix of the candidates fits" } else { "no mix was found that fits" };
                write!(
                    f,
                    "next: planned for {} cycles it would take {}; {proof}",
                    next.cycles,
                    list(&next.short)
                )
            }
            Reason::Floor => f.write_str("no fold is faster"),
            Reason::Rate => f.write_str("the frame rate that was asked for is reached"),
            Reason::Latency => f.write_str("the least latency that was found"),
            Reason::Fold => f.write_str("the fold was given"),
            Reason::Plan => f.write_str("the plan was given"),
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "planned for {} cycles, set by {}", self.planned_cycles, self.slowest.join(", "))?;
        writeln!(f, "{}", self.reason)?;
        if let Some(cycles) = self.fewest_cycles {
            writeln!(f, "no mix of the candidates fits that is planned for fewer than {cycles} cycles")?;
        }
        write!(f, "most used: {}, {:.1} %", self.scarcest, 100.0 * self.scarcest.share())?;
        match self.least_share {
            Some(least) => {
                writeln!(f, "; at these cycles the layers of every mix take at least {:.1} %", 100.0 * least)
            }
            None => writeln!(f),
        }
    }
}
