//! `mpqc bench`: one file a measurement.

mod anchors;
mod blocks;
mod sim;

use super::Outcome;
use crate::cli::Bench;
use miette::Result;

/// Measures.
pub fn run(command: &Bench) -> Result<Outcome> {
    match command {
        Bench::Anchors(args) => anchors::run(args),
        Bench::Blocks(json) => blocks::run(json),
        Bench::Sim(args) => sim::run(args),
    }
}
