//! Evaluation of frames.

use super::plan::Plan;
use super::{Tensor, Width};
use mpqc_ir::design::Design;
use petgraph::graph::EdgeIndex;
use rayon::prelude::*;
use std::sync::Arc;

/// The function of a design, prepared once for any number of frames.
///
/// A frame of a port or a stream is `vectors · vector` elements, vector after vector, each once: repeats and
/// beats are [`Stream`](mpqc_ir::design::Stream)'s matter. Elements are of the stream's type; others give
/// results without meaning.
pub struct Evaluator {
    plan: Arc<Plan>,
}

/// Elements of every stream of a design in one frame.
#[derive(Clone)]
pub struct FrameData {
    plan: Arc<Plan>,
    tensors: Vec<Vec<i64>>,
}

/// Which tensors an evaluation keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    Outputs,
}

impl FrameData {
    /// The elements of stream `s`.
    pub fn stream(&self, s: EdgeIndex) -> &[i64] {
        &self.tensors[self.plan.streams[s.index()]]
    }

    /// The elements at output port `port`.
    pub fn output(&self, port: usize) -> &[i64] {
        &self.tensors[self.plan.outputs[port]]
    }
}

impl Evaluator {
    /// Elements of a design's largest tensor for which frames are evaluated together, so that weights are
    /// read once for several frames and tensors stay in the cache.
    const GROUP: usize = 1 << 15;

    /// Prepares a design.
    ///
    /// # Panics
    /// If its graph has a cycle or a block without input stream; the scheduler makes none.
    pub fn new(design: &Design) -> Evaluator {
        Evaluator { plan: Arc::new(Plan::new(design)) }
    }

    /// All streams of a frame; `inputs` are the frame's elements of every input port.
    ///
    /// # Panics
    /// If `inputs` are not as many or not as long as the input ports' frames.
    pub fn frame(&self, inputs: &[Vec<i64>]) -> FrameData {
        let tensors = self.run(self.tensors(&[inputs]), Keep::All);
        let values = |tensor: Tensor| tensor.values(0..tensor.len());
        FrameData { plan: self.plan.clone(), tensors: tensors.into_iter().map(values).collect() }
    }

    /// The output ports' elements of a frame.
    ///
    /// # Panics
    /// As [`Evaluator::frame`].
    pub fn outputs(&self, inputs: &[Vec<i64>]) -> Vec<Vec<i64>> {
        self.group(&[inputs]).swap_remove(0)
    }

    /// [`Evaluator::outputs`] of many frames, on all cores.
    ///
    /// # Panics
    /// As [`Evaluator::frame`].
    pub fn batch(&self, frames: &[Vec<Vec<i64>>]) -> Vec<Vec<Vec<i64>>> {
        let largest = self.plan.sizes.iter().copied().max().unwrap_or(1);
        let share = frames.len().div_ceil(rayon::current_num_threads());
        let group = (Self::GROUP / largest.max(1)).clamp(1, share.max(1));
        frames.par_chunks(group).flat_map_iter(|group| self.group(group)).collect()
    }

    /// The output ports' elements of some frames, evaluated together.
    fn group<F: AsRef<[Vec<i64>]>>(&self, frames: &[F]) -> Vec<Vec<Vec<i64>>> {
        let tensors = self.run(self.tensors(frames), Keep::Outputs);
        let part = |tensor: usize, frame: usize| {
            let size = self.plan.sizes[tensor];
            tensors[tensor].values(size * frame..size * (frame + 1))
        };
        let outputs = |frame| self.plan.outputs.iter().map(|tensor| part(*tensor, frame)).collect();
        (0..frames.len()).map(outputs).collect()
    }

    /// The tensor of every input port: one frame after another.
    fn tensors<F: AsRef<[Vec<i64>]>>(&self, frames: &[F]) -> Vec<Tensor> {
        let sizes = &self.plan.sizes[..self.plan.inputs];
        for frame in frames {
            let lengths = frame.as_ref().iter().map(Vec::len);
            assert!(lengths.eq(sizes.iter().copied()), "a frame is as long as its port says");
        }
        let port = |(port, width): (usize, Width)| {
            Tensor::joined(width, frames.iter().map(|frame| &frame.as_ref()[port][..]))
        };
        self.plan.input_widths.iter().copied().enumerate().map(port).collect()
    }

    fn run(&self, inputs: Vec<Tensor>, keep: Keep) -> Vec<Tensor> {
        let mut tensors = inputs;
        tensors.resize(self.plan.sizes.len(), Tensor::EMPTY);
        let steps = if keep == Keep::All { &self.plan.steps } else { &self.plan.lean };
        for step in steps {
            let inputs: Vec<&Tensor> = step.inputs.iter().map(|tensor| &tensors[*tensor]).collect();
            tensors[step.output] = step.function.evaluate(&inputs);
            if keep == Keep::Outputs {
                step.last_use_of.iter().for_each(|tensor| tensors[*tensor] = Tensor::EMPTY);
            }
        }
        tensors
    }
}
