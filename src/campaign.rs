//! Campaigns: a random network through the whole road, specification = simulator = RTL.

use crate::arrays::{TOLERANCE, compare};
use crate::pipeline::{self, Frame};
use mpqc_ir::design::Design;
use mpqc_ir::import::{self, Options as ImportOptions};
use mpqc_ir::int_network::{HostRunner, IntNetwork};
use mpqc_ir::reference::frames;
use mpqc_schedule::{Fold, Options, Plan, schedule, targets};
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
    /// The compiler refused the network, with these codes.
    Refused(String),
    /// They differ, as described.
    Different(String),
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
        Err(refused) => {
            let codes: Vec<String> = refused.0.iter().map(|d| format!("{}: {d}", d.code.text())).collect();
            return Ok(Verdict::Refused(codes.join(", ")));
        }
    };
    if let Some(how) = difference("integers", &executed(&integers, &frames)?, &specified) {
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
        Chooser::Chance { seed } => by_chance(integers, seed),
    }
}

/// The first output in which `found` is not the specification's.
fn difference(what: &str, found: &[ArrayD<f64>], specified: &[ArrayD<f64>]) -> Option<String> {
    let pairs = found.iter().zip(specified).enumerate();
    let all = pairs.map(|(port, (got, want))| (port, compare(got, want, TOLERANCE)));
    let (port, difference) = all.into_iter().find(|(_, d)| d.different > 0)?;
    Some(format!("{what} and specification, output {port}: {difference:?}"))
}

/// Outputs of the integer network, executed by plain loops.
fn executed(integers: &IntNetwork, inputs: &[Frame]) -> Result<Vec<ArrayD<f64>>, Box<dyn Error>> {
    let host = HostRunner::new(&integers.host);
    let outputs = |frame: &Frame| host.decode(&integers.execute(&host.encode(frame)?), frame);
    Ok(frames::stack(&inputs.iter().map(outputs).collect::<Result<Vec<_>, _>>()?)?)
}

/// A rate that the network's slowest block cannot reach is no fault: then it is the fastest design.
fn scheduled(integers: &IntNetwork, fold: f64) -> Result<Design, Box<dyn Error>> {
    let options = options(integers, fold)?;
    let fastest = || schedule(integers, &Options { fps: None, ..options.clone() });
    Ok(schedule(integers, &options).or_else(|_| fastest())?.design)
}

fn by_chance(integers: &IntNetwork, seed: u64) -> Result<Design, Box<dyn Error>> {
    let options = Options::new(targets::find("zcu104")?);
    let plan = Some(Plan::random(integers, &options.target, seed)?);
    Ok(schedule(integers, &Options { plan, ..options })?.design)
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
