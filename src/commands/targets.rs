//! `mpqc targets`.

use super::{Outcome, print_json};
use crate::cli::Json;
use miette::{IntoDiagnostic, Result};
use mpqc_schedule::targets;

pub fn run(args: &Json) -> Result<Outcome> {
    let all = targets::all_in(&targets::folders()).into_diagnostic()?;
    if args.json {
        print_json(&all)?;
        return Ok(Outcome::Good);
    }
    println!(
        "{:<12} {:<21} {:<15} {:>9} {:>9} {:>6} {:>7} {:>5} {:>6}",
        "target", "part", "family", "LUT", "FF", "DSP", "BRAM18", "URAM", "MHz"
    );
    for target in all {
        let r = target.resources;
        println!(
            "{:<12} {:<21} {:<15} {:>9} {:>9} {:>6} {:>7} {:>5} {:>6}",
            target.name, target.part, target.family, r.lut, r.ff, r.dsp, r.bram18, r.uram, target.clock_mhz
        );
    }
    Ok(Outcome::Good)
}
