//! The last step of a schedule: FIFO depths and the initiation interval, by simulation.

use crate::build::Built;
use mpqc_ir::design::Target;
use mpqc_ir::design::blocks::Block;
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_sim::Stalls;
use mpqc_sim::sizing::{self, Sized};
use mpqc_sim::timing::{TimingError, measure};

/// Frames of up to so many cycles are simulated until all repeats, and FIFOs are the smallest to the beat; in longer
/// ones FIFOs hold what they need at the pace of the slowest block.
const LONG: u64 = 2048;

/// A FIFO is worth the time to make it smaller if it takes more than one in so many of the target's LUTs (long frames only).
const WORTHWHILE: u64 = 200;

/// Gives every FIFO the depth that the design's rate needs, and states the rate that it keeps then.
///
/// # Errors
/// `deadlock` where the design cannot move: a mistake of ours.
pub(crate) fn measured(mut built: Built) -> Result<Built, Diagnostic> {
    let Sized { period, depths } = sized(&built).map_err(|e| stuck(&built.design.name, &e))?;
    sizing::apply(&mut built.design, &depths);
    built.measured = Some(period);
    tracing::debug!(fifos = depths.len(), cycles = period, "FIFOs sized");
    Ok(built)
}

/// `deadlock` of a design.
pub(crate) fn stuck(name: &str, error: &TimingError) -> Diagnostic {
    let help = "report this with the model: a design must never wait for itself";
    Diagnostic::new(Code::Deadlock, name, error.to_string(), help)
}

fn sized(built: &Built) -> Result<Sized, TimingError> {
    let fewest = built.fewest_cycles();
    if fewest > LONG {
        let target: Target = built.design.target.clone();
        let worthwhile = |block: &Block| block.spec().cost(&target).lut * WORTHWHILE > target.resources.lut;
        return sizing::for_period(&built.design, fewest, worthwhile);
    }
    let mut design = built.design.clone();
    let depths = sizing::fifo_depths(&design)?;
    sizing::apply(&mut design, &depths);
    Ok(Sized { period: measure(&design, 1, Stalls::None)?.cycles_per_frame, depths })
}
