//! `cargo xtask formal`: properties of every block, proved.

mod blocks;
mod frames;
mod library;
mod ports;
mod requantizers;
mod tried;

pub use tried::can_be_tried;

use mpqc_testbenches::formal::{Outcome, Proof, Prover, Reach};
use rayon::prelude::*;
use std::error::Error;
use std::time::{Duration, Instant};

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Only proofs whose name has this in it.
    #[arg(long, default_value = "")]
    only: String,
    /// Properties of every design of the table of blocks, not of one of each kind.
    #[arg(long)]
    all: bool,
    /// Seconds after which a proof is given up, and open.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
}

/// Runs the proofs; prints a line for each, and a table.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let prover = Prover::install(args.seconds, &|line| eprintln!("{line}"))?;
    let mut proofs = library::proofs()?;
    proofs.extend(requantizers::proofs()?);
    proofs.extend(blocks::proofs(args.all)?);
    proofs.retain(|proof| proof.name.contains(&args.only));
    let mut outcomes = prove(&prover, &proofs)?;
    outcomes.extend(tried::run(&args.only)?);
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    let (proved, open) =
        (count(|outcome| *outcome == Outcome::Proved), count(|outcome| *outcome == Outcome::Open));
    let failed = outcomes.len() - proved - open;
    println!("{proved} proved, {open} open after {} s, {failed} failed", args.seconds);
    Ok(failed == 0 && proved > 0)
}

/// Tries all proofs and says what became of each.
fn prove(prover: &Prover, proofs: &[Proof]) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let outcomes = proofs.par_iter().map(|proof| {
        let started = Instant::now();
        let outcome = prover.run(proof).map_err(|e| format!("{}: {e}", proof.name))?;
        println!("{}", line(proof, &outcome, started.elapsed()));
        Ok(outcome)
    });
    Ok(outcomes.collect::<Result<_, String>>()?)
}

fn line(proof: &Proof, outcome: &Outcome, took: Duration) -> String {
    let reach = match proof.reach {
        Reach::Induction { .. } => "forever".to_owned(),
        Reach::Bounded { depth } => format!("{depth} cycles"),
    };
    row(&proof.name, &proof.claim, &reach, outcome, took)
}

/// A row of the table of `docs/trust.md`.
fn row(name: &str, claim: &str, reach: &str, outcome: &Outcome, took: Duration) -> String {
    let verdict = match outcome {
        Outcome::Proved => "holds".to_owned(),
        Outcome::Refuted(why) => format!("REFUTED: {why}"),
        Outcome::Open => "open".to_owned(),
        Outcome::Failed(why) => format!("FAILED: {why}"),
    };
    format!("| `{name}` | {claim} | {reach} | {verdict} | {:.0} s |", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Short proofs of every kind; the others are run by hand (`cargo xtask formal`).
    const SUBSET: [&str; 12] = [
        "stream_skid WIDTH=1",
        "stream_half WIDTH=4",
        "fifo WIDTH=3 DEPTH=5",
        "replay WIDTH=2 BEATS=3 REPEATS=3",
        "lut_multiply_is_plain A_BITS=4",
        "dot_packed_is_plain ROWS=3 SIMD=1",
        "thr_common_whole_thresholds_1 = specification",
        "mac_fold_mac_array_2 ",
        "mac_fold_axis_input_0 ",
        "scale_channels_scale_shift_1 frames",
        "reorder_reversed_reorder_1 progress",
        "add_signs_beat_add_2 progress",
    ];

    #[test]
    fn a_subset_of_the_proofs_holds() {
        let prover = Prover::install(300, &|line| eprintln!("{line}")).expect("the prover installs");
        let all = [library::proofs(), requantizers::proofs(), blocks::proofs(true)];
        let mut proofs = all.map(|proofs| proofs.expect("proofs are written")).concat();
        proofs.retain(|proof| SUBSET.iter().any(|name| proof.name.starts_with(name)));
        assert!(proofs.len() >= SUBSET.len(), "{}", proofs.len());
        let outcomes = prove(&prover, &proofs).expect("the prover runs");
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Proved));
    }

    /// What becomes of a proof whose module is not what it was.
    fn broken(proofs: &[Proof], name: &str, right: &str, wrong: &str) -> Outcome {
        let proof = proofs.iter().find(|proof| proof.name == name).expect("there is such a proof");
        let mut proof = proof.clone();
        let all: usize = proof.sources.iter().map(|source| source.text.matches(right).count()).sum();
        assert_eq!(all, 1, "`{right}` in {name}");
        proof.sources.iter_mut().for_each(|source| source.text = source.text.replace(right, wrong));
        let prover = Prover::install(300, &|line| eprintln!("{line}")).expect("the prover installs");
        prover.run(&proof).expect("the prover runs")
    }

    #[test]
    fn a_block_that_stops_or_doubles_or_loses_is_refuted() {
        let proofs = blocks::proofs(false).expect("proofs are written");
        let cases = [
            ("mac_fold_mac_array_2 progress", "assign s_ready = enable;", "assign s_ready = 1'b0;"),
            ("mac_fold_axis_input_0 frames", "(filling || s_axis_tlast)", "(filling && s_axis_tlast)"),
            ("mac_fold_mac_array_2 frames", "s_valid && last}", "s_valid}"),
            ("mac_fold_mac_array_2 frames", "s_valid && last}", "s_valid && last && !m_valid}"),
        ];
        for (name, right, wrong) in cases {
            let outcome = broken(&proofs, name, right, wrong);
            assert!(matches!(outcome, Outcome::Refuted(_)), "{name}: {outcome:?}");
        }
    }
}
