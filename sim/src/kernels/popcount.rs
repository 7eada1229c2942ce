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
        for (o, row) in weights.outer_iter().enumerate() {
            for (i, w) in row.iter().enumerate() {
                panels[o / LANES * words + i / 64][o % LANES] |= u64::from(*w > 0) << (i % 64);
            }
        }
        Popcount { panels, inputs, outputs }
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
        #[cfg(target_arch = "x86_64")]
        if super::dispatch::has_avx512() {
            // SAFETY: the processor has AVX-512 with vector popcount.
            return unsafe { avx512::products(self, x, at, of, y) };
        }
        portable_products(self, x, at, of, y);
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

/// `inputs − 2 · (signs of x and weights that differ)`, vector by vector.
fn portable_products<Y: Element>(kernel: &Popcount, x: &[u64], at: &[usize], of: Segments, y: &mut [Y]) {
    for (at, y) in at.iter().zip(y.chunks_exact_mut(kernel.outputs)) {
        for (p, panel) in kernel.panels.chunks_exact(of.segments * of.length).enumerate() {
            let mut sums = [kernel.inputs as i32; LANES];
            for (k, column) in panel.iter().enumerate() {
                let x = x[at + k / of.length * of.pitch + k % of.length];
                let pairs = sums.iter_mut().zip(column);
                pairs.for_each(|(sum, w)| *sum -= 2 * (x ^ w).count_ones() as i32);
            }
            store(&[sums], p * LANES, kernel.outputs, y);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{Column, LANES, Popcount, Segments, TILE, store};
    use crate::function::Element;
    use std::arch::x86_64::*;

    /// As [`super::portable_products`], a tile of vectors at a time.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq")]
    pub fn products<Y: Element>(kernel: &Popcount, x: &[u64], at: &[usize], of: Segments, y: &mut [Y]) {
        let (tiles, rest) = at.as_chunks::<TILE>();
        let (whole, last) = y.split_at_mut(tiles.len() * TILE * kernel.outputs);
        for (at, y) in tiles.iter().zip(whole.chunks_exact_mut(TILE * kernel.outputs)) {
            tile(kernel, x, at, of, y);
        }
        for (at, y) in rest.iter().zip(last.chunks_exact_mut(kernel.outputs)) {
            tile(kernel, x, &[*at], of, y);
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq")]
    fn tile<const T: usize, Y: Element>(
        kernel: &Popcount,
        x: &[u64],
        at: &[usize; T],
        of: Segments,
        y: &mut [Y],
    ) {
        for (p, panel) in kernel.panels.chunks_exact(of.segments * of.length).enumerate() {
            let mut sums = [[kernel.inputs as i32; LANES]; T];
            subtract_differences(&mut sums, x, at, of, panel);
            store(&sums, p * LANES, kernel.outputs, y);
        }
    }

    /// Counts stay in two registers a vector.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq")]
    fn subtract_differences<const T: usize>(
        sums: &mut [[i32; LANES]; T],
        x: &[u64],
        at: &[usize; T],
        of: Segments,
        panel: &[Column],
    ) {
        let mut counts = [[_mm512_setzero_si512(); 2]; T];
        for (segment, columns) in panel.chunks_exact(of.length).enumerate() {
            let mut rows: [&[u64]; T] = [&[]; T];
            for (row, at) in rows.iter_mut().zip(at) {
                *row = &x[at + segment * of.pitch..][..columns.len()];
            }
            for (k, column) in columns.iter().enumerate() {
                let (halves, _) = column.as_chunks::<8>();
                // SAFETY: eight words are the 512 bits that an unaligned load reads.
                let low = unsafe { _mm512_loadu_si512(halves[0].as_ptr().cast()) };
                // SAFETY: as above.
                let high = unsafe { _mm512_loadu_si512(halves[1].as_ptr().cast()) };
                for (counts, row) in counts.iter_mut().zip(rows) {
                    let word = _mm512_set1_epi64(row[k] as i64);
                    let differ = [_mm512_xor_si512(word, low), _mm512_xor_si512(word, high)];
                    counts[0] = _mm512_add_epi64(counts[0], _mm512_popcnt_epi64(differ[0]));
                    counts[1] = _mm512_add_epi64(counts[1], _mm512_popcnt_epi64(differ[1]));
                }
            }
        }
        for (sums, [low, high]) in sums.iter_mut().zip(counts) {
            let mut counts = [0i32; LANES];
            let (halves, _) = counts.as_chunks_mut::<8>();
            // SAFETY: eight counts of 32 bits are the 256 bits that an unaligned store writes.
            unsafe { _mm256_storeu_si256(halves[0].as_mut_ptr().cast(), _mm512_cvtepi64_epi32(low)) };
            // SAFETY: as above.
            unsafe { _mm256_storeu_si256(halves[1].as_mut_ptr().cast(), _mm512_cvtepi64_epi32(high)) };
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum -= 2 * count;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the processor has, both are the same function.
    #[test]
    fn portable_and_chosen_products_agree() {
        let sign = |i: usize| if (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63 == 0 { 1 } else { -1 };
        let kernel = Popcount::new(&Array2::from_shape_fn((37, 3 * 5 * 64), |(o, i)| sign(1000 * o + i)));
        let x: Vec<u64> = (0..60u64).map(|i| i.wrapping_mul(0xd6e8_feb8_6659_fd93) ^ (i << 40)).collect();
        let of = Segments { segments: 3, length: 5, pitch: 11 };
        let at = [0, 7, 30, 1, 2, 3];
        let (mut chosen, mut portable) = ([0i32; 6 * 37], [0i32; 6 * 37]);
        kernel.products(&x, &at, of, &mut chosen);
        portable_products(&kernel, &x, &at, of, &mut portable);
        assert_eq!(chosen, portable);
    }

    #[test]
    fn signs_are_bits_in_order() {
        let x: [i16; 64] = std::array::from_fn(|i| if i * i % 7 < 3 { 1 } else { -1 });
        let expected = x.iter().enumerate().fold(0, |word, (i, v)| word | u64::from(*v > 0) << i);
        assert_eq!(signs(&x), expected);
    }
}
