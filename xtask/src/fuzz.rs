//! `cargo xtask fuzz`: random networks through the whole road.

use crate::onnxruntime;
use mpqc::campaign::{self, Chooser, Rtl, Verdict};
use mpqc_testbenches::icarus::Icarus;
use mpqc_testbenches::random_network::{self, RandomNetwork, Scales};
use mpqc_testbenches::tools;
use mpqc_testbenches::verilator::Verilator;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// How many cases.
    #[arg(long, default_value_t = 100)]
    cases: usize,
    /// The first case's seed; cases count on from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// From one case's seed to the next: odd seeds draw networks over images, even ones fully connected layers.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    step: u64,
    /// Leave Verilator out: the specification, the integers and the simulator only.
    #[arg(long)]
    no_rtl: bool,
    /// Let chance choose how every layer is built, instead of the search.
    #[arg(long)]
    plans: bool,
    /// Stop after so many seconds, whatever `--cases` says.
    #[arg(long)]
    seconds: Option<u64>,
    /// Icarus Verilog too: four-state values, so that an X that matters is seen.
    #[arg(long, conflicts_with = "no_rtl")]
    icarus: bool,
    /// Metamorphic relations in the simulator instead: other builds, channels in another order, frames twice.
    #[arg(long, conflicts_with_all = ["icarus", "plans", "no_rtl"])]
    metamorphic: bool,
    /// ONNX Runtime against the specification instead, on networks in the dialects that it knows.
    #[arg(long, conflicts_with_all = ["icarus", "plans", "no_rtl", "metamorphic", "seconds", "step"])]
    onnxruntime: bool,
    /// For ONNX Runtime: scales are powers of two, so that sums of products are exact in float32.
    #[arg(long, requires = "onnxruntime")]
    powers_of_two: bool,
    /// Folder for the models of cases that differ.
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// Runs the cases, prints a line for each, and counts.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    if args.onnxruntime {
        let scales = if args.powers_of_two { Scales::PowersOfTwo } else { Scales::Any };
        return onnxruntime::run(args.seed, args.cases, scales, args.keep.as_deref());
    }
    let scratch = tempfile::tempdir()?;
    let one_run = || tools::verilator().map(|verilator| verilator.for_one_run(scratch.path()));
    let verilator = (!args.no_rtl && !args.metamorphic).then(one_run).transpose()?;
    let icarus = args.icarus.then(Icarus::find).transpose()?;
    let deadline = args.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let (mut equal, mut refused, mut different) = (0, 0, 0);
    for seed in (args.seed..).step_by(usize::try_from(args.step)?).take(args.cases) {
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            break;
        }
        let case = random_network::draw(seed);
        let chooser = if args.plans { Chooser::Chance { seed } } else { Chooser::Search };
        let verdict = match args.metamorphic {
            true => caught(|| campaign::relations(&case, seed)),
            false => caught(|| check(&case, chooser, verilator.as_ref(), icarus.as_ref())),
        };
        match &verdict {
            Verdict::Equal { .. } | Verdict::Held(_) => equal += 1,
            Verdict::Refused(_) => refused += 1,
            Verdict::Different(_) => different += 1,
        }
        println!("seed {seed}: {verdict:?} ({})", case.description);
        if let (Some(folder), Verdict::Different(_)) = (&args.keep, &verdict) {
            std::fs::create_dir_all(folder)?;
            std::fs::write(folder.join(format!("{seed}.onnx")), &case.model)?;
        }
    }
    println!("{equal} equal, {refused} refused, {different} different");
    Ok(different == 0)
}

fn check(
    case: &RandomNetwork,
    chooser: Chooser,
    verilator: Option<&Verilator>,
    icarus: Option<&Icarus>,
) -> Result<Verdict, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path().join("design");
    let rtl = verilator.map(|verilator| Rtl { folder: &folder, verilator, icarus });
    campaign::check(case, chooser, rtl.as_ref())
}

/// A stage that fails or panics is a difference.
fn caught(check: impl FnOnce() -> Result<Verdict, Box<dyn Error>>) -> Verdict {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => Verdict::Different(format!("failed: {error}")),
        Err(_) => Verdict::Different("panicked".into()),
    }
}
