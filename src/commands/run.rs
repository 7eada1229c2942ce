//! `mpqc run`.

use super::{Outcome, compare, import, print_json, read_arrays, write_arrays};
use crate::cli::Run;
use miette::Result;
use mpqc::arrays::Difference;
use mpqc::pipeline;
use serde::Serialize;
use std::time::Instant;

/// What `run --json` prints.
#[derive(Serialize)]
struct Report {
    frames: usize,
    seconds: f64,
    expected: Option<Difference>,
}

pub fn run(args: &Run) -> Result<Outcome> {
    let network = import(&args.model)?;
    let frames = pipeline::split(&network, &read_arrays(&args.input)?)?;
    let started = Instant::now();
    let outputs = pipeline::reference(&network, &frames)?;
    let seconds = started.elapsed().as_secs_f64();
    let report =
        Report { frames: frames.len(), seconds, expected: compare(args.expected.as_ref(), &outputs)? };
    // Last: where something fails, nothing is left.
    write_arrays(&args.output, &outputs)?;
    match args.json.json {
        true => print_json(&report)?,
        false => print(&report),
    }
    Ok(Outcome::of(report.expected.is_none_or(|d| d.different == 0)))
}

fn print(report: &Report) {
    println!("{} frames through the reference executor in {:.2} s", report.frames, report.seconds);
    if let Some(difference) = &report.expected {
        super::sim::print_difference(difference);
    }
}
