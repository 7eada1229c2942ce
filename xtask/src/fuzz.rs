//! `cargo xtask fuzz`: random networks through the whole road.

use mpqc::campaign::{self, Verdict};
use mpqc_testbenches::{random_network, tools};
use std::error::Error;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// How many cases.
    #[arg(long, default_value_t = 100)]
    cases: u64,
    /// The first case's seed; cases count on from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the cases, prints a line for each, and counts.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let verilator = tools::verilator()?;
    let (mut equal, mut refused, mut different) = (0, 0, 0);
    for seed in args.seed..args.seed + args.cases {
        let case = random_network::draw(seed);
        let folder = tempfile::tempdir()?;
        let verdict = campaign::check(&case, &folder.path().join("design"), &verilator)
            .unwrap_or_else(|error| Verdict::Different(format!("failed: {error}")));
        match &verdict {
            Verdict::Equal { .. } => equal += 1,
            Verdict::Refused(_) => refused += 1,
            Verdict::Different(_) => different += 1,
        }
        println!("seed {seed}: {verdict:?} ({})", case.description);
    }
    println!("{equal} equal, {refused} refused, {different} different");
    Ok(different == 0)
}
