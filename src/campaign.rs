//! Campaigns: a random network through the whole road, specification = simulator = RTL.

use crate::arrays::compare;
use crate::pipeline::{self, Frame};
use mpqc_ir::design::Design;
use mpqc_ir::import::{self, Options as ImportOptions};
use mpqc_ir::int_network::IntNetwork;
use mpqc_schedule::{Fold, Options, schedule, targets};
use mpqc_sim::Stalls;
use mpqc_testbenches::lockstep::Lockstep;
use mpqc_testbenches::random_network::RandomNetwork;
use mpqc_testbenches::verilator::Verilator;
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

/// Tolerance of float outputs, relative; integers are far coarser.
const TOLERANCE: f64 = 1e-5;

/// Runs a case; `folder` receives the design.
///
/// # Errors
/// Where a stage fails in a way that no network should make it fail.
pub fn check(case: &RandomNetwork, folder: &Path, verilator: &Verilator) -> Result<Verdict, Box<dyn Error>> {
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
    let options = options(&integers, case.fold)?;
    // A rate that the network's slowest block cannot reach is no fault: take the fastest design.
    let fastest = || schedule(&integers, &Options { fps: None, ..options.clone() });
    let design = schedule(&integers, &options).or_else(|_| fastest())?.design;
    let simulated = pipeline::simulate(&design, &frames)?;
    for (port, (got, want)) in simulated.iter().zip(&specified).enumerate() {
        let difference = compare(got, want, TOLERANCE);
        if difference.different > 0 {
            return Ok(Verdict::Different(format!(
                "simulator and specification, output {port}: {difference:?}"
            )));
        }
    }
    lockstep(&design, &frames, folder, verilator)
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

fn lockstep(
    design: &Design,
    frames: &[Frame],
    folder: &Path,
    verilator: &Verilator,
) -> Result<Verdict, Box<dyn Error>> {
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
    Ok(Verdict::Equal { cycles })
}
