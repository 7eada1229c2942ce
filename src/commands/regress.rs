//! `mpqc regress`.

use super::{Outcome, print_json};
use crate::cli::Regress;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use mpqc::regress::{self, Baseline, DesignReport, Manifest, Report};
use mpqc_testbenches::tools::write_whole;

pub fn run(args: &Regress) -> Result<Outcome> {
    let manifest = Manifest::read(&args.manifest)?;
    let path = args.baseline.as_ref().unwrap_or(&manifest.baseline);
    let stored = regress::read(path)
        .into_diagnostic()
        .wrap_err_with(|| format!("{} is not a file of figures; `--bless` writes one", path.display()))?;
    let tell = |design: &DesignReport| {
        if !args.json.json {
            print(design);
        }
    };
    let stored = stored.unwrap_or_default();
    let report = regress::run(&manifest, &stored, &args.only, &tell);
    if report.designs.is_empty() {
        return Err(miette!(
            help = "`--only` takes a part of a design's name",
            "the manifest has no such design"
        ));
    }
    if let Some(junit) = &args.junit {
        write_whole(junit, regress::junit(&report).as_bytes()).into_diagnostic()?;
    }
    if args.json.json {
        print_json(&report)?;
    }
    if args.bless {
        return bless(path, stored, &report);
    }
    Ok(Outcome::of(report.good))
}

/// Stores the figures of designs that did not fail; those of others stay.
fn bless(path: &std::path::Path, mut stored: Baseline, report: &Report) -> Result<Outcome> {
    let whole = report.designs.iter().filter(|design| design.is_complete());
    stored.extend(whole.map(|design| (design.name.clone(), design.figures.clone())));
    regress::write(path, &stored).into_diagnostic().wrap_err_with(|| path.display().to_string())?;
    eprintln!("stored in {}", path.display());
    Ok(Outcome::of(report.designs.iter().all(DesignReport::is_complete)))
}

fn print(design: &DesignReport) {
    let figures = &design.figures;
    let verdict = if design.is_good() { "good" } else { "FAILED" };
    let steps: Vec<String> =
        design.steps.iter().map(|step| format!("{} {:.1} s", step.name, step.seconds)).collect();
    println!(
        "{}: {verdict}, {} cycles a frame, {} LUT ({})",
        design.name,
        figures.cycles_per_frame,
        figures.synthesized.unwrap_or(figures.predicted).lut,
        steps.join(", ")
    );
    for (step, why) in design.steps.iter().filter_map(|step| Some((step.name, step.failure.as_ref()?))) {
        println!("  {step}: {why}");
    }
    for change in &design.changes {
        let mark = if change.regression { "REGRESSION" } else { "changed" };
        println!("  {mark}: {} {} before, {} now", change.figure, change.before, change.now);
    }
    if !design.stored {
        println!("  no stored figures: `--bless` stores these");
    }
}
