//! Scheduling: from an [`IntNetwork`] to a [`Design`] under a target's resources.
//!
//! Throughput is set by the slowest layer, so [`schedule`] searches over the initiation interval (cycles per
//! frame); for each it takes the mix of folds, multipliers, memories and requantizers whose scarcest resource
//! is used least, builds the design and asks every block what it costs. A [`Plan`] takes the search's place.
//! `docs/schedule.md` tells the rules.

mod build;
mod costs;
mod feed;
mod floor;
mod fold;
mod latency;
mod layer;
mod legal;
mod limits;
mod measured;
mod neighbours;
mod order;
mod padding;
mod pixels;
mod plan;
mod planner;
mod price;
pub mod render;
mod report;
mod search;
mod solve;
mod stop;
pub mod targets;
pub mod testing;

pub use costs::{LayerCost, layer_costs};
pub use feed::Feed;
pub use fold::Requantizer;
pub use limits::Limits;
pub use plan::{LayerPlan, Plan};
pub use report::LayerReport;
pub use stop::{NextStep, Reason, Stop, Use};

use layer::Problem;
use mpqc_ir::design::{Design, Resources, Target};
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::int_network::IntNetwork;
use planner::Planner;
use search::{Found, Search};
use serde::{Deserialize, Serialize};

/// How far layers are folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// Fully parallel: every weight has its multiplier, a vector enters every cycle.
    Max,
    /// One multiplier per layer.
    Min,
    /// As fast as the target's resources allow, or as cheap as [`Options::fps`] allows.
    #[default]
    Auto,
}

/// What is looked for, where the fold is [`Fold::Auto`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The most frames per second, or with [`Options::fps`] the least of the scarcest resource.
    #[default]
    Throughput,
    /// The fewest cycles from a frame's first beat in to its last beat out, at [`Options::fps`] at least.
    Latency,
}

/// What is asked of a schedule.
#[derive(Clone, Debug)]
pub struct Options {
    /// The device.
    pub target: Target,
    /// Clock to plan for in MHz, instead of the target's.
    pub clock_mhz: Option<f64>,
    /// How far layers are folded.
    pub fold: Fold,
    /// Frames per second to reach. With [`Fold::Auto`] the cheapest design that does is taken; with the others
    /// it is only checked.
    pub fps: Option<f64>,
    /// What is looked for.
    pub objective: Objective,
    /// What of the target may be used.
    pub limits: Limits,
    /// Choices that take the place of the search, and of `fold`, `fps` and `objective`.
    pub plan: Option<Plan>,
}

impl Options {
    /// The defaults for a target: as fast as fits in 80 % of its LUTs.
    pub fn new(target: Target) -> Options {
        Options {
            target,
            clock_mhz: None,
            fold: Fold::Auto,
            fps: None,
            objective: Objective::Throughput,
            limits: Limits::default(),
            plan: None,
        }
    }
}

/// A design with what it is expected to take and to reach.
#[derive(Clone, Debug, Serialize)]
pub struct Schedule {
    /// The design.
    pub design: Design,
    /// Layers with weights, in the order of the pipeline.
    pub layers: Vec<LayerReport>,
    /// Sum over all blocks.
    pub resources: Resources,
    /// Initiation interval: cycles per frame of the slowest block.
    pub cycles_per_frame: u64,
    /// Frames per second at the planned clock.
    pub fps: f64,
    /// What it may take.
    pub usable: Resources,
    /// Why it is not faster or smaller.
    pub stop: Stop,
    /// The choices, to be edited and given again.
    pub plan: Plan,
}

/// Schedules a network.
///
/// The same network and options give the same design.
///
/// # Errors
/// `does-not-fit` with the numbers where the target or its clock do not suffice, `bad-value` where an option is
/// not a sensible number, `bad-shape` where an operator does not fit its operands.
pub fn schedule(network: &IntNetwork, options: &Options) -> Result<Schedule, Diagnostic> {
    check(options)?;
    let problem = Problem::new(network)?;
    let mut target = options.target.clone();
    target.clock_mhz = options.clock_mhz.unwrap_or(target.clock_mhz);
    let usable = options.limits.usable(&target);
    let planner = Planner::new(network, &problem, target, usable);
    let Found { solution, findings, reason } = Search::new(planner, options).run()?;
    let layers = report::layers(network, &problem, &solution);
    let stop = Stop::new(&solution, &findings, &usable, reason);
    let plan = Plan::of(network, &problem, &solution);
    let (cycles, resources) = (solution.built.cycles(), solution.built.resources());
    let design = solution.built.design;
    let fps = design.target.clock_mhz * 1e6 / cycles as f64;
    Ok(Schedule { design, layers, resources, cycles_per_frame: cycles, fps, usable, stop, plan })
}

fn check(options: &Options) -> Result<(), Diagnostic> {
    options.limits.check(&options.target)?;
    let clock = options.clock_mhz.unwrap_or(options.target.clock_mhz);
    let numbers = [("clock", clock), ("fps", options.fps.unwrap_or(1.0))];
    let wrong = numbers.into_iter().find(|(_, v)| !v.is_finite() || *v <= 0.0);
    wrong.map_or(Ok(()), |(name, value)| {
        let reason = format!("{value} is out of range");
        Err(Diagnostic::new(Code::BadValue, name, reason, "give a positive number"))
    })
}
