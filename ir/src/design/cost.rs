//! What a block takes of a target.

use super::Family;
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
    /// The same with another number of LUTs.
    pub(crate) fn with_luts(self, lut: u64) -> Resources {
        Resources { lut, ..self }
    }

    /// Names of the counts, in the order of [`Resources::counts`].
    pub const NAMES: [&str; 5] = ["LUT", "FF", "DSP", "BRAM18", "URAM"];

    /// The counts.
    pub fn counts(&self) -> [u64; 5] {
        [self.lut, self.ff, self.dsp, self.bram18, self.uram]
    }

    /// What is left when `part` is taken away; nothing where there is less.
    pub fn without(self, part: Resources) -> Resources {
        Resources {
            lut: self.lut.saturating_sub(part.lut),
            ff: self.ff.saturating_sub(part.ff),
            dsp: self.dsp.saturating_sub(part.dsp),
            bram18: self.bram18.saturating_sub(part.bram18),
            uram: self.uram.saturating_sub(part.uram),
        }
    }

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

/// LUTs of a ROM of `words` × `bits` in logic: a LUT6 holds 64 words of a bit, dedicated multiplexers join
/// four of them; in short ROMs many bits are equal.
pub(crate) fn rom_luts(words: u64, bits: u64) -> u64 {
    match words {
        0 | 1 => 0,
        2..=8 => distinct_bits(words, (bits * words).div_ceil(16)),
        // Tables of four inputs share a cell. Those of five would share a LUT6 in a device; they are not counted so.
        9..=16 => bits.div_ceil(2),
        _ => bits * (words.div_ceil(64) + words.div_ceil(256) - 1),
    }
}

/// Flip-flops behind a ROM of `words` × `bits`: equal ones are merged.
pub(crate) fn rom_registers(words: u64, bits: u64) -> u64 {
    distinct_bits(words, bits)
}

/// There are only so many functions of a short ROM's address, whatever its width.
fn distinct_bits(words: u64, bits: u64) -> u64 {
    if words <= 8 { bits.min(1 << words) } else { bits }
}

/// LUTs of a bit of a plain adder. Its look-up table computes a propagate of two inputs, beside which a LUT6
/// has room for something else, which is found for some.
pub(crate) const ADDER_BIT: f64 = 0.8;

/// LUTs of a product of `a` × `b` bits: rows of partial products are added in pairs, with the gates in the
/// adder's LUTs, and the pairs one after another. Products of up to nine bits partly melt into tables.
pub(crate) fn multiplier_luts(a: u64, b: u64) -> f64 {
    let pairs = a.min(b).div_ceil(2) as f64;
    let width = a.max(b) as f64 + 2.0;
    let luts = pairs * width + (pairs - 1.0) * (width + 1.0) * ADDER_BIT;
    if a * b <= 9 { 0.6 * luts } else { luts }
}

/// LUTs of a product of `bits` bits with a constant: an adder for every non-zero digit of its canonical signed
/// form but one (Reitwieser, Advances in Computers 1, 1960).
pub(crate) fn constant_multiplier_luts(bits: u64, constant: i64) -> u64 {
    u64::from(signed_digits(constant).saturating_sub(1)) * (bits + 2)
}

/// Non-zero digits of a number's canonical signed form.
fn signed_digits(n: i64) -> u32 {
    let n = u128::from(n.unsigned_abs());
    (n ^ (3 * n)).count_ones()
}

/// LUTs of a simple dual-port distributed RAM: RAM32M16 holds 32 × 14 in eight LUTs, RAM64M8 64 × 7; a LUT
/// selects among four of them.
pub(crate) fn ram_luts(words: u64, bits: u64) -> u64 {
    if words <= 32 {
        return 8 * bits.div_ceil(14);
    }
    let banks = words.div_ceil(64);
    8 * bits.div_ceil(7) * banks + bits * (banks - 1).div_ceil(3)
}

/// `bits` bits as they were `depth` steps ago: shift registers in LUTs, 32 deep, or flip-flops where that is short.
pub(crate) fn delay(bits: u64, depth: u64) -> Resources {
    match depth {
        0..=2 => Resources { ff: bits * depth, ..Resources::default() },
        _ => Resources { lut: bits * depth.div_ceil(32), ..Resources::default() },
    }
}

/// The same on a family: standard cells have no shift registers.
pub(crate) fn delay_on(family: Family, bits: u64, depth: u64) -> Resources {
    match family {
        Family::Asic => Resources { ff: bits * depth, ..Resources::default() },
        Family::UltrascalePlus | Family::Series7 | Family::Ecp5 => delay(bits, depth),
    }
}

/// Words and bits of a block memory of 36 kbit, and bits of one of 18 kbit with as many words.
const ASPECTS: [(u64, u64, u64); 7] =
    [(32768, 1, 0), (16384, 2, 1), (8192, 4, 2), (4096, 9, 4), (2048, 18, 9), (1024, 36, 18), (512, 72, 36)];

/// Block memories of 18 kbit for `words` × `bits`, and among how many words read at once each is chosen. As Yosys does: the fewest
/// memories, and among those the fewest words. 1,536 words lie in three memories of 512 side by side.
fn laid_out(words: u64, bits: u64) -> (u64, u64) {
    let layout = |(depth, wide, narrow): (u64, u64, u64)| {
        let slices = words.div_ceil(depth);
        let rest = match slices * bits % wide {
            0 => 0,
            rest if rest <= narrow => 1,
            _ => 2,
        };
        (2 * (slices * bits / wide) + rest, slices)
    };
    ASPECTS.into_iter().map(layout).min().unwrap_or_default()
}

/// A block memory of `words` × `bits`, with the LUTs that choose behind it.
pub(crate) fn block_memory(words: u64, bits: u64) -> Resources {
    let (bram18, slices) = laid_out(words, bits);
    let chosen = match slices {
        0 | 1 => 0,
        2..=4 => 1,
        5..=8 => 2,
        _ => slices.div_ceil(2),
    };
    Resources { bram18, lut: chosen * bits, ..Resources::default() }
}

/// LUTs of the memories alone of a distributed RAM, and those that choose among its banks.
pub(crate) fn ram_parts(words: u64, bits: u64) -> (u64, u64) {
    let chosen = if words <= 32 { 0 } else { bits * (words.div_ceil(64) - 1).div_ceil(3) };
    (ram_luts(words, bits) - chosen, chosen)
}

/// Bits of several counters together.
pub(crate) fn counters_bits(counters: &[usize]) -> u64 {
    counters.iter().map(|n| counter_bits(*n)).sum()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_cost_their_signed_digits() {
        for (constant, digits) in [(0, 0), (1, 1), (-8, 1), (7, 2), (-11, 3), (170, 4), (i64::MIN, 1)] {
            assert_eq!(signed_digits(constant), digits, "{constant}");
        }
        assert_eq!((constant_multiplier_luts(4, 4), constant_multiplier_luts(4, 5)), (0, 6));
    }

    #[test]
    fn memories_are_counted_in_primitives() {
        assert_eq!((ram_luts(32, 14), ram_luts(33, 14), ram_luts(128, 7)), (8, 16, 23));
        let block = |words, bits| (block_memory(words, bits).bram18, block_memory(words, bits).lut);
        assert_eq!([block(512, 36), block(512, 37), block(1024, 36)], [(1, 0), (2, 0), (2, 0)]);
        // What Yosys 0.70 takes for memories of random contents.
        let odd = [(64, 1100), (64, 2304), (64, 4608), (64, 6144), (128, 3072), (384, 1536), (128, 4096)];
        let found = [(6, 64), (9, 128), (16, 320), (22, 64), (22, 128), (32, 384), (29, 0)];
        assert_eq!(odd.map(|(bits, words)| block(words, bits)), found);
        assert_eq!((rom_luts(1, 8), rom_luts(4, 100), rom_luts(64, 8), rom_luts(512, 8)), (0, 16, 8, 72));
    }
}
