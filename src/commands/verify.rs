//! `mpqc verify`.

use super::{Outcome, compare, print_json, read_arrays, spinner};
use crate::cli::Verify;
use indicatif::ProgressBar;
use miette::{IntoDiagnostic, Result};
use mpqc::arrays::Difference;
use mpqc::boundaries::{self, Boundaries, Values};
use mpqc::pipeline::{self, Frame};
use mpqc::report::{self, Verified, VerifiedRun};
use mpqc_ir::design::Design;
use mpqc_sim::Stalls;
use mpqc_sim::timing::measure;
use mpqc_testbenches::lockstep::{Lockstep, Report as LockstepReport};
use mpqc_testbenches::tools;
use mpqc_testbenches::verilator::Verilator;
use serde::Serialize;
use std::time::Instant;

/// What `verify --json` prints.
#[derive(Serialize)]
struct Report {
    lint_clean: bool,
    runs: Vec<Run>,
    boundaries: Option<Boundaries>,
    expected: Option<Difference>,
    seconds: f64,
}

/// One lock-step run.
#[derive(Serialize)]
struct Run {
    stall: String,
    seconds: f64,
    #[serde(flatten)]
    lockstep: LockstepReport,
}

pub fn run(args: &Verify) -> Result<Outcome> {
    let started = Instant::now();
    let design = pipeline::open(&args.folder)?;
    let verilator = tools::verilator().into_diagnostic()?;
    let bar = spinner("linting");
    let files = mpqc_codegen::rtl_files(&args.folder).into_diagnostic()?;
    verilator.lint(&files, &design.name).into_diagnostic()?;
    let frames = match args.input.is_empty() {
        true => Vec::new(),
        false => pipeline::design_frames(&design, &read_arrays(&args.input)?)?,
    };
    let expected = match args.expected {
        Some(_) => compare(args.expected.as_ref(), &pipeline::simulate(&design, &frames)?)?,
        None => None,
    };
    let streams = streams(args, &design, &frames)?;
    let patterns = args.stall.map_or_else(|| vec![Stalls::None, Stalls::Random { seed: 1 }], |one| vec![one]);
    let mut runs = Vec::new();
    for stalls in patterns {
        bar.set_message(format!("building Verilator's model, stalls {stalls}"));
        runs.push(lockstep(args, &design, &verilator, &streams, stalls, &bar)?);
    }
    bar.set_message("requantizers alone, at every value where a code changes");
    let folder = std::path::absolute(&args.folder).into_diagnostic()?;
    let boundaries = boundaries::check(&design, &folder, &verilator, Values::Changes)?;
    bar.finish_and_clear();
    let report =
        Report { lint_clean: true, runs, boundaries, expected, seconds: started.elapsed().as_secs_f64() };
    enrich(args, &report)?;
    match args.json.json {
        true => print_json(&report)?,
        false => print(&report),
    }
    let equal = report.runs.iter().all(|r| r.lockstep.mismatch.is_none());
    let equal = equal && report.boundaries.as_ref().is_none_or(|it| it.mismatch.is_none());
    Ok(Outcome::of(equal && report.expected.is_none_or(|d| d.different == 0)))
}

/// Integers for the input ports: of the given frames, else random ones of the ports' types.
fn streams(args: &Verify, design: &Design, frames: &[Frame]) -> Result<Vec<Vec<Vec<i64>>>> {
    let most = args.frames.map_or_else(|| pipeline::verified_frames(design), Ok).into_diagnostic()?;
    if frames.is_empty() {
        return Ok(pipeline::random_frames(design, most)?);
    }
    Ok(pipeline::encode(design, &frames[..frames.len().min(most)])?)
}

fn lockstep(
    args: &Verify,
    design: &Design,
    verilator: &Verilator,
    frames: &[Vec<Vec<i64>>],
    stalls: Stalls,
    bar: &ProgressBar,
) -> Result<Run> {
    let started = Instant::now();
    let folder = std::path::absolute(&args.folder).into_diagnostic()?;
    let files = mpqc_codegen::rtl_files(&folder).into_diagnostic()?;
    let job = Lockstep { design, folder: &folder, files, frames, stalls, waves: Some(folder.join("waves")) };
    let all = measure(design, frames.len() as u64, stalls).into_diagnostic()?.cycles;
    let begun = std::cell::OnceCell::new();
    let progress = |cycle: u64| {
        let seconds = begun.get_or_init(Instant::now).elapsed().as_secs_f64();
        let left = seconds / cycle.max(1) as f64 * all.saturating_sub(cycle) as f64;
        bar.set_message(format!("lock-step, stalls {stalls}: cycle {cycle} of {all}, {left:.0} s left"));
    };
    let lockstep = job.run(verilator, &progress).into_diagnostic()?;
    Ok(Run { stall: stalls.to_string(), seconds: started.elapsed().as_secs_f64(), lockstep })
}

/// Adds the result to the folder's report.
fn enrich(args: &Verify, report: &Report) -> Result<()> {
    let run = |run: &Run| VerifiedRun {
        stall: run.stall.clone(),
        frames: run.lockstep.frames,
        cycles: run.lockstep.cycles,
        streams: run.lockstep.streams,
        handshakes: run.lockstep.handshakes,
        mismatch: run.lockstep.mismatch.as_ref().map(|it| {
            format!("{} of stream {} in cycle {}, block {}", it.what, it.stream, it.cycle, it.block)
        }),
    };
    let verified = Verified { lint_clean: report.lint_clean, runs: report.runs.iter().map(run).collect() };
    Ok(report::enrich(&args.folder, |report| report.verified = Some(verified))?)
}

fn print(report: &Report) {
    println!("lint: no warnings");
    for run in &report.runs {
        let it = &run.lockstep;
        match &it.mismatch {
            None => println!(
                "stalls {}: equal in all {} cycles, {} streams, {} handshakes, {} frames ({:.1} s)",
                run.stall, it.cycles, it.streams, it.handshakes, it.frames, run.seconds
            ),
            Some(mismatch) => println!(
                "stalls {}: DIFFERENT\n{mismatch}waves: waves/rtl.fst, waves/sim.fst in the design folder",
                run.stall
            ),
        }
    }
    match report.boundaries.as_ref().map(|it| (it, &it.mismatch)) {
        None => {}
        Some((it, None)) => println!(
            "{} requantizers alone: equal on both sides of every change of a code (up to {} values a channel)",
            it.requantizers, it.values
        ),
        Some((_, Some(mismatch))) => println!("requantizers alone: DIFFERENT\n{mismatch}"),
    }
    if let Some(difference) = &report.expected {
        super::sim::print_difference(difference);
    }
}
