//! Pipelines of `S` stages behind an enable, with an output buffer.

use super::buffer::Buffer;
use super::control::{Control, Handshakes};
use mpqc_ir::design::blocks::BlockSpec;

/// A pipeline that makes `results` results of every `period` beats, with the last of them; where it has several
/// inputs, it joins them.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    /// Beats of a period.
    period: usize,
    /// Beats of a period that complete a result each: its last ones.
    results: usize,
    /// Beats taken of this period.
    beat: usize,
    /// Of every `row` results the first `early` are none.
    early: usize,
    row: usize,
    /// Results so far of these.
    result: usize,
    stages: usize,
    /// Bit `s − 1`: the beat in stage `s` completes a result.
    emit: u64,
    output: Buffer,
}

impl Pipeline {
    /// Longest pipeline: no tree or search over what fits a memory has as many levels.
    const MAX_STAGES: usize = 63;

    /// An empty pipeline that makes a result of every `period` beats; its output buffer is as deep as the block
    /// says.
    ///
    /// # Panics
    /// If it has more than 63 stages.
    pub fn new(stages: usize, period: usize, block: &dyn BlockSpec) -> Self {
        assert!(stages <= Self::MAX_STAGES, "stages grow with logarithms");
        let output = Buffer::new(u64::from(block.output_depth()));
        Pipeline { period, results: 1, beat: 0, early: 0, row: 1, result: 0, stages, emit: 0, output }
    }

    /// With a result for each of the last `results` beats of a period.
    pub fn with_results(self, results: usize) -> Self {
        Pipeline { results, ..self }
    }

    /// Without the first `early` of every `row` results.
    pub fn without_first(self, early: usize, row: usize) -> Self {
        Pipeline { early, row, ..self }
    }

    /// Whether the beat in the last stage waits to be pushed.
    #[inline]
    fn last_emits(&self) -> bool {
        self.stages > 0 && self.emit >> (self.stages - 1) & 1 != 0
    }

    #[inline]
    fn enable(&self) -> bool {
        (self.stages > 0 && !self.last_emits()) || self.output.can_accept()
    }

    /// Counts an accepted beat; whether it completes a result.
    #[inline]
    fn completes(&mut self) -> bool {
        self.beat += 1;
        let completes = self.beat + self.results > self.period;
        if self.beat == self.period {
            self.beat = 0;
        }
        completes && self.leaves()
    }

    /// Counts a result; whether it leaves.
    #[inline]
    fn leaves(&mut self) -> bool {
        let leaves = self.result >= self.early;
        self.result = if self.result + 1 == self.row { 0 } else { self.result + 1 };
        leaves
    }

    /// Moves all stages by one; whether a result leaves the last.
    #[inline]
    fn shift(&mut self, entering: bool) -> bool {
        let all = (self.emit << 1) | u64::from(entering);
        let leaves = all >> self.stages & 1 != 0;
        self.emit = all & !(1 << self.stages);
        leaves
    }
}

impl Control for Pipeline {
    fn valid(&self, _: usize) -> bool {
        self.output.valid()
    }

    fn ready(&self, _: usize, others_valid: bool) -> bool {
        self.enable() && others_valid
    }

    #[inline]
    fn clock(&mut self, handshakes: Handshakes<'_>) {
        let enable = self.enable();
        let entering = handshakes.taken(0) && self.completes();
        let push = enable && self.shift(entering);
        self.output.clock(push, handshakes.popped(0));
    }

    fn settled(&self) -> bool {
        self.emit == 0 || !self.enable()
    }

    fn state(&self, into: &mut Vec<u64>) {
        into.extend([self.beat as u64, self.result as u64, self.emit, self.output.count()]);
    }
}
