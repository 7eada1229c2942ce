//! `mpqc explore`: budgets × ways, accuracy against what it takes.

use super::super::{Outcome, bar, import, print_json};
use super::measure::{Test, read_test};
use super::requests::{calibration, on_chip, request};
use crate::cli::{BudgetArg, CostArg, Explore, GranularityArg, MethodArgs, SensitivityArg, SolverArg};
use clap::ValueEnum;
use miette::{Context, IntoDiagnostic, Result, miette};
use mpqc::quantize::{Budget, Data, Prepared, Request, Row, Tables, csv, mark_front, page, ready};
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::network::Network;
use mpqc_quant::{Hardware, Met, mean};
use mpqc_sim::whole::write_whole;
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// What is written as `explore.json`, and printed with `--json`.
#[derive(Serialize)]
struct Report<'a> {
    model: &'a Path,
    images: usize,
    float_accuracy: f64,
    rows: &'a [Row],
}

/// Everything that all ways have in common.
struct Sweep<'a> {
    args: &'a Explore,
    network: &'a Network,
    test: Test,
    data: Data,
    tables: Tables,
}

pub fn run(args: &Explore) -> Result<Outcome> {
    let network = import(&args.model)?;
    let data = calibration(&network, &args.data)?;
    let test = read_test(&network, &args.test, &args.test_labels)?;
    let float = test.accuracy(&network)?;
    let ways: Vec<MethodArgs> = match args.ways.is_empty() {
        true => vec![args.method.clone()],
        false => args.ways.iter().map(|way| named(way, &args.method)).collect::<Result<_>>()?,
    };
    let progress = bar((ways.len() * args.budget.len()) as u64, "choices");
    let tables = Tables::open(args.costs.as_deref())?;
    let mut sweep = Sweep { args, network: &network, test, data, tables };
    let mut rows = Vec::new();
    for way in &ways {
        for budget in &args.budget {
            rows.push(sweep.row(way, budget)?);
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    sweep.tables.save()?;
    mark_front(&mut rows);
    let report = Report {
        model: &args.model.model,
        images: sweep.test.labels.len(),
        float_accuracy: float,
        rows: &rows,
    };
    write(args, &report)?;
    match args.json.json {
        true => print_json(&report)?,
        false => print(&report, &args.output),
    }
    Ok(Outcome::Good)
}

/// `SENSITIVITY[:COST[:SOLVER[:GRANULARITY]]]` over the other arguments.
fn named(way: &str, base: &MethodArgs) -> Result<MethodArgs> {
    let mut method = base.clone();
    let mut parts = way.split(':');
    let wrong = |e: String| {
        miette!(
            help = "write SENSITIVITY[:COST[:SOLVER[:GRANULARITY]]], as mse:hardware:greedy",
            "`{way}`: {e}"
        )
    };
    if let Some(part) = parts.next() {
        method.sensitivity = SensitivityArg::from_str(part, true).map_err(wrong)?;
    }
    if let Some(part) = parts.next() {
        method.cost = CostArg::from_str(part, true).map_err(wrong)?;
    }
    if let Some(part) = parts.next() {
        method.solver = SolverArg::from_str(part, true).map_err(wrong)?;
    }
    if let Some(part) = parts.next() {
        method.granularity = GranularityArg::from_str(part, true).map_err(wrong)?;
    }
    match parts.next() {
        Some(more) => Err(wrong(format!("`{more}` is one part too many"))),
        None => Ok(method),
    }
}

impl Sweep<'_> {
    /// One way at one budget.
    fn row(&mut self, method: &MethodArgs, budget: &BudgetArg) -> Result<Row> {
        let request = request(method, &self.args.quantizers, &self.args.target, budget)?;
        let prepared = ready(self.network, self.data.clone(), &request, |_| {}, &|_| {})?;
        let started = Instant::now();
        let costs = prepared.costs(&request.budget, &mut self.tables)?;
        let met = prepared.choose(&request.budget, costs.as_ref());
        let seconds = started.elapsed().as_secs_f64();
        let row = self.empty(&request, budget, &prepared, seconds);
        match met {
            Ok(met) => self.filled(row, &prepared, &met, &request),
            Err(missed) => Ok(Row { missed: Some(Diagnostic::to_string(&missed)), ..row }),
        }
    }

    fn empty(&self, request: &Request, budget: &BudgetArg, prepared: &Prepared<'_>, seconds: f64) -> Row {
        let granularity = format!("{:?}", request.granularity).to_lowercase();
        let [sensitivity, cost, solver] = request.names();
        Row {
            way: [sensitivity, cost, solver, granularity].join(":"),
            budget: budget.to_string(),
            accuracy: None,
            loss: 0.0,
            mean_weight_bits: 0.0,
            weights_kib: 0.0,
            weight_bits: Vec::new(),
            activation_bits: Vec::new(),
            resources: None,
            fps: None,
            sensitivity_seconds: prepared.seconds.sensitivity,
            allocation_seconds: seconds,
            missed: None,
            front: false,
        }
    }

    fn filled(&self, row: Row, prepared: &Prepared<'_>, met: &Met, request: &Request) -> Result<Row> {
        let (model, widths) = (&prepared.subject.model, &met.allocation.widths);
        let mean_weight_bits = widths.mean_weight_bits(model);
        let design = match (&met.schedule, &request.budget, self.args.fps) {
            (Some(schedule), ..) => Some((schedule.resources, schedule.fps)),
            (None, Budget::Hardware(_), _) | (None, _, None) => None,
            (None, _, fps) => {
                let hardware = Hardware { options: on_chip(&self.args.target, fps)? };
                let (_, schedule) = hardware.design(&met.network)?;
                Some((schedule.resources, schedule.fps))
            }
        };
        Ok(Row {
            accuracy: Some(self.test.accuracy(&met.network)?),
            loss: met.allocation.solution.loss,
            mean_weight_bits,
            weights_kib: mean_weight_bits * model.parameters() as f64 / 8192.0,
            weight_bits: widths.weights.iter().map(|bits| mean(bits)).collect(),
            activation_bits: widths.activations.clone(),
            resources: design.map(|(resources, _)| resources),
            fps: design.map(|(_, fps)| fps),
            ..row
        })
    }
}

/// Writes the three files, each whole or not at all.
fn write(args: &Explore, report: &Report<'_>) -> Result<()> {
    let name =
        args.model.model.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let files = [
        ("explore.csv", csv(report.rows)),
        ("explore.json", serde_json::to_string_pretty(report).into_diagnostic()?),
        ("explore.html", page(&name, report.float_accuracy, report.images, report.rows).into_diagnostic()?),
    ];
    std::fs::create_dir_all(&args.output).into_diagnostic()?;
    files.iter().try_for_each(|(file, text)| {
        let path = args.output.join(file);
        write_whole(&path, text.as_bytes())
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot write `{}`", path.display()))
    })
}

fn print(report: &Report<'_>, folder: &Path) {
    println!("float network {:.2} % of {} images", 100.0 * report.float_accuracy, report.images);
    println!(
        "{:<34} {:<34} {:>8} {:>9} {:>5} {:>7} {:>6} {:>5} {:>6} {:>8} {:>7}",
        "way", "budget", "accuracy", "loss", "bits", "KiB", "LUT", "DSP", "BRAM18", "frames/s", "s"
    );
    for row in report.rows {
        print!("{:<34} {:<34}", row.way, row.budget);
        let Some(accuracy) = row.accuracy else {
            println!(" {}", row.missed.as_deref().unwrap_or_default());
            continue;
        };
        print!(
            " {:>6.2} % {:>9.2e} {:>5.2} {:>7.1}",
            100.0 * accuracy,
            row.loss,
            row.mean_weight_bits,
            row.weights_kib
        );
        match (&row.resources, row.fps) {
            (Some(r), Some(fps)) => print!(" {:>6} {:>5} {:>6} {fps:>8.0}", r.lut, r.dsp, r.bram18),
            _ => print!(" {:>6} {:>5} {:>6} {:>8}", "–", "–", "–", "–"),
        }
        let seconds = row.sensitivity_seconds + row.allocation_seconds;
        println!(" {seconds:>7.1}{}", if row.front { " *" } else { "" });
    }
    println!("* no other row is at least as accurate and takes no more");
    println!("{}/explore.html    to look at; explore.csv and explore.json to compute with", folder.display());
}
