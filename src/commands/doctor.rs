//! `mpqc doctor`.

use super::{Outcome, print_json, spinner};
use crate::cli::Doctor;
use miette::{IntoDiagnostic, Result};
use mpqc_testbenches::tools::{self, Tool, ToolReport};

pub fn run(args: &Doctor) -> Result<Outcome> {
    if args.install {
        install_missing()?;
    }
    let reports = tools::doctor();
    match args.json.json {
        true => print_json(&reports)?,
        false => reports.iter().for_each(print),
    }
    let needed = |r: &&ToolReport| matches!(r.tool, Tool::Verilator | Tool::CxxCompiler);
    Ok(Outcome::of(reports.iter().filter(needed).all(|r| r.path.is_some())))
}

fn install_missing() -> Result<()> {
    for report in tools::doctor().iter().filter(|r| r.path.is_none() && r.tool.is_installable()) {
        let bar = spinner(&format!("installing {}", report.name));
        tools::install(report.tool, &|line| bar.set_message(line.to_owned())).into_diagnostic()?;
        bar.finish_and_clear();
    }
    Ok(())
}

fn print(report: &ToolReport) {
    match &report.path {
        Some(path) => println!(
            "{:<10} {} ({})",
            report.name,
            path.display(),
            report.version.as_deref().unwrap_or("version unknown")
        ),
        None => println!(
            "{:<10} not found{}",
            report.name,
            report.problem.as_ref().map(|p| format!(": {p}")).unwrap_or_default()
        ),
    }
    println!("{:<10} {}", "", report.purpose);
    if report.path.is_none() {
        println!("{:<10} {}", "", report.remedy);
    }
}
