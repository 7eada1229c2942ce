//! `mpqc bench sim`: the simulator beside Verilator.

use crate::cli::BenchSim;
use crate::commands::{Outcome, options, print_json, spinner};
use indicatif::ProgressBar;
use miette::{IntoDiagnostic, Result, miette};
use mpqc::pipeline;
use mpqc_schedule::schedule;
use mpqc_testbenches::tools;
use mpqc_testbenches::verilator::Verilator;
use mpqc_testbenches::yardstick::{Figures, Race};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What is raced where no model is given.
const NETWORKS: [&str; 5] = [
    "cnv_w1a1",
    "cnv_w2a2",
    "ultranet_4w4a_qonnx",
    "ultranet_ismart_w8f4_qonnx",
    "mlperf_ic_resnet8_int8_qdq",
];

/// Frames of random integers where a model has no input file.
const RANDOM_FRAMES: usize = 4;

/// What `bench sim --json` prints.
#[derive(Serialize)]
struct Report {
    rows: Vec<Row>,
    /// Verilator's build, and the compiler of its models.
    verilator: String,
    compiler: String,
    threads: usize,
}

/// A model.
#[derive(Serialize)]
struct Row {
    model: String,
    #[serde(flatten)]
    figures: Figures,
}

pub fn run(args: &BenchSim) -> Result<Outcome> {
    let verilator = tools::verilator().into_diagnostic()?;
    let bar = spinner("models");
    let rows = models(args)?.iter().map(|model| row(args, model, &verilator, &bar)).collect::<Result<_>>()?;
    bar.finish_and_clear();
    let report = Report {
        rows,
        verilator: verilator.program().display().to_string(),
        compiler: verilator.compiler().version().to_owned(),
        threads: rayon::current_num_threads(),
    };
    match args.json.json {
        true => print_json(&report)?,
        false => print(&report),
    }
    Ok(Outcome::of(report.rows.iter().all(|row| row.figures.equal)))
}

/// The models that the arguments name.
fn models(args: &BenchSim) -> Result<Vec<PathBuf>> {
    if !args.models.is_empty() {
        return Ok(args.models.clone());
    }
    let folder = std::env::var_os("MPQC_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let folder = folder.join("models");
    if !folder.is_dir() {
        let help = "name models, or set MPQC_SHARED to the folder with models/";
        return Err(miette!(help = help, "there is no folder `{}`", folder.display()));
    }
    Ok(NETWORKS.iter().map(|name| folder.join(name).with_extension("onnx")).collect())
}

fn row(args: &BenchSim, model: &Path, verilator: &Verilator, bar: &ProgressBar) -> Result<Row> {
    let name = model.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    bar.set_message(format!("{name}: compiling"));
    let network = pipeline::import(model, Vec::new())?;
    let design = schedule(&pipeline::lower(&network)?, &options(&args.folding)?)?.design;
    let folder = tempfile::tempdir().into_diagnostic()?;
    let folder = folder.path().join("design");
    mpqc_codegen::write(&design, &folder, false).into_diagnostic()?;
    let input = model.with_extension("input.npy");
    let frames = match input.is_file() {
        true => {
            let frames = pipeline::split(&network, &[mpqc::arrays::read(&input)?])?;
            pipeline::encode(&design, &frames[..frames.len().min(args.frames)])?
        }
        false => pipeline::random_streams(&design, args.frames.min(RANDOM_FRAMES), 1),
    };
    let files = mpqc_codegen::rtl_files(&folder).into_diagnostic()?;
    let race = Race { design: &design, folder: &folder, files, frames: &frames, seconds: args.seconds };
    let progress = |step: &str| bar.set_message(format!("{name}: {step}"));
    let figures = race.run(verilator, &progress).into_diagnostic()?;
    Ok(Row { model: name, figures })
}

fn print(report: &Report) {
    println!("processor time in milliseconds a frame (wall time in brackets); {} threads", report.threads);
    println!(
        "{:<28} {:>8} {:>7} {:>19} {:>9} {:>21} {:>8} {:>8}  outputs, cycles",
        "network", "frames", "beside", "simulator", "of timing", "Verilator", "ratio", "one run"
    );
    for Row { model, figures: it } in &report.rows {
        let (ours, rtl) = (1e3 / it.frames as f64, 1e3 / it.verilator_frames as f64);
        println!(
            "{model:<28} {:>8} {:>7} {:>9.3} ({:>7.3}) {:>9.3} {:>10.1} ({:>8.1}) {:>7.0}x {:>7.0}x  {}",
            it.frames,
            it.verilator_frames,
            it.ours_cpu_s * ours,
            it.ours_wall_s * ours,
            it.ours_timing_cpu_s * ours,
            it.verilator_cpu_s_per_frame * 1e3,
            it.verilator_wall_s * rtl,
            it.ratio,
            it.ratio_of_one_run,
            if it.equal { "equal" } else { "DIFFERENT" }
        );
    }
}
