//! `mpqc diff`.

use super::{Outcome, print_json};
use crate::cli::Diff;
use miette::{IntoDiagnostic, Result};
use mpqc_sim::trace::{Comparison, diff};

/// Compares two files of waves.
pub fn run(args: &Diff) -> Result<Outcome> {
    let found = diff(&args.a, &args.b).into_diagnostic()?;
    match args.json.json {
        true => print_json(&found)?,
        false => print(&found),
    }
    Ok(Outcome::of(found.difference.is_none() && found.only_in_one.is_empty()))
}

fn print(found: &Comparison) {
    let [from, to] = found.cycles;
    match &found.difference {
        Some(difference) => println!("DIFFERENT: {difference}"),
        None => println!("equal: {} signals, cycles {from} to {to}", found.compared),
    }
    for signal in &found.only_in_one {
        println!("only in one of them: {signal}");
    }
}
