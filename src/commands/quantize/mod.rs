//! `mpqc quantize`, `mpqc cost`, `mpqc explore`.

pub mod cost;
pub mod explore;
mod measure;
mod requests;
mod table;

use super::{Outcome, import, print_json, spinner};
use crate::cli::{FormatArg, Quantize};
use measure::{Accuracies, accuracies, read_test};
use miette::{Context, IntoDiagnostic, Result};
use mpqc::pipeline;
use mpqc::quantize::{QuantizeReport, Tables, ready};
use mpqc_ir::export::{Format, export};
use mpqc_ir::network::Network;
use mpqc_sim::whole::write_whole;
use requests::{calibration, request};
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// What `quantize --json` prints.
#[derive(Serialize)]
struct Report<'a> {
    model: &'a Path,
    output: &'a Path,
    #[serde(flatten)]
    report: QuantizeReport,
    accuracy: Option<Accuracies>,
}

pub fn run(args: &Quantize) -> Result<Outcome> {
    let network = import(&args.model)?;
    let request = request(&args.method, &args.quantizers, &args.target, &args.budget)?;
    let data = calibration(&network, &args.data)?;
    let test = args.test.as_ref().zip(args.test_labels.as_ref());
    let test = test.map(|(images, labels)| read_test(&network, images, labels)).transpose()?;
    let mut tables = Tables::open(args.costs.as_deref())?;
    let bar = super::bar(0, "steps of the sensitivities");
    let prepared = ready(&network, data, &request, |steps| bar.set_length(steps as u64), &|steps| {
        bar.inc(steps as u64)
    })?;
    bar.finish_and_clear();
    let spinner = spinner("what every layer takes at every width");
    let mut seconds = prepared.seconds;
    let started = Instant::now();
    let costs = prepared.costs(&request.budget, &mut tables)?;
    tables.save()?;
    seconds.costs = started.elapsed().as_secs_f64();
    spinner.set_message("choosing widths, building the design");
    let met = prepared.choose(&request.budget, costs.as_ref())?;
    seconds.allocation = started.elapsed().as_secs_f64() - seconds.costs;
    write(&met.network, &args.output, args.format)?;
    spinner.set_message("measuring accuracies");
    let written = pipeline::import(&args.output, Vec::new())?;
    let design = requests::compile_options(&request, &args.target)?;
    let accuracy = test.map(|test| accuracies(&network, &met, &written, &design, &test)).transpose()?;
    spinner.finish_and_clear();
    let report = QuantizeReport::new(&prepared, &met, seconds);
    let report = Report { model: &args.model.model, output: &args.output, report, accuracy };
    match args.json.json {
        true => print_json(&report)?,
        false => table::print(&report),
    }
    Ok(Outcome::Good)
}

/// Writes the network beside its place first, so that a file is whole or not there.
fn write(network: &Network, path: &Path, format: FormatArg) -> Result<()> {
    let format = match format {
        FormatArg::Qonnx => Format::Qonnx,
        FormatArg::Qdq => Format::Qdq,
    };
    let bytes = export(network, format)?;
    write_whole(path, &bytes).into_diagnostic().wrap_err_with(|| format!("cannot write `{}`", path.display()))
}
