//! Scheduling: from an [`IntNetwork`] to a [`Design`] under a target's resources.
//!
//! Throughput is set by the slowest layer, so [`schedule`] searches over the initiation interval (cycles per
//! frame); for each it takes the mix of folds, multipliers, memories and requantizers whose scarcest resource
//! is used least, builds the design and asks every block what it costs. `docs/schedule.md` tells the rules.

mod build;
mod choose;
mod feed;
mod floor;
mod fold;
mod layer;
mod measured;
mod pixels;
mod price;
pub mod render;
mod report;
mod search;
pub mod targets;
pub mod testing;

pub use feed::Feed;
pub use fold::Requantizer;
pub use report::LayerReport;

use layer::Problem;
use mpqc_ir::design::{Design, Resources, Target};
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::int_network::IntNetwork;
use search::Search;
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
    /// Fraction of the target's LUTs that may be used, 0.8 unless told: placement and routing fail on fuller
    /// devices. Flip-flops, DSP slices and memories may be used up.
    pub fill: f64,
}

impl Options {
    /// The defaults for a target: as fast as fits in 80 % of its LUTs.
    pub fn new(target: Target) -> Options {
        Options { target, clock_mhz: None, fold: Fold::Auto, fps: None, fill: 0.8 }
    }
}

/// A design with what it is expected to take and to reach.
#[derive(Clone, Debug, Serialize)]
pub struct Schedule {
    /// The design.
    pub design: Design,
    /// Dot products, producers first.
    pub layers: Vec<LayerReport>,
    /// Sum over all blocks.
    pub resources: Resources,
    /// Initiation interval: cycles per frame of the slowest block.
    pub cycles_per_frame: u64,
    /// Frames per second at the planned clock.
    pub fps: f64,
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
    let solution = Search::new(network, &problem, options).run(options)?;
    let layers = report::layers(network, &problem, &solution);
    let (cycles, resources) = (solution.built.cycles(), solution.built.resources());
    let design = solution.built.design;
    let fps = design.target.clock_mhz * 1e6 / cycles as f64;
    Ok(Schedule { design, layers, resources, cycles_per_frame: cycles, fps })
}

fn check(options: &Options) -> Result<(), Diagnostic> {
    let clock = options.clock_mhz.unwrap_or(options.target.clock_mhz);
    let numbers = [("clock", clock), ("fps", options.fps.unwrap_or(1.0)), ("fill", options.fill)];
    match numbers.into_iter().find(|(_, v)| !v.is_finite() || *v <= 0.0) {
        None if options.fill <= 1.0 => Ok(()),
        None => Err(bad_option("fill", options.fill)),
        Some((name, value)) => Err(bad_option(name, value)),
    }
}

fn bad_option(name: &str, value: f64) -> Diagnostic {
    let help = "give a positive number; `fill` is at most 1";
    Diagnostic::new(Code::BadValue, name, format!("{value} is out of range"), help)
}
