//! `mpqc regress`.

use super::{Outcome, print_json, spinner};
use crate::cli::Regress;
use miette::{IntoDiagnostic, Result, miette};
use mpqc::regress::{Baseline, Case, CaseReport, Ended, Manifest, junit, run as run_case};
use mpqc_sim::whole::WholeFile;
use serde::Serialize;
use std::path::Path;

/// What `regress --json` prints.
#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    baseline: &'a Path,
    passed: usize,
    failed: usize,
    cases: &'a [CaseReport],
}

pub fn run(args: &Regress) -> Result<Outcome> {
    let manifest = Manifest::read(&args.manifest)?;
    let path = args.baseline.as_deref().unwrap_or(&manifest.baseline);
    let baseline = Baseline::read(path)?;
    // Cases take minutes; a place that cannot be written is told before.
    let file =
        args.junit.as_deref().map(|path| WholeFile::create(path).map_err(unwritten(path))).transpose()?;
    let mut cases = run_cases(args, &manifest)?;
    match (&baseline, args.update) {
        (_, true) => {
            let mut updated = baseline.unwrap_or_default();
            updated.update(&cases);
            updated.write(path)?;
        }
        (Some(baseline), false) => {
            cases.iter_mut().for_each(|case| baseline.compare(case, &manifest.tolerance));
        }
        (None, false) => eprintln!("no baseline at {}: write it with --update", path.display()),
    }
    if let (Some(path), Some(file)) = (args.junit.as_deref(), file) {
        let text = junit(&cases).into_diagnostic()?;
        file.write(text.as_bytes()).map_err(unwritten(path))?;
    }
    let failed = cases.iter().filter(|case| !case.is_good()).count();
    let report = Report { version: 1, baseline: path, passed: cases.len() - failed, failed, cases: &cases };
    match args.json.json {
        true => print_json(&report)?,
        false => print(&report),
    }
    Ok(Outcome::of(failed == 0))
}

fn unwritten(path: &Path) -> impl Fn(std::io::Error) -> miette::Report {
    move |error| miette!("cannot write `{}`: {error}", path.display())
}

/// Runs the cases one after another, each in a folder of its own.
fn run_cases(args: &Regress, manifest: &Manifest) -> Result<Vec<CaseReport>> {
    let unknown = args.cases.iter().find(|name| !manifest.cases.iter().any(|case| case.name == **name));
    if let Some(name) = unknown {
        let known: Vec<&str> = manifest.cases.iter().map(|case| case.name.as_str()).collect();
        return Err(miette!(help = format!("there are {}", known.join(", ")), "no case is called `{name}`"));
    }
    let temporary = tempfile::tempdir().into_diagnostic()?;
    let folder = args.keep.as_deref().unwrap_or(temporary.path());
    let asked = |case: &&Case| args.cases.is_empty() || args.cases.contains(&case.name);
    let bar = spinner("cases");
    let one = |case: &Case| {
        bar.set_message(case.name.clone());
        run_case(case, &folder.join(&case.name))
    };
    let reports = manifest.cases.iter().filter(asked).map(one).collect();
    bar.finish_and_clear();
    Ok(reports)
}

fn print(report: &Report<'_>) {
    for case in report.cases {
        println!("{} {}", if case.is_good() { "ok    " } else { "FAILED" }, case.name);
        if let Some(it) = &case.measured {
            let r = it.synthesized.as_ref().unwrap_or(&it.predicted);
            let kind = if it.synthesized.is_some() { "synthesized" } else { "predicted" };
            let accuracy = it.accuracy.map_or_else(String::new, |a| format!(", accuracy {:.2} %", 100.0 * a));
            println!(
                "       {} cycles per frame, latency {}, {} LUT, {} FF, {} DSP, {} BRAM18 {kind}{accuracy}",
                it.cycles_per_frame, it.latency_cycles, r.lut, r.ff, r.dsp, r.bram18
            );
        }
        for step in &case.steps {
            match &step.ended {
                Ended::Passed => {}
                Ended::Failed(reason) => println!("       {} failed: {reason}", step.name),
            }
        }
        case.notes.iter().for_each(|note| println!("       {note}"));
    }
    println!("{} passed, {} failed", report.passed, report.failed);
}
