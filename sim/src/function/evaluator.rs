//! Evaluation of frames.

use super::plan::{Plan, Step};
use mpqc_ir::design::Design;
use petgraph::graph::EdgeIndex;
use rayon::prelude::*;
use std::borrow::Cow;
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
        let tensors = self.run(self.borrow(inputs), Keep::All);
        FrameData { plan: self.plan.clone(), tensors: tensors.into_iter().map(Cow::into_owned).collect() }
    }

    /// The output ports' elements of a frame.
    ///
    /// # Panics
    /// As [`Evaluator::frame`].
    pub fn outputs(&self, inputs: &[Vec<i64>]) -> Vec<Vec<i64>> {
        let tensors = self.run(self.borrow(inputs), Keep::Outputs);
        self.plan.outputs.iter().map(|tensor| tensors[*tensor].to_vec()).collect()
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

    /// Frames as one tensor each port, one frame after another.
    fn group(&self, frames: &[Vec<Vec<i64>>]) -> Vec<Vec<Vec<i64>>> {
        frames.iter().for_each(|frame| drop(self.borrow(frame)));
        let port =
            |port: usize| -> Vec<i64> { frames.iter().flat_map(|frame| &frame[port]).copied().collect() };
        let inputs = (0..self.plan.inputs).map(|p| Cow::Owned(port(p))).collect();
        let tensors = self.run(inputs, Keep::Outputs);
        let part = |tensor: usize, frame: usize| {
            let size = self.plan.sizes[tensor];
            tensors[tensor][size * frame..size * (frame + 1)].to_vec()
        };
        let outputs = |frame| self.plan.outputs.iter().map(|tensor| part(*tensor, frame)).collect();
        (0..frames.len()).map(outputs).collect()
    }

    fn borrow<'a>(&self, inputs: &'a [Vec<i64>]) -> Vec<Cow<'a, [i64]>> {
        let sizes = &self.plan.sizes[..self.plan.inputs];
        assert!(inputs.iter().map(Vec::len).eq(sizes.iter().copied()), "a frame is as long as its port says");
        inputs.iter().map(|input| Cow::Borrowed(&input[..])).collect()
    }

    fn run<'a>(&self, inputs: Vec<Cow<'a, [i64]>>, keep: Keep) -> Vec<Cow<'a, [i64]>> {
        let mut tensors = inputs;
        tensors.resize(self.plan.sizes.len(), Cow::Borrowed(&[]));
        for step in &self.plan.steps {
            compute(step, &mut tensors);
            if keep == Keep::Outputs {
                step.last_use_of.iter().for_each(|tensor| tensors[*tensor] = Cow::Borrowed(&[]));
            }
        }
        tensors
    }
}

fn compute(step: &Step, tensors: &mut [Cow<'_, [i64]>]) {
    let inputs: Vec<&[i64]> = step.inputs.iter().map(|tensor| &*tensors[*tensor]).collect();
    let outputs = step.function.evaluate(&inputs);
    for (tensor, values) in step.outputs.iter().zip(outputs) {
        tensors[*tensor] = Cow::Owned(values);
    }
}
