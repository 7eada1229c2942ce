//! `mpqc compile`.

use super::{Outcome, import, options, print_json, spinner};
use crate::cli::Compile;
use miette::Result;
use mpqc::{Compiled, pipeline};
use mpqc_ir::design::Resources;
use mpqc_ir::int_network::IntNetwork;
use mpqc_schedule::{LayerReport, Schedule, Stop, schedule};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What `compile --json` prints.
#[derive(Serialize)]
struct Report<'a> {
    model: &'a Path,
    folder: &'a Path,
    target: &'a str,
    macs: u64,
    cycles_per_frame: u64,
    clock_mhz: f64,
    fps: f64,
    resources: Resources,
    usable: Resources,
    stop: &'a Stop,
    layers: &'a [LayerReport],
    host_prefix: Vec<String>,
    host_suffix: Vec<String>,
    seconds: f64,
}

pub fn run(args: &Compile) -> Result<Outcome> {
    let started = Instant::now();
    let options = options(&args.folding)?;
    let bar = spinner("reading the model");
    let network = import(&args.model)?;
    bar.set_message("lowering to integers, proving requantizers");
    let integers = pipeline::lower(&network)?;
    bar.set_message("scheduling");
    let schedule = schedule(&integers, &options)?;
    bar.set_message("writing Verilog and the report");
    let folder = args.output.clone().unwrap_or_else(|| default_folder(&network.name, &schedule));
    let compiled = Compiled { network, integers, schedule };
    compiled.write(&folder, args.force)?;
    let Compiled { integers, schedule, .. } = compiled;
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    match args.json.json {
        true => print_json(&report(args, &folder, &integers, &schedule, seconds))?,
        false => print(args, &folder, &integers, &schedule, seconds),
    }
    Ok(Outcome::Good)
}

fn default_folder(model: &str, schedule: &Schedule) -> PathBuf {
    Path::new("out").join(format!("{model}-{}", schedule.design.target.name))
}

fn report<'a>(
    args: &'a Compile,
    folder: &'a Path,
    integers: &IntNetwork,
    schedule: &'a Schedule,
    seconds: f64,
) -> Report<'a> {
    let (host_prefix, host_suffix) = pipeline::host_operators(integers);
    Report {
        model: &args.model.model,
        folder,
        target: &schedule.design.target.name,
        macs: integers.macs(),
        cycles_per_frame: schedule.cycles_per_frame,
        clock_mhz: schedule.design.target.clock_mhz,
        fps: schedule.fps,
        resources: schedule.resources,
        usable: schedule.usable,
        stop: &schedule.stop,
        layers: &schedule.layers,
        host_prefix,
        host_suffix,
        seconds,
    }
}

fn print(args: &Compile, folder: &Path, integers: &IntNetwork, schedule: &Schedule, seconds: f64) {
    println!("{} → {} in {seconds:.2} s", args.model.model.display(), folder.display());
    println!("{}", mpqc_schedule::render::table(schedule));
    print_boundary(integers);
    let folder = folder.display();
    println!("Next:");
    println!("  mpqc verify {folder}                          lock-step proof against Verilator");
    println!("  mpqc sim {folder} --input x.npy --output y.npy");
    println!("  {folder}/report.html    to look at");
    println!("  {folder}/rtl/{}.v    the top module", schedule.design.name);
    println!("  {folder}/plan.json    the choices: edit them, then compile with --schedule");
}

/// Where hardware begins and ends.
fn print_boundary(integers: &IntNetwork) {
    let (prefix, suffix) = pipeline::host_operators(integers);
    let list =
        |operators: &[String]| if operators.is_empty() { "nothing".to_owned() } else { operators.join(", ") };
    println!("On the host before the hardware: {}", list(&prefix));
    for port in &integers.host.inputs {
        println!("  hardware begins with `{}`: {:?} as {}", port.name, port.tensor_shape, port.ty);
    }
    for port in &integers.host.outputs {
        println!("  hardware ends with `{}`: {:?} as {}", port.name, port.tensor_shape, port.ty);
    }
    println!("On the host after the hardware: {}", list(&suffix));
    let multiplies = |text: &&String| ["MatMul", "Gemm", "Conv"].iter().any(|op| text.starts_with(op));
    for layer in prefix.iter().filter(multiplies) {
        println!(
            "warning: {layer} stays on the host because its input has no quantizer; quantize or annotate the model's input to bring it in"
        );
    }
}
