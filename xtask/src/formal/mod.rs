//! `cargo xtask formal`: properties of every block, proved.

mod blocks;
mod library;
mod requantizers;

use mpqc_testbenches::formal::{Outcome, Proof, Prover, Reach};
use rayon::prelude::*;
use std::error::Error;
use std::time::Instant;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Only proofs whose name has this in it.
    #[arg(long, default_value = "")]
    only: String,
    /// Properties of every design of the table of blocks, not of one of each kind.
    #[arg(long)]
    all: bool,
}

/// Runs the proofs; prints a line for each, and a table.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let prover = Prover::install(&|line| eprintln!("{line}"))?;
    let mut proofs = library::proofs()?;
    proofs.extend(requantizers::proofs()?);
    proofs.extend(blocks::proofs(args.all)?);
    proofs.retain(|proof| proof.name.contains(&args.only));
    let refuted = prove(&prover, &proofs)?;
    println!("{} proofs, {refuted} failed", proofs.len());
    Ok(refuted == 0 && !proofs.is_empty())
}

/// Tries all proofs and says what became of each; how many failed.
fn prove(prover: &Prover, proofs: &[Proof]) -> Result<usize, Box<dyn Error>> {
    let outcomes = proofs.par_iter().map(|proof| {
        let started = Instant::now();
        let outcome = prover.run(proof).map_err(|e| format!("{}: {e}", proof.name))?;
        println!("{}", line(proof, &outcome, started.elapsed().as_secs_f64()));
        Ok(outcome)
    });
    let outcomes: Vec<Outcome> = outcomes.collect::<Result<_, String>>()?;
    Ok(outcomes.iter().filter(|outcome| **outcome != Outcome::Proved).count())
}

/// A row of the table of `docs/trust.md`.
fn line(proof: &Proof, outcome: &Outcome, seconds: f64) -> String {
    let reach = match proof.reach {
        Reach::Induction { .. } => "forever".to_owned(),
        Reach::Bounded { depth } => format!("{depth} cycles"),
    };
    let verdict = match outcome {
        Outcome::Proved => "holds".to_owned(),
        Outcome::Refuted(why) => format!("REFUTED: {why}"),
        Outcome::Failed(why) => format!("FAILED: {why}"),
    };
    format!("| `{}` | {} | {reach} | {verdict} | {seconds:.0} s |", proof.name, proof.claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Short proofs of every kind; the others are run by hand (`cargo xtask formal`).
    const SUBSET: [&str; 8] = [
        "stream_skid WIDTH=1",
        "stream_half WIDTH=4",
        "fifo WIDTH=3 DEPTH=5",
        "replay WIDTH=2 BEATS=3 REPEATS=3",
        "lut_multiply_is_plain A_BITS=4",
        "dot_packed_is_plain ROWS=3 SIMD=1",
        "thr_common_whole_thresholds_1 = specification",
        "mac_fold_mac_array_2 rules",
    ];

    #[test]
    fn a_subset_of_the_proofs_holds() {
        let prover = Prover::install(&|line| eprintln!("{line}")).expect("the prover installs");
        let all = [library::proofs(), requantizers::proofs(), blocks::proofs(true)];
        let mut proofs = all.map(|proofs| proofs.expect("proofs are written")).concat();
        proofs.retain(|proof| SUBSET.iter().any(|name| proof.name.starts_with(name)));
        assert!(proofs.len() >= SUBSET.len(), "{}", proofs.len());
        assert_eq!(prove(&prover, &proofs).expect("the prover runs"), 0);
    }
}
