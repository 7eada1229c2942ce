//! Campaigns: a random network through the whole road, specification = simulator = RTL.

pub mod readers;

use crate::arrays::{TOLERANCE, compare};
use crate::metamorphic::{self, Held};
use crate::pipeline::{self, Frame};
use mpqc_ir::design::Design;
use mpqc_ir::diagnostic::Diagnostics;
use mpqc_ir::import::{self, Options as ImportOptions};
use mpqc_ir::int_network::IntNetwork;
use mpqc_schedule::{Fold, Options, schedule, targets};
use mpqc_sim::Stalls;
use mpqc_sim::timing::measure;
use mpqc_testbenches::icarus::{Icarus, Run};
use mpqc_testbenches::lockstep::Lockstep;
use mpqc_testbenches::random_network::RandomNetwork;
use mpqc_testbenches::verilator::Verilator;
use ndarray::ArrayD;
use std::error::Error;
use std::path::Path;

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Specification, simulator and RTL agree.
    Equal {
        /// Clock cycles compared.
        cycles: u64,
    },
    /// The metamorphic relations hold.
    Held(Held),
    /// The compiler refused the network, with these codes.
    Refused(String),
    /// They differ, as described.
    Different(String),
}

impl Verdict {
    fn refused(diagnostics: &Diagnostics) -> Verdict {
        let codes = diagnostics.0.iter().map(|it| format!("{}: {it}", it.code.text()));
        Verdict::Refused(codes.collect::<Vec<_>>().join(", "))
    }
}

/// Who chooses how layers are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chooser {
    /// The search, at the case's fold.
    Search,
    /// Chance: any fold, kind, memory and requantizer that a layer allows.
    Chance {
        /// The same seed makes the same choices.
        seed: u64,
    },
}

/// Where a case goes through Verilator.
pub struct Rtl<'a> {
    /// Receives the design.
    pub folder: &'a Path,
    /// Runs it.
    pub verilator: &'a Verilator,
    /// Runs it too, with four-state values.
    pub icarus: Option<&'a Icarus>,
}

/// Runs a case: the specification's outputs are the integers', and the simulator's; then the RTL is the simulator
/// in lock-step. Without `rtl` the last is left out, and the timing runs on its own.
///
/// # Errors
/// Where a stage fails in a way that no network should make it fail.
pub fn check(case: &RandomNetwork, chooser: Chooser, rtl: Option<&Rtl>) -> Result<Verdict, Box<dyn Error>> {
    let network = import::import(&case.model, &ImportOptions::default())?;
    let frames: Vec<Frame> = case.frames.iter().map(|frame| vec![frame.clone()]).collect();
    let specified = pipeline::reference(&network, &frames)?;
    let integers = match pipeline::lower(&network) {
        Ok(integers) => integers,
        Err(refused) => return Ok(Verdict::refused(&refused)),
    };
    if let Some(how) = difference("integers", &pipeline::execute(&integers, &frames)?, &specified) {
        return Ok(Verdict::Different(how));
    }
    let design = built(&integers, case.fold, chooser)?;
    if let Some(how) = difference("simulator", &pipeline::simulate(&design, &frames)?, &specified) {
        return Ok(Verdict::Different(how));
    }
    match rtl {
        Some(rtl) => lockstep(&design, &frames, rtl),
        None => Ok(Verdict::Equal { cycles: measure(&design, frames.len() as u64, Stalls::None)?.cycles }),
    }
}

/// Holds the metamorphic relations of a case ([`metamorphic`]), in the simulator.
///
/// # Errors
/// As [`check`].
pub fn relations(case: &RandomNetwork, seed: u64) -> Result<Verdict, Box<dyn Error>> {
    let network = import::import(&case.model, &ImportOptions::default())?;
    let frames: Vec<Frame> = case.frames.iter().map(|frame| vec![frame.clone()]).collect();
    let integers = match pipeline::lower(&network) {
        Ok(integers) => integers,
        Err(refused) => return Ok(Verdict::refused(&refused)),
    };
    Ok(match metamorphic::check(&integers, &frames, seed)? {
        Ok(held) => Verdict::Held(held),
        Err(how) => Verdict::Different(how),
    })
}

/// The design of a case; none where the compiler refuses the network.
///
/// # Errors
/// As [`check`].
pub fn design(case: &RandomNetwork, chooser: Chooser) -> Result<Option<Design>, Box<dyn Error>> {
    let network = import::import(&case.model, &ImportOptions::default())?;
    pipeline::lower(&network).ok().map(|integers| built(&integers, case.fold, chooser)).transpose()
}

fn built(integers: &IntNetwork, fold: f64, chooser: Chooser) -> Result<Design, Box<dyn Error>> {
    match chooser {
        Chooser::Search => scheduled(integers, fold),
        Chooser::Chance { seed } => metamorphic::drawn(integers, seed),
    }
}

/// The first output in which `found` is not the specification's.
fn difference(what: &str, found: &[ArrayD<f64>], specified: &[ArrayD<f64>]) -> Option<String> {
    let pairs = found.iter().zip(specified).enumerate();
    let all = pairs.map(|(port, (got, want))| (port, compare(got, want, TOLERANCE)));
    let (port, difference) = all.into_iter().find(|(_, d)| d.different > 0)?;
    Some(format!("{what} and specification, output {port}: {difference:?}"))
}

/// A rate that the network's slowest block cannot reach is no fault: then it is the fastest design.
fn scheduled(integers: &IntNetwork, fold: f64) -> Result<Design, Box<dyn Error>> {
    let options = options(integers, fold)?;
    let fastest = || schedule(integers, &Options { fps: None, ..options.clone() });
    Ok(schedule(integers, &options).or_else(|_| fastest())?.design)
}

/// The design's fold: fractions are rates between the smallest and the largest design, in logarithm.
fn options(integers: &IntNetwork, fold: f64) -> Result<Options, Box<dyn Error>> {
    let mut options = Options::new(targets::find("zcu104")?);
    options.fold = if fold >= 1.0 { Fold::Max } else { Fold::Min };
    if fold > 0.0 && fold < 1.0 {
        let slowest = schedule(integers, &options)?.cycles_per_frame as f64;
        options.fold = Fold::Auto;
        options.fps = Some(options.target.clock_mhz * 1e6 / slowest.powf(1.0 - fold));
    }
    Ok(options)
}

fn lockstep(design: &Design, frames: &[Frame], rtl: &Rtl) -> Result<Verdict, Box<dyn Error>> {
    let Rtl { folder, verilator, icarus } = *rtl;
    mpqc_codegen::write(design, folder, false)?;
    let files = mpqc_codegen::rtl_files(folder)?;
    verilator.lint(&files, &design.name)?;
    let streams = pipeline::encode(design, frames)?;
    let mut cycles = 0;
    for stalls in [Stalls::None, Stalls::Random { seed: 7 }] {
        let job = Lockstep { design, folder, files: files.clone(), frames: &streams, stalls, waves: None };
        let report = job.run(verilator, &|_| {})?;
        if let Some(mismatch) = report.mismatch {
            return Ok(Verdict::Different(format!("RTL and simulator, {stalls:?}: {mismatch}")));
        }
        cycles += report.cycles;
    }
    if let Some(icarus) = icarus {
        let run = Run { design, folder, files: &files, frames: &streams, stalls: true, rude: false };
        if let Some(how) = icarus.difference(&run)? {
            return Ok(Verdict::Different(how));
        }
    }
    Ok(Verdict::Equal { cycles })
}
