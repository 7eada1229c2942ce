//! The flow of a pipelined block: its stages, its position in a vector, its output buffer.

use crate::Library;
use crate::text::counter_bits;
use mpqc_ir::design::blocks::BlockSpec;

/// What `parts/flow.v` and `parts/output.v` write.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// Registers between an accepted beat and the output buffer.
    pub stages: usize,
    /// Beats of a vector, if the block counts them (else 1).
    pub beats: usize,
    /// Width of the beat counter.
    pub beat_bits: usize,
    /// How many of a vector's last beats complete a result.
    pub results: usize,
    /// What else must hold of an arriving beat that completes a result.
    pub only_if: Option<String>,
    /// Whether lanes of a vector's last beat are to be masked.
    pub masks: bool,
    /// Module of the output buffer.
    pub buffer: &'static str,
    /// Width of a result.
    pub width: usize,
}

impl Flow {
    /// The flow of a block with `stages` stages that counts `beats` beats, with results of `width` bits.
    pub fn new(block: &dyn BlockSpec, stages: usize, beats: usize, width: usize) -> Self {
        let buffer = Library::buffer(block.output_depth()).name();
        Flow {
            stages,
            beats,
            beat_bits: counter_bits(beats),
            results: beats,
            only_if: None,
            masks: false,
            buffer,
            width,
        }
    }

    /// The same, where only the last beat completes a result.
    pub fn reducing(self) -> Self {
        self.reducing_to(1)
    }

    /// The same, where only the last `results` beats complete a result each.
    pub fn reducing_to(self, results: usize) -> Self {
        Flow { results, ..self }
    }

    /// The same, where beats complete a result only if something else holds of them.
    pub fn only_if(self, condition: Option<String>) -> Self {
        Flow { only_if: condition, ..self }
    }

    /// The same, where lanes of a vector's last beat are padding that a result must not show.
    pub fn masking(self, masks: bool) -> Self {
        Flow { masks, ..self }
    }

    /// Whether the result that leaves the stages is of a vector's last beat.
    pub fn last_at_end(&self) -> String {
        if self.stages == 0 { "last".to_owned() } else { format!("last_beat[{}]", self.stages) }
    }

    /// Whether an arriving beat completes a result.
    pub fn emits(&self) -> String {
        match &self.only_if {
            Some(condition) => format!("{} && {condition}", self.completes()),
            None => self.completes().to_owned(),
        }
    }

    /// Whether an arriving beat is one of a vector's last.
    pub fn completes(&self) -> &'static str {
        match self.results {
            all if all == self.beats => "s_valid",
            1 => "s_valid && last",
            _ => "s_valid && completes",
        }
    }

    /// What pushes into the output buffer.
    pub fn push(&self) -> String {
        if self.stages == 0 { self.emits() } else { format!("emit[{}]", self.stages) }
    }

    /// The next value of a register with a bit per stage, into which `bit` enters.
    pub fn shift(&self, register: &str, bit: &str) -> String {
        match self.stages {
            1 => bit.to_owned(),
            n => format!("{{{register}[{}:1], {bit}}}", n - 1),
        }
    }
}
