//! `mpqc inspect`.

use super::{Outcome, import, options};
use crate::cli::{Inspect, Stage};
use miette::{IntoDiagnostic, Result};
use mpqc::pipeline;
use mpqc_schedule::{render, schedule};

pub fn run(args: &Inspect) -> Result<Outcome> {
    print!("{}", text(args)?);
    Ok(Outcome::Good)
}

fn text(args: &Inspect) -> Result<String> {
    if args.model.model.is_dir() {
        let design = pipeline::open(&args.model.model).into_diagnostic()?;
        return Ok(if args.dot { render::dot(&design) } else { render::blocks(&design) });
    }
    let network = import(&args.model)?;
    if args.stage == Stage::Network {
        return Ok(if args.dot { network.to_dot() } else { network.to_text() });
    }
    let integers = pipeline::lower(&network)?;
    if args.stage == Stage::Int {
        return Ok(if args.dot { integers.to_dot() } else { integers.to_text() });
    }
    let schedule = schedule(&integers, &options(&args.folding)?)?;
    Ok(match args.dot {
        true => render::dot(&schedule.design),
        false => format!("{}\n{}", render::table(&schedule), render::blocks(&schedule.design)),
    })
}
