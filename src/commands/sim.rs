//! `mpqc sim`.

use super::{Outcome, compare, print_json, read_arrays, write_arrays};
use crate::cli::Sim;
use miette::{IntoDiagnostic, Result};
use mpqc::arrays::Difference;
use mpqc::pipeline;
use mpqc_ir::design::Design;
use mpqc_sim::timing::{Timing, measure};
use serde::Serialize;
use std::time::Instant;

/// What `sim --json` prints.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    timing: Timing,
    clock_mhz: f64,
    fps: f64,
    seconds: f64,
    expected: Option<Difference>,
    accuracy: Option<f64>,
}

/// What the outputs of all frames say.
#[derive(Default)]
struct Answers {
    frames: u64,
    expected: Option<Difference>,
    accuracy: Option<f64>,
}

pub fn run(args: &Sim) -> Result<Outcome> {
    let design = pipeline::open(&args.folder)?;
    let started = Instant::now();
    let answers = match args.input.is_empty() {
        true => Answers { frames: args.frames, ..Answers::default() },
        false => function(args, &design)?,
    };
    let timing = measure(&design, answers.frames.max(1), args.stall.stall).into_diagnostic()?;
    let clock_mhz = design.target.clock_mhz;
    let fps = clock_mhz * 1e6 / timing.cycles_per_frame.max(1) as f64;
    let seconds = started.elapsed().as_secs_f64();
    let Answers { expected, accuracy, .. } = answers;
    let report = Report { timing, clock_mhz, fps, seconds, expected, accuracy };
    match args.json.json {
        true => print_json(&report)?,
        false => print(&report),
    }
    Ok(Outcome::of(report.expected.is_none_or(|d| d.different == 0)))
}

/// The outputs of all frames; how many there were, and how they compare.
fn function(args: &Sim, design: &Design) -> Result<Answers> {
    let frames = pipeline::design_frames(design, &read_arrays(&args.input)?)?;
    let outputs = pipeline::simulate(design, &frames)?;
    write_arrays(&args.output, &outputs)?;
    let labels = args.labels.as_deref().map(mpqc::arrays::read).transpose()?;
    let accuracy =
        labels.zip(outputs.first()).map(|(labels, scores)| mpqc::arrays::accuracy(scores, &labels));
    Ok(Answers {
        frames: frames.len() as u64,
        expected: compare(args.expected.as_ref(), &outputs)?,
        accuracy,
    })
}

fn print(report: &Report) {
    let timing = &report.timing;
    println!(
        "{} frames in {} cycles: {} cycles per frame, latency {} cycles",
        timing.frames, timing.cycles, timing.cycles_per_frame, timing.latency_cycles
    );
    println!("{:.0} frames/s at {} MHz; simulated in {:.2} s", report.fps, report.clock_mhz, report.seconds);
    println!("{:<40} {:<16} {:>10} {:>10} {:>10}", "block", "kind", "busy", "stalled", "starved");
    for block in &timing.blocks {
        println!(
            "{:<40} {:<16} {:>10} {:>10} {:>10}",
            block.name, block.kind, block.busy, block.stalled_by_consumer, block.starved
        );
    }
    for fifo in &timing.fifos {
        println!("{:<40} holds at most {} of {} beats", fifo.name, fifo.high_water, fifo.capacity);
    }
    if let Some(difference) = &report.expected {
        print_difference(difference);
    }
    if let Some(accuracy) = report.accuracy {
        println!("accuracy {:.2} %", 100.0 * accuracy);
    }
}

/// One line about a comparison with expected outputs.
pub fn print_difference(difference: &Difference) {
    let Difference { elements, different, largest } = difference;
    match different {
        0 => println!("equal to the expected output: {elements} elements, largest difference {largest:.2e}"),
        n => println!(
            "DIFFERENT from the expected output: {n} of {elements} elements, largest difference {largest:.2e}"
        ),
    }
}
