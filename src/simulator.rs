//! A design that takes model inputs and gives model outputs: host, hardware's function, host.

use crate::pipeline::{self, Frame};
use mpqc_ir::design::Design;
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::int_network::HostRunner;
use mpqc_ir::reference::frames;
use mpqc_sim::function::Evaluator;
use ndarray::ArrayD;
use rayon::prelude::*;

/// A design that is prepared once for any number of frames.
pub struct Simulator<'d> {
    design: &'d Design,
    host: HostRunner<'d>,
    evaluator: Evaluator,
}

impl<'d> Simulator<'d> {
    /// Frames to give at once: enough for all cores, few enough that memory does not grow with their number.
    pub const CHUNK: usize = 256;

    /// Prepares a design.
    pub fn new(design: &'d Design) -> Self {
        Simulator { design, host: HostRunner::new(&design.host), evaluator: Evaluator::new(design) }
    }

    /// The integers of each input port, frame by frame.
    ///
    /// # Errors
    /// Where the host's part before the hardware fails.
    pub fn encode(&self, frames: &[Frame]) -> Result<Vec<Vec<Vec<i64>>>, Diagnostic> {
        frames.par_iter().map(|inputs| self.host.encode(inputs)).collect()
    }

    /// The model's outputs, `[N, …]` each, for frames of its inputs; on all cores.
    ///
    /// # Errors
    /// Where a host's part fails.
    pub fn outputs(&self, inputs: &[Frame]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
        let streams = self.evaluator.batch(&self.encode(inputs)?);
        let decoded =
            streams.par_iter().zip(inputs).map(|(streams, inputs)| self.host.decode(streams, inputs));
        frames::stack(&decoded.collect::<Result<Vec<_>, _>>()?)
    }

    /// [`Simulator::outputs`] of arrays, `[N, …]` each, one per model input.
    ///
    /// # Errors
    /// Where they are not the model's inputs, or a host's part fails.
    pub fn run(&self, inputs: &[ArrayD<f64>]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
        self.outputs(&pipeline::design_frames(self.design, inputs)?)
    }
}
