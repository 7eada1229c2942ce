//! `cargo xtask mutate`: faults in Verilog and in the simulator's design, and how many of them lock-step sees.

mod draw;
mod judge;
mod table;

use draw::Suspect;
use judge::Judge;
use mpqc_testbenches::formal::Prover;
use mpqc_testbenches::mutation::Fate;
use mpqc_testbenches::tools;
use rayon::prelude::*;
use std::error::Error;
use table::Table;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Faults of each kind.
    #[arg(long, default_value_t = 40)]
    faults: usize,
    /// Seed of what is drawn.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Random networks among the designs, besides every block alone.
    #[arg(long, default_value_t = 20)]
    random: usize,
    /// Least share of faults that must be seen, in per cent, explained survivors left out.
    #[arg(long, default_value_t = 98.0)]
    at_least: f64,
    /// Only faults whose words have this in them.
    #[arg(long, default_value = "")]
    only: String,
    /// Seconds for a proof that a fault which is not seen is none.
    #[arg(long, default_value_t = 120)]
    seconds: u64,
}

/// Runs the faults; prints survivors and a table.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let verilator = tools::verilator()?.for_one_run(scratch.path().join("models"));
    let places = draw::places(scratch.path(), args.seed, args.random)?;
    let mut suspects = draw::suspects(&places, args.seed, args.faults)?;
    suspects.retain(|suspect| suspect.what.contains(&args.only));
    let judge = Judge { verilator, prover: Prover::install(args.seconds, &|line| eprintln!("{line}"))? };
    let fates: Vec<Fate> = suspects
        .par_iter()
        .map(|suspect| judge.fate(suspect).map_err(|e| e.to_string()))
        .collect::<Result<_, String>>()?;
    let mut table = Table::default();
    for (suspect, fate) in suspects.iter().zip(&fates) {
        let reason = suspect.explanation();
        tell(suspect, fate, reason);
        table.add(&suspect.kind, fate, reason.is_some());
    }
    print!("{table}");
    Ok(table.seen() * 100.0 >= args.at_least)
}

/// A line for what needs one.
fn tell(suspect: &Suspect, fate: &Fate, reason: Option<&str>) {
    let (kind, name, what) = (&suspect.kind, suspect.place.name(), &suspect.what);
    match (fate, reason) {
        (Fate::Killed(_) | Fate::Same, _) => {}
        (Fate::Broken(why), _) => {
            println!("no design: {kind}, {name}, {what}: {}", why.lines().nth(1).unwrap_or(why));
        }
        (Fate::Survived, Some(reason)) => println!("explained: {kind}, {name}, {what}: {reason}"),
        (Fate::Survived, None) => println!("SURVIVED: {kind}, {name}, {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_faults_of_every_kind_are_seen() {
        let args = Args { faults: 1, seed: 3, random: 0, at_least: 75.0, only: String::new(), seconds: 60 };
        assert!(run(&args).expect("the campaign runs"), "more than one fault in four survives");
    }
}
