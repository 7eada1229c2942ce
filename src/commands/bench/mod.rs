//! `mpqc bench`: one file a measurement.

mod sim;

use super::Outcome;
use crate::cli::{Bench, BenchCommand};
use miette::Result;

/// Measures.
pub fn run(args: &Bench) -> Result<Outcome> {
    match &args.what {
        BenchCommand::Sim(args) => sim::run(args),
    }
}
