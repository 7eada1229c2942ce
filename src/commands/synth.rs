//! `mpqc synth`.

use super::{Outcome, print_json};
use crate::cli::Synth;
use indicatif::{ProgressBar, ProgressStyle};
use miette::{Result, miette};
use mpqc::pipeline;
use mpqc::synthesis::{self, BlockReport, Errors, Options, Progress, Report, Totals};
use mpqc_ir::design::Resources;
use mpqc_schedule::targets;
use mpqc_testbenches::synthesis::Timing;

pub fn run(args: &Synth) -> Result<Outcome> {
    let design = pipeline::open(&args.folder)?;
    let target = args.target.as_deref().map(|name| targets::find_in(name, &targets::folders())).transpose();
    let options = Options {
        target: target.map_err(|e| miette!(help = "`mpqc targets` lists them", "{e}"))?,
        reserve_lut: args.reserve_lut,
        blocks: args.blocks.clone(),
        place_route: args.pnr.then_some(args.seed),
    };
    let bar = bar();
    let report = synthesis::compare(&design, &args.folder, &options, &|progress| match progress {
        Progress::Units(units) => bar.set_length(units as u64),
        Progress::Done(units) => bar.inc(units as u64),
    })?;
    bar.finish_and_clear();
    if args.blocks.is_empty() {
        synthesis::write(&report, &args.folder)?;
        mpqc::report::enrich(&args.folder, |_| ())?;
    }
    match args.json.json {
        true => print_json(&report)?,
        false => print(&report),
    }
    Ok(Outcome::of(report.is_good()))
}

/// A bar on stderr; nothing where that is no terminal.
fn bar() -> ProgressBar {
    let template = "synthesizing {bar:30} {pos}/{len} blocks [{elapsed}]";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style);
    bar.enable_steady_tick(std::time::Duration::from_millis(500));
    bar
}

fn print(report: &Report) {
    println!("{} for {} ({}): predicted / synthesized", report.design, report.target, report.part);
    let width = report.blocks.iter().map(|block| block.name.len()).max().unwrap_or(0).max(12);
    println!(
        "{:width$} {:>22} {:>9} {:>22} {:>13} {:>13} {:>9}",
        "block", "LUT", "LUT cells", "FF", "DSP", "BRAM18", "URAM"
    );
    report.blocks.iter().for_each(|block| print_block(width, block));
    if let Some(glue) = &report.glue {
        let none = Resources::default();
        let errors = Errors::new(&none, &glue.resources);
        println!("{:width$} {}", "(glue)", columns(&none, &glue.resources, glue.lut_cells, &errors));
    }
    let total = &report.total;
    println!(
        "{:width$} {}",
        "all",
        columns(&total.predicted, &total.synthesized, total.lut_cells, &total.error)
    );
    if total.gates > 0 {
        let Totals { gates, synthesized, .. } = total;
        println!(
            "logic of {gates} NAND2, {} flip-flops, {} memories of 18 kbit; 8 LUT of a memory are 32 words of 14 bits",
            synthesized.ff, synthesized.bram18
        );
    }
    let verdict = if report.fits { "fits" } else { "DOES NOT FIT" };
    let all = &report.available;
    println!(
        "{verdict}: {} LUT less {} reserved, {} FF, {} DSP, {} BRAM18, {} URAM",
        all.lut, report.reserve_lut, all.ff, all.dsp, all.bram18, all.uram
    );
    report.clocks.iter().for_each(|timing| print_clock(timing, report.clock_mhz));
}

fn print_clock(timing: &Timing, planned: f64) {
    let Timing { name, fmax_mhz, seed, worst, .. } = timing;
    println!("{name} placed and routed (seed {seed}): {fmax_mhz:.1} MHz, planned for {planned}");
    println!(
        "  slowest path: {} to {}, {} levels, {:.2} ns, of which wires {:.2}",
        worst.from, worst.to, worst.levels, worst.delay_ns, worst.routing_ns
    );
}

fn print_block(width: usize, block: &BlockReport) {
    let BlockReport { name, predicted, synthesized, error, .. } = block;
    println!("{name:width$} {}", columns(predicted, &synthesized.resources, synthesized.lut_cells, error));
}

fn columns(predicted: &Resources, synthesized: &Resources, lut_cells: u64, errors: &Errors) -> String {
    let percent = |predicted: u64, synthesized: u64, error: Option<f64>| {
        let error = error.map_or("?".to_owned(), |error| format!("{:+.0} %", 100.0 * error));
        format!("{predicted} / {synthesized} {error:>7}")
    };
    let pair = |predicted: u64, synthesized: u64| match (predicted, synthesized) {
        (0, 0) => String::new(),
        _ => format!("{predicted} / {synthesized}"),
    };
    format!(
        "{:>22} {lut_cells:>9} {:>22} {:>13} {:>13} {:>9}",
        percent(predicted.lut, synthesized.lut, errors.lut),
        percent(predicted.ff, synthesized.ff, errors.ff),
        pair(predicted.dsp, synthesized.dsp),
        pair(predicted.bram18, synthesized.bram18),
        pair(predicted.uram, synthesized.uram)
    )
}
