//! The last step of a schedule: FIFO depths and the initiation interval, by simulation.

use crate::build::Built;
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_sim::Stalls;
use mpqc_sim::sizing::{self, Grain};
use mpqc_sim::timing::{TimingError, measure};

/// Makes all FIFOs as small as they can be without slowing the design down (to the words of a memory primitive:
/// depths between save nothing), and measures its rate.
///
/// # Errors
/// `deadlock` where the design cannot move: a mistake of ours.
pub(crate) fn measured(mut built: Built) -> Result<Built, Diagnostic> {
    let name = built.design.name.clone();
    let stuck = |e: TimingError| {
        let help = "report this with the model: a design must never wait for itself";
        Diagnostic::new(Code::Deadlock, &name, e.to_string(), help)
    };
    let depths = sizing::fifo_depths(&built.design, Grain::Memory).map_err(stuck)?;
    sizing::apply(&mut built.design, &depths);
    built.measured = Some(measure(&built.design, 1, Stalls::None).map_err(stuck)?.cycles_per_frame);
    tracing::debug!(fifos = depths.len(), cycles = built.measured, "FIFOs sized");
    Ok(built)
}
