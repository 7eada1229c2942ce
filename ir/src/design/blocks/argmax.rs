//! ArgMax and TopK over the channels of a vector.

use super::{BlockSpec, Resources, Target};
use crate::design::cost::{buffer, counter};
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

impl BlockSpec for ArgMax {
    fn cost(&self, _: &Target) -> Resources {
        let pair = u64::from(self.input.bits + self.function.index_bits);
        let compare = u64::from(self.input.bits.div_ceil(2)) + pair;
        let k = self.function.k as u64;
        let kept = Resources {
            lut: compare * (self.lanes as u64 - 1 + k),
            ff: pair * (1 + k),
            ..Resources::default()
        };
        kept + buffer(k * u64::from(self.output.bits), self.output_depth()) + counter(self.beats())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.beats() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.beats() > 1 { 1 } else { 2 }
    }
}
