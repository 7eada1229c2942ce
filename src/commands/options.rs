//! Scheduling options from the arguments.

use crate::cli::{FoldArg, Folding, LimitArgs, ObjectiveArg};
use miette::{Result, miette};
use mpqc_ir::design::Target;
use mpqc_schedule::{Fold, Limits, Objective, Options, Plan, targets};
use std::path::Path;

/// The target of a name.
pub fn target(name: &str) -> Result<Target> {
    targets::find_in(name, &targets::folders()).map_err(|e| {
        miette!(help = "`mpqc targets` lists them; docs/schedule.md tells how to add one", "{e}")
    })
}

/// What a command asks of the scheduler.
pub fn options(folding: &Folding) -> Result<Options> {
    let target = target(&folding.target)?;
    Ok(Options {
        clock_mhz: folding.clock,
        fps: folding.fps,
        fold: match folding.fold {
            FoldArg::Max => Fold::Max,
            FoldArg::Min => Fold::Min,
            FoldArg::Auto => Fold::Auto,
        },
        objective: match folding.objective {
            ObjectiveArg::Throughput => Objective::Throughput,
            ObjectiveArg::Latency => Objective::Latency,
        },
        limits: limits(&folding.limits),
        plan: folding.schedule.as_deref().map(read_plan).transpose()?,
        ..Options::new(target)
    })
}

fn limits(args: &LimitArgs) -> Limits {
    Limits {
        lut: args.max_lut,
        ff: args.max_ff,
        dsp: args.max_dsp,
        bram18: args.max_bram,
        uram: args.max_uram,
        reserve: args.reserve,
        fill: args.fill,
    }
}

fn read_plan(path: &Path) -> Result<Plan> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| miette!(help = "give the `plan.json` of a design folder, or a copy", "{name}: {e}"))?;
    Ok(Plan::from_json(&text)?)
}
