//! `mpqc report`.

use super::{Outcome, print_json};
use crate::cli::Report;
use miette::Result;

/// Writes a folder's report again, with what other commands left there since.
pub fn run(args: &Report) -> Result<Outcome> {
    mpqc::report::enrich(&args.folder, |_| ())?;
    let report = mpqc::report::read(&args.folder)?;
    match args.json.json {
        true => print_json(&report)?,
        false => println!("{}", args.folder.join("report.html").display()),
    }
    Ok(Outcome::Good)
}
