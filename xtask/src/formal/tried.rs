//! Requantizers under Verilator, at every sum that their input's type has: a proof by trying, as a code depends on its sum and
//! channel alone.

use mpqc::boundaries::{self, Values};
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::cases;
use mpqc_testbenches::formal::Outcome;
use mpqc_testbenches::tools;
use mpqc_testbenches::verilator::Verilator;
use rayon::prelude::*;
use std::error::Error;
use std::time::Instant;

/// Sums of a channel that are tried at most.
const MOST: u64 = 1 << 20;

/// Whether a design has requantizers, with few enough sums.
pub fn can_be_tried(design: &Design) -> bool {
    (1..=MOST).contains(&boundaries::most_sums(design))
}

/// Tries the requantizers of every design of the table of blocks whose name has `only` in it; prints a line for each.
///
/// # Errors
/// Where a design cannot be written or Verilator fails.
pub fn run(only: &str) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let designs: Vec<Design> = cases().into_iter().filter(can_be_tried).collect();
    let named = |design: &&Design| name(design).contains(only);
    let scratch = tempfile::tempdir()?;
    let verilator = tools::verilator()?.for_one_run(scratch.path().join("models"));
    let outcomes = designs
        .par_iter()
        .filter(named)
        .map(|design| one(design, &verilator).map_err(|e| format!("{}: {e}", design.name)));
    Ok(outcomes.collect::<Result<_, String>>()?)
}

fn name(design: &Design) -> String {
    format!("{} requantizers", design.name)
}

fn one(design: &Design, verilator: &Verilator) -> Result<Outcome, Box<dyn Error>> {
    let started = Instant::now();
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().join("design");
    mpqc_codegen::write(design, &folder, false)?;
    let tried = boundaries::check(design, &folder, verilator, Values::All)?.ok_or("no requantizers")?;
    let wrong =
        tried.mismatch.map(|it| it.to_string()).or_else(|| boundaries::unspecified(design, Values::All));
    let outcome = wrong.map_or(Outcome::Proved, Outcome::Refuted);
    let claim =
        format!("{} tried: codes are the specification's, at {} sums", tried.requantizers, tried.values);
    println!("{}", super::row(&name(design), &claim, "all sums", &outcome, started.elapsed()));
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mpqc_ir::design::Block;

    #[test]
    fn requantizers_are_tried_at_all_sums() {
        assert_eq!(run("scale_wide_beat req").expect("it runs"), [Outcome::Proved]);
    }

    #[test]
    fn a_factor_that_is_one_off_is_found() {
        let design = cases().into_iter().find(|design| design.name == "scale_lut").expect("in the table");
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = scratch.path().join("design");
        mpqc_codegen::write(&design, &folder, false).expect("it is written");
        let mut other = design.clone();
        for node in other.graph.node_weights_mut() {
            if let Block::ScaleShift(it) = &mut node.block {
                std::sync::Arc::make_mut(&mut it.function).mul[3] += 1;
            }
        }
        let verilator = tools::verilator().expect("Verilator");
        let tried = boundaries::check(&other, &folder, &verilator, Values::All).expect("it runs");
        assert!(tried.is_some_and(|it| it.mismatch.is_some() && it.values == 4096));
    }
}
