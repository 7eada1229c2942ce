//! ±1 times ±1: XNOR and popcount (BinaryNet, arXiv 1602.02830), 64 products a word.

use super::dispatch::dispatched;
use super::layout::{Layout, Segments};
use super::matmul::LANES;
use super::packed::{Packed, store};
use crate::function::Element;
use mpqc_ir::number::IntType;
use ndarray::Array2;

/// Vectors whose counts stay in registers together.
const TILE: usize = 4;

/// A word of weights of every output of a panel.
type Column = [u64; LANES];

/// Weights as bits, in panels of [`LANES`] outputs: `[panel][word][output]`.
#[derive(Debug)]
pub(crate) struct Popcount {
    panels: Vec<Column>,
    inputs: usize,
    outputs: usize,
}

impl Popcount {
    /// Whether all operands are ±1.
    pub fn fit(weights: &Array2<i64>, x: IntType) -> bool {
        x.is_bipolar() && weights.iter().all(|w| w.abs() == 1)
    }

    /// Weights `[outputs][inputs]`, each −1 or 1.
    pub fn new(weights: &Array2<i64>) -> Self {
        let (outputs, inputs) = weights.dim();
        let words = inputs.div_ceil(64);
        let mut panels = vec![[0; LANES]; outputs.div_ceil(LANES) * words];
        for ((o, i), w) in weights.indexed_iter() {
            panels[o / LANES * words + i / 64][o % LANES] |= u64::from(*w > 0) << (i % 64);
        }
        Popcount { panels, inputs, outputs }
    }

    fn tile<const T: usize, Y: Element>(&self, x: &[u64], at: [usize; T], of: Segments, y: &mut [Y]) {
        let inputs = self.inputs as i32;
        for (p, panel) in self.panels.chunks_exact(of.segments * of.length).enumerate() {
            let sums = differences(x, at, of, panel).map(|counts| counts.map(|count| inputs - 2 * count));
            store(&sums, p * LANES, self.outputs, y);
        }
    }
}

impl Packed for Popcount {
    type Word = u64;
    const SLACK: usize = 0;

    fn word(&self, value: i64) -> u64 {
        if value > 0 { u64::MAX } else { 0 }
    }

    fn pack<X: Element>(&self, layout: &Layout, x: &[X], packed: &mut [u64]) {
        pack(x, layout.channels(), packed);
    }

    fn products<Y: Element>(&self, x: &[u64], at: &[usize], of: Segments, y: &mut [Y]) {
        let (tiles, rest) = at.as_chunks::<TILE>();
        let (whole, last) = y.split_at_mut(tiles.len() * TILE * self.outputs);
        for (at, y) in tiles.iter().zip(whole.chunks_exact_mut(TILE * self.outputs)) {
            self.tile(x, *at, of, y);
        }
        for (at, y) in rest.iter().zip(last.chunks_exact_mut(self.outputs)) {
            self.tile(x, [*at], of, y);
        }
    }

    fn outputs(&self) -> usize {
        self.outputs
    }
}

dispatched! {
    /// The signs of every pixel's elements, in whole words.
    fn pack<X: Element>(x: &[X], channels: usize, bits: &mut [u64]) = pack_signs
}

#[inline(always)]
fn pack_signs<X: Element>(x: &[X], channels: usize, bits: &mut [u64]) {
    for (x, bits) in x.chunks_exact(channels).zip(bits.chunks_exact_mut(channels.div_ceil(64))) {
        let (whole, rest) = x.as_chunks::<64>();
        bits.iter_mut().zip(whole).for_each(|(bits, x)| *bits = signs(x));
        if let Some(bits) = bits.get_mut(whole.len()) {
            let mut padded = [X::default(); 64];
            padded[..rest.len()].copy_from_slice(rest);
            *bits = signs(&padded);
        }
    }
}

/// Bits of eight signs at a time: a byte a sign, whose lowest bits a product brings together.
#[inline(always)]
fn signs<X: Element>(x: &[X; 64]) -> u64 {
    let bytes = x.map(|v| u8::from(v > X::default()));
    let (eights, _) = bytes.as_chunks::<8>();
    let gathered = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().enumerate().fold(0, |word, (i, eight)| word | gathered(eight) << (8 * i))
}

/// Signs that differ between `T` vectors, which begin at `at`, and the weights of a panel.
fn differences<const T: usize>(
    x: &[u64],
    at: [usize; T],
    of: Segments,
    panel: &[Column],
) -> [[i32; LANES]; T] {
    #[cfg(target_arch = "x86_64")]
    if super::dispatch::has_avx512() {
        // SAFETY: the processor has AVX-512 with vector popcount.
        return unsafe { avx512::differences(x, at, of, panel) };
    }
    portable_differences(x, at, of, panel)
}

fn portable_differences<const T: usize>(
    x: &[u64],
    at: [usize; T],
    of: Segments,
    panel: &[Column],
) -> [[i32; LANES]; T] {
    let mut counts = [[0; LANES]; T];
    for (segment, columns) in panel.chunks_exact(of.length).enumerate() {
        for (counts, at) in counts.iter_mut().zip(at) {
            for (x, column) in x[at + segment * of.pitch..].iter().zip(columns) {
                let pairs = counts.iter_mut().zip(column);
                pairs.for_each(|(count, w)| *count += (x ^ w).count_ones() as i32);
            }
        }
    }
    counts
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{Column, LANES, Segments};
    use std::arch::x86_64::*;

    /// As [`super::portable_differences`], counts in two registers a vector.
    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    pub fn differences<const T: usize>(
        x: &[u64],
        at: [usize; T],
        of: Segments,
        panel: &[Column],
    ) -> [[i32; LANES]; T] {
        let mut counts = [[_mm512_setzero_si512(); 2]; T];
        for (segment, columns) in panel.chunks_exact(of.length).enumerate() {
            let rows = at.map(|at| &x[at + segment * of.pitch..][..columns.len()]);
            for (k, column) in columns.iter().enumerate() {
                let (halves, _) = column.as_chunks::<8>();
                // SAFETY: eight words are the 512 bits that an unaligned load reads.
                let weights = [0, 1].map(|h| unsafe { _mm512_loadu_si512(halves[h].as_ptr().cast()) });
                for (counts, row) in counts.iter_mut().zip(rows) {
                    let word = _mm512_set1_epi64(row[k] as i64);
                    for (count, weights) in counts.iter_mut().zip(weights) {
                        let differ = _mm512_popcnt_epi64(_mm512_xor_si512(word, weights));
                        *count = _mm512_add_epi64(*count, differ);
                    }
                }
            }
        }
        counts.map(|[low, high]| {
            let mut all = [0; LANES];
            let (halves, _) = all.as_chunks_mut::<8>();
            // SAFETY: eight counts of 32 bits are the 256 bits that an unaligned store writes.
            unsafe { _mm256_storeu_si256(halves[0].as_mut_ptr().cast(), _mm512_cvtepi64_epi32(low)) };
            // SAFETY: as above.
            unsafe { _mm256_storeu_si256(halves[1].as_mut_ptr().cast(), _mm512_cvtepi64_epi32(high)) };
            all
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the processor has, both are the same function.
    #[test]
    fn portable_and_chosen_differences_agree() {
        let value = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let panel: Vec<Column> = (0..3 * 5).map(|k| std::array::from_fn(|o| value(LANES * k + o))).collect();
        let x: Vec<u64> = (0..60).map(|i| value(i + 999) ^ value(i * i)).collect();
        let of = Segments { segments: 3, length: 5, pitch: 11 };
        assert_eq!(differences(&x, [0, 7, 30], of, &panel), portable_differences(&x, [0, 7, 30], of, &panel));
    }

    #[test]
    fn signs_are_bits_in_order() {
        let x: [i16; 64] = std::array::from_fn(|i| if i * i % 7 < 3 { 1 } else { -1 });
        let expected = x.iter().enumerate().fold(0, |word, (i, v)| word | u64::from(*v > 0) << i);
        assert_eq!(signs(&x), expected);
    }
}
