//! `mpqc check`.

use super::{Outcome, import, print_json};
use crate::cli::Check;
use miette::Result;
use mpqc::pipeline;
use mpqc_ir::diagnostic::{Diagnostic, Diagnostics};
use serde::Serialize;

/// What `check --json` prints.
#[derive(Serialize)]
struct Report {
    hardware: bool,
    problems: Vec<Diagnostic>,
    host_prefix: Vec<String>,
    host_suffix: Vec<String>,
}

pub fn run(args: &Check) -> Result<Outcome> {
    let report = match problems(args) {
        Ok((host_prefix, host_suffix)) => {
            Report { hardware: true, problems: Vec::new(), host_prefix, host_suffix }
        }
        Err(found) => {
            Report { hardware: false, problems: found.0, host_prefix: Vec::new(), host_suffix: Vec::new() }
        }
    };
    match args.json.json {
        true => print_json(&report)?,
        false => print(&report),
    }
    Ok(Outcome::of(report.hardware))
}

fn problems(args: &Check) -> Result<(Vec<String>, Vec<String>), Diagnostics> {
    let network = import(&args.model).map_err(|report| match report.downcast::<Diagnostics>() {
        Ok(diagnostics) => diagnostics,
        Err(other) => {
            Diagnostic::new(mpqc_ir::diagnostic::Code::BadInput, "arguments", other.to_string(), "").into()
        }
    })?;
    Ok(pipeline::host_operators(&pipeline::lower(&network)?))
}

fn print(report: &Report) {
    for problem in &report.problems {
        println!("{}: {problem}\n  way out: {}", problem.code.text(), problem.help);
    }
    match report.problems.len() {
        0 => {
            println!("everything between the first and the last quantized layer is hardware");
            println!("host before: {:?}\nhost after:  {:?}", report.host_prefix, report.host_suffix);
        }
        n => println!("{n} problem{}", if n == 1 { "" } else { "s" }),
    }
}
