//! One file a command: call the road, render the result.

mod bench;
mod check;
mod compile;
mod diff;
mod doctor;
mod inspect;
mod options;
mod quantize;
mod regress;
mod report;
mod run;
mod sim;
mod synth;
mod targets;
mod verify;

use crate::cli::{Command, Model};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use miette::{IntoDiagnostic, Result, miette};
use mpqc::npy::NpyOutput;
use mpqc::pipeline;
use mpqc_ir::network::Network;
use ndarray::ArrayD;
use options::options;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// What the exit code says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is as it should be.
    Good,
    /// A check failed.
    CheckFailed,
}

impl Outcome {
    /// Good where `good`.
    fn of(good: bool) -> Outcome {
        if good { Outcome::Good } else { Outcome::CheckFailed }
    }
}

/// Runs a command.
pub fn run(command: Command) -> Result<Outcome> {
    match command {
        Command::Compile(args) => compile::run(&args),
        Command::Quantize(args) => quantize::run(&args),
        Command::Cost(args) => quantize::cost::run(&args),
        Command::Explore(args) => quantize::explore::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Sim(args) => sim::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Synth(args) => synth::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Regress(args) => regress::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Bench(command) => bench::run(&command),
        Command::Targets(args) => targets::run(&args),
        Command::Doctor(args) => doctor::run(&args),
    }
}

/// Prints a report as JSON.
fn print_json(report: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(report).into_diagnostic()?);
    Ok(())
}

/// Imports the model that the arguments name.
fn import(model: &Model) -> Result<Network> {
    let shapes = model.input_shape.iter().map(|text| parse_shape(text)).collect::<Result<Vec<_>>>()?;
    Ok(pipeline::import(&model.model, shapes)?)
}

/// `NAME=1x3x32x32`, or `1x3x32x32` for the only input.
fn parse_shape(text: &str) -> Result<(String, Vec<usize>)> {
    let (name, dims) = text.split_once('=').unwrap_or(("", text));
    let parsed = dims.split('x').map(str::parse).collect::<Result<Vec<usize>, _>>();
    let dims = parsed.map_err(|_| miette!(help = "write it as NAME=1x3x32x32", "`{text}` is not a shape"))?;
    Ok((name.to_owned(), dims))
}

/// Reads all input arrays.
fn read_arrays(paths: &[PathBuf]) -> Result<Vec<ArrayD<f64>>> {
    paths.iter().map(|path| Ok(mpqc::arrays::read(path)?)).collect()
}

/// Writes outputs to the files given for them.
fn write_arrays(paths: &[PathBuf], arrays: &[ArrayD<f64>]) -> Result<()> {
    if paths.len() > arrays.len() {
        return Err(miette!(
            help = "give one --output per model output",
            "the model has {} outputs",
            arrays.len()
        ));
    }
    let begun = paths.iter().zip(arrays).map(|(path, array)| mpqc::arrays::begin(path, array));
    // All have their names, or none has.
    Ok(begun.collect::<Result<Vec<_>, _>>()?.into_iter().try_for_each(NpyOutput::finish)?)
}

/// Compares the first output with `--expected`.
fn compare(expected: Option<&PathBuf>, outputs: &[ArrayD<f64>]) -> Result<Option<mpqc::arrays::Difference>> {
    let (Some(path), Some(output)) = (expected, outputs.first()) else { return Ok(None) };
    Ok(Some(mpqc::arrays::compare(output, &mpqc::arrays::read(path)?, mpqc::arrays::TOLERANCE)))
}

/// A spinner on stderr; nothing where that is no terminal.
fn spinner(message: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message.to_owned());
    bar.set_style(style("{spinner} {msg} [{elapsed}]"));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// A bar on stderr with the time that is left, once it took a second; nothing where stderr is no terminal.
fn bar(length: u64, what: &str) -> ProgressBar {
    /// How long nothing is shown.
    const PATIENCE: Duration = Duration::from_secs(1);
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
    bar.set_style(style("{bar:30} {human_pos} of {human_len} {msg} [{elapsed}, {eta} left]"));
    bar.set_message(what.to_owned());
    let late = bar.downgrade();
    std::thread::spawn(move || {
        std::thread::sleep(PATIENCE);
        if let Some(bar) = late.upgrade().filter(|bar| !bar.is_finished()) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    });
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
