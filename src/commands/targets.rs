//! `mpqc targets`.

use super::{Outcome, print_json};
use crate::cli::Json;
use miette::Result;
use mpqc_schedule::targets;

pub fn run(args: &Json) -> Result<Outcome> {
    let all = targets::all();
    if args.json {
        print_json(&all)?;
        return Ok(Outcome::Good);
    }
    println!(
        "{:<12} {:<14} {:>8} {:>8} {:>6} {:>7} {:>5} {:>6}",
        "target", "part", "LUT", "FF", "DSP", "BRAM18", "URAM", "MHz"
    );
    for target in all {
        let r = target.resources;
        println!(
            "{:<12} {:<14} {:>8} {:>8} {:>6} {:>7} {:>5} {:>6}",
            target.name, target.part, r.lut, r.ff, r.dsp, r.bram18, r.uram, target.clock_mhz
        );
    }
    Ok(Outcome::Good)
}
