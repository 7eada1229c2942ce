//! `mpqc inspect`.

use super::{Outcome, import, options};
use crate::cli::{Inspect, Stage};
use miette::{IntoDiagnostic, Result};
use mpqc::pipeline;
use mpqc_schedule::{render, schedule};
use serde::Serialize;

pub fn run(args: &Inspect) -> Result<Outcome> {
    print!("{}", text(args)?);
    Ok(Outcome::Good)
}

fn text(args: &Inspect) -> Result<String> {
    if args.model.model.is_dir() {
        let design = pipeline::open(&args.model.model)?;
        return form(args, &design, || render::dot(&design), || render::blocks(&design));
    }
    let network = import(&args.model)?;
    if args.stage == Stage::Network {
        return form(args, &network, || network.to_dot(), || network.to_text());
    }
    let integers = pipeline::lower(&network)?;
    if args.stage == Stage::Int {
        return form(args, &integers, || integers.to_dot(), || integers.to_text());
    }
    let schedule = schedule(&integers, &options(&args.folding)?)?;
    let table = || format!("{}\n{}", render::table(&schedule), render::blocks(&schedule.design));
    form(args, &schedule, || render::dot(&schedule.design), table)
}

/// The representation in the form that is asked for.
fn form(
    args: &Inspect,
    whole: &impl Serialize,
    dot: impl FnOnce() -> String,
    table: impl FnOnce() -> String,
) -> Result<String> {
    Ok(match (args.json.json, args.dot) {
        (true, _) => serde_json::to_string_pretty(whole).into_diagnostic()? + "\n",
        (false, true) => dot(),
        (false, false) => table(),
    })
}
