//! `cargo xtask lint-rtl`: all Verilog that tests, examples and models make, at the lint gate.

use crate::designs::{self, Named};
use mpqc_testbenches::gate::{Finding, Gate};
use rayon::prelude::*;
use std::error::Error;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// How many random networks besides.
    #[arg(long, default_value_t = 20)]
    random: usize,
    /// Seed of the first of them.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder of further models [default: $MPQC_SHARED/models, or ../shared/models].
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Only designs whose name has this in it.
    #[arg(long, default_value = "")]
    only: String,
}

/// Prints what the tools say; good where they say nothing. A tool that does not come to an end is told, and is no finding.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let gate = Gate::install(&|line| eprintln!("{line}"))?;
    println!("readers: {:?}", gate.readers());
    let mut designs = designs::all(args.seed, args.random, args.models.clone())?;
    designs.retain(|named| named.label.contains(&args.only));
    let findings: Vec<Vec<Finding>> =
        designs.par_iter().map(|named| check(&gate, named)).collect::<Result<_, _>>()?;
    let all = || findings.iter().flatten();
    let open = all().filter(|it| it.gave_up()).count();
    println!("{} designs, {} findings, {open} not read to the end", designs.len(), all().count() - open);
    Ok(all().count() == open)
}

fn check(gate: &Gate, Named { label, design }: &Named) -> Result<Vec<Finding>, String> {
    let findings = || -> Result<Vec<Finding>, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let folder = folder.path().join("design");
        mpqc_codegen::write(design, &folder, false)?;
        Ok(gate.check(&folder, &design.name, &mpqc_codegen::rtl_files(&folder)?)?)
    };
    let findings = findings().map_err(|error| format!("{label}: {error}"))?;
    eprintln!("{label}");
    findings.iter().for_each(|it| println!("{label}, {:?}: {}", it.reader, it.said));
    Ok(findings)
}
