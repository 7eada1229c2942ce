//! `mpqc sim`.

mod answers;
mod server;
mod waves;

use self::answers::Answers;
use super::{Outcome, print_json};
use crate::cli::Sim;
use miette::{IntoDiagnostic, Result};
use mpqc::arrays::Difference;
use mpqc::npy::NpyOutput;
use mpqc::pipeline;
use mpqc::report::{self, Accuracy, Simulated};
use mpqc_ir::design::Design;
use mpqc_sim::Stalls;
use mpqc_sim::timing::{Profile, Timing, measure};
use mpqc_sim::toggle::Activity;
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
    top5: Option<f64>,
    critical: Vec<String>,
    full: Vec<mpqc_sim::timing::Full>,
    activity: Option<Vec<Activity>>,
    waves: Option<String>,
}

pub fn run(args: &Sim) -> Result<Outcome> {
    let design = pipeline::open(&args.folder)?;
    if args.stdin_npy {
        return server::serve(args, &design);
    }
    let started = Instant::now();
    let mut answers = match args.input.is_empty() {
        true => Answers { frames: args.frames.unwrap_or(DEFAULT_FRAMES), ..Answers::default() },
        false => answers::answers(args, &design)?,
    };
    let timing = measure(&design, answers.frames.max(1), args.stall.stall).into_diagnostic()?;
    if let Some(path) = &args.wave {
        waves::write(args, &design, path)?;
    }
    let activity = args.toggle.then(|| toggles(args, &design)).transpose()?;
    // Last: where something fails, no outputs are left.
    std::mem::take(&mut answers.files).into_iter().try_for_each(NpyOutput::finish)?;
    let report = full_report(args, &design, answers, timing, activity, started)?;
    enrich(args, &report)?;
    match args.json.json {
        true => print_json(&report)?,
        false => print(&report),
    }
    Ok(Outcome::of(report.expected.is_none_or(|d| d.different == 0)))
}

/// Frames to time where no input is given.
const DEFAULT_FRAMES: u64 = 16;

/// Frames whose toggles are counted.
const TOGGLE_FRAMES: usize = 16;

fn toggles(args: &Sim, design: &Design) -> Result<Vec<Activity>> {
    Ok(mpqc_sim::toggle::activity(design, &waves::frames(args, design, TOGGLE_FRAMES)?))
}

fn full_report(
    args: &Sim,
    design: &Design,
    answers: Answers,
    timing: Timing,
    activity: Option<Vec<Activity>>,
    started: Instant,
) -> Result<Report> {
    let clock_mhz = design.target.clock_mhz;
    let steady = measure(design, report::Report::FRAMES, Stalls::None).into_diagnostic()?;
    let Profile { critical, full, .. } = Profile::new(design, &steady, 1);
    Ok(Report {
        clock_mhz,
        fps: clock_mhz * 1e6 / timing.cycles_per_frame.max(1) as f64,
        timing,
        seconds: started.elapsed().as_secs_f64(),
        expected: answers.expected,
        accuracy: answers.accuracy.map(|it| it.top1),
        top5: answers.accuracy.and_then(|it| it.top5),
        critical,
        full,
        activity,
        waves: args.wave.as_ref().map(|path| path.display().to_string()),
    })
}

/// Adds the results to the folder's report.
fn enrich(args: &Sim, report: &Report) -> Result<()> {
    let frames = report.timing.frames;
    let simulated = Simulated {
        stall: args.stall.stall.to_string(),
        seconds: report.seconds,
        timing: report.timing.clone(),
        accuracy: report.accuracy.map(|top1| Accuracy { frames, top1, top5: report.top5 }),
        expected: report.expected,
        activity: report.activity.clone(),
    };
    Ok(report::enrich(&args.folder, |report| report.simulated = Some(simulated))?)
}

fn print(report: &Report) {
    let timing = &report.timing;
    println!(
        "{} frames in {} cycles: {} cycles per frame, latency {} cycles",
        timing.frames, timing.cycles, timing.cycles_per_frame, timing.latency_cycles
    );
    println!("{:.0} frames/s at {} MHz; simulated in {:.2} s", report.fps, report.clock_mhz, report.seconds);
    print_waits(report);
    if let Some(activity) = &report.activity {
        println!("toggles per bit and beat: activations, weights");
        activity.iter().for_each(|it| println!("{:<40} {:.3} {:.3}", it.name, it.x.rate, it.w.rate));
    }
    if let Some(path) = &report.waves {
        println!("waves: {path}");
    }
    if let Some(difference) = &report.expected {
        print_difference(difference);
    }
    if let Some(accuracy) = report.accuracy {
        let top5 = report.top5.map_or_else(String::new, |top5| format!(", top-5 {:.2} %", 100.0 * top5));
        println!("accuracy {:.2} %{top5}", 100.0 * accuracy);
    }
}

/// Who waits how long, and what sets the pace.
fn print_waits(report: &Report) {
    println!("{:<40} {:<16} {:>10} {:>10} {:>10}", "block", "kind", "busy", "stalled", "starved");
    for block in &report.timing.blocks {
        println!(
            "{:<40} {:<16} {:>10} {:>10} {:>10}",
            block.name, block.kind, block.busy, block.stalled_by_consumer, block.starved
        );
    }
    for fifo in &report.timing.fifos {
        let full = report.full.iter().find(|full| full.name == fifo.name);
        let when = full.map_or_else(String::new, |full| {
            let [from, to] = full.longest;
            format!("; full in {} cycles of {} frames, longest {from} to {to}", full.cycles, Profile::FRAMES)
        });
        println!("{:<40} holds at most {} of {} beats{when}", fifo.name, fifo.high_water, fifo.capacity);
    }
    match &report.critical[..] {
        [one] => println!("pace: {one} waits for nobody"),
        ring => println!("pace: {} wait for each other", ring.join(" → ")),
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
