//! What a block takes of a target.

use serde::{Deserialize, Serialize};
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Resources of an FPGA: used by a block, or held by a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    /// Six-input look-up tables (logic and distributed memory).
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// DSP slices (DSP48E2).
    pub dsp: u64,
    /// Block memories of 18 kbit.
    pub bram18: u64,
    /// UltraRAMs of 288 kbit.
    pub uram: u64,
}

impl Resources {
    /// Whether each count is at most `limit`'s.
    pub fn fits(&self, limit: &Resources) -> bool {
        self.lut <= limit.lut
            && self.ff <= limit.ff
            && self.dsp <= limit.dsp
            && self.bram18 <= limit.bram18
            && self.uram <= limit.uram
    }
}

impl Add for Resources {
    type Output = Resources;

    fn add(self, other: Resources) -> Resources {
        Resources {
            lut: self.lut + other.lut,
            ff: self.ff + other.ff,
            dsp: self.dsp + other.dsp,
            bram18: self.bram18 + other.bram18,
            uram: self.uram + other.uram,
        }
    }
}

impl AddAssign for Resources {
    fn add_assign(&mut self, other: Resources) {
        *self = *self + other;
    }
}

impl Sum for Resources {
    fn sum<I: Iterator<Item = Resources>>(iter: I) -> Resources {
        iter.fold(Resources::default(), Add::add)
    }
}

/// An output buffer of `width` bits: `stream_half` (depth 1) or `stream_skid` (depth 2).
pub(crate) fn buffer(width: u64, depth: u32) -> Resources {
    match depth {
        1 => Resources { lut: 2, ff: width + 1, ..Resources::default() },
        _ => Resources { lut: width + 3, ff: 2 * width + 2, ..Resources::default() },
    }
}

/// LUTs of a ROM of `words` × `bits` in distributed memory: a LUT6 holds 64 bits; deeper ROMs add multiplexers.
pub(crate) fn rom_luts(words: u64, bits: u64) -> u64 {
    match words {
        0 | 1 => 0,
        _ => bits * (words.div_ceil(64) + words.div_ceil(64).saturating_sub(1) / 2),
    }
}

/// LUTs of a simple dual-port distributed RAM: RAM32M16 holds 32 × 14 in eight LUTs, RAM64M8 64 × 7.
pub(crate) fn ram_luts(words: u64, bits: u64) -> u64 {
    if words <= 32 { 8 * bits.div_ceil(14) } else { 8 * bits.div_ceil(7) * words.div_ceil(64) }
}

/// Block memories of 18 kbit for `words` × `bits`, by the widest aspect ratio that holds the words.
pub(crate) fn bram18(words: u64, bits: u64) -> u64 {
    let width = match words {
        0..=512 => 36,
        513..=1024 => 18,
        1025..=2048 => 9,
        2049..=4096 => 4,
        4097..=8192 => 2,
        _ => 1,
    };
    bits.div_ceil(width) * words.div_ceil(16384)
}

/// Bits that count to `n`.
pub(crate) fn counter_bits(n: usize) -> u64 {
    u64::from(usize::BITS - n.saturating_sub(1).leading_zeros())
}

/// A counter to `n`: one LUT and one flip-flop a bit, and its comparison.
pub(crate) fn counter(n: usize) -> Resources {
    let bits = counter_bits(n);
    Resources { lut: bits + bits.div_ceil(6), ff: bits, ..Resources::default() }
}
