//! `cargo xtask lint-rtl`: all Verilog that tests, examples and models make, at the lint gate.

use crate::designs;
use mpqc_ir::design::Design;
use mpqc_testbenches::gate::Gate;
use rayon::prelude::*;
use std::error::Error;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// How many random networks besides.
    #[arg(long, default_value_t = 20)]
    random: usize,
    /// Folder of further models [default: $MPQC_SHARED/models, or ../shared/models].
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
}

/// Prints what the tools say; good where they say nothing.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let gate = Gate::install(&|line| eprintln!("{line}"))?;
    println!("readers: {:?}", gate.readers());
    let designs = designs::all(args.random, args.models.clone())?;
    let said: Vec<Vec<String>> =
        designs.par_iter().map(|design| check(&gate, design)).collect::<Result<_, _>>()?;
    let findings = said.concat();
    findings.iter().for_each(|finding| println!("{finding}"));
    println!("{} designs, {} findings", designs.len(), findings.len());
    Ok(findings.is_empty())
}

fn check(gate: &Gate, design: &Design) -> Result<Vec<String>, String> {
    let name = &design.name;
    let said = || -> Result<Vec<String>, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let folder = folder.path().join("design");
        mpqc_codegen::write(design, &folder, false)?;
        let findings = gate.check(&folder, name, &mpqc_codegen::rtl_files(&folder)?)?;
        Ok(findings.iter().map(|it| format!("{name}, {:?}: {}", it.reader, it.said)).collect())
    };
    said().map_err(|error| format!("{name}: {error}"))
}
