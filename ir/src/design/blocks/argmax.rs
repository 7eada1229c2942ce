//! ArgMax and TopK over the channels of a vector.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::{buffer, counter, counter_bits};
use crate::int_network;
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// Keeps the `k` best channels of each vector; sends them as one beat of `k` lanes after the vector's last
/// beat. Ties go to the lower index. With `k > 1` the stream has one lane per beat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArgMax {
    /// What is kept and how it is written.
    pub function: int_network::ArgMax,
    /// Element type of the input.
    pub input: IntType,
    /// Element type of the output: an index, or `value · 2^index_bits + index`.
    pub output: IntType,
    /// Elements per input beat.
    pub lanes: usize,
    /// Channels per vector.
    pub channels: usize,
    /// Vectors per frame.
    pub vectors: usize,
}

impl ArgMax {
    /// Registers between an accepted beat and the output buffer: the beat's best lane.
    pub const STAGES: usize = 1;

    /// Beats per vector.
    pub fn beats(&self) -> usize {
        self.channels.div_ceil(self.lanes)
    }
}

impl ArgMax {
    /// Bits of a value with its index.
    fn pair(&self) -> u64 {
        u64::from(self.input.bits + self.function.index_bits)
    }

    /// Comparisons among the lanes and with what is kept, and the counter.
    fn terms(&self) -> LutTerms {
        let comparisons = self.lanes as u64 - 1 + self.function.k as u64;
        LutTerms::new(
            0,
            [
                ("compared_bits", comparisons * u64::from(self.input.bits)),
                ("chosen_bits", comparisons * self.pair()),
                ("counter_bits", counter_bits(self.beats())),
                ("block", 1),
            ],
        )
    }
}

impl BlockSpec for ArgMax {
    fn cost(&self, _: &Target) -> Resources {
        let k = self.function.k as u64;
        // The beat's best and those that are kept, the first index of the beat, and the states of both.
        let index = u64::from(self.function.index_bits);
        let kept = Resources { ff: self.pair() * (1 + k) + index + 3, ..Resources::default() };
        let sent = buffer(k * u64::from(self.output.bits), self.output_depth());
        (kept + sent + counter(self.beats())).with_luts(self.terms().luts("argmax"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.beats() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.beats() > 1 { 1 } else { 2 }
    }
}
