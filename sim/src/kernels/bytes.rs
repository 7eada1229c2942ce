//! 8-bit operands, 32-bit sums: the processor's multiply-add of quads of bytes (`vpdpbusd`).

use super::layout::{Layout, Segments};
use super::matmul::LANES;
use super::packed::{Packed, store};
use crate::function::Element;
use mpqc_ir::number::IntType;
use ndarray::Array2;

/// Vectors whose sums stay in registers together.
const TILE: usize = 8;

/// Four neighbouring weights of every output of a panel.
type Column = [[i8; 4]; LANES];

/// Sums of a panel.
type Sums = [i32; LANES];

/// Weights in panels of [`LANES`] outputs: `[panel][segment][quad][output]`, zero behind the end of a segment. Activations are
/// bytes from `least` on; what that adds to a sum is where the sum begins.
#[derive(Debug)]
pub(crate) struct Bytes {
    panels: Vec<Column>,
    begin: Vec<Sums>,
    least: i64,
    quads: usize,
    outputs: usize,
}

impl Bytes {
    /// Whether the processor can, and the operands fit. Sums are exact modulo 2³².
    pub fn fit(weights: &Array2<i64>, x: IntType) -> bool {
        let eight_bits = |w: &i64| i8::try_from(*w).is_ok();
        has_vnni() && x.max - x.min <= 255 && weights.iter().all(eight_bits)
    }

    /// Weights `[outputs][inputs]` of 8 bits, whose vectors have so many segments, for activations of type `x`.
    pub fn new(weights: &Array2<i64>, x: IntType, segments: usize) -> Self {
        let (outputs, inputs) = weights.dim();
        let length = inputs / segments;
        let quads = length.div_ceil(4);
        let mut panels = vec![[[0; 4]; LANES]; outputs.div_ceil(LANES) * segments * quads];
        let mut begin = vec![[0; LANES]; outputs.div_ceil(LANES)];
        for ((o, i), w) in weights.indexed_iter() {
            let (segment, byte) = (i / length, i % length);
            let column = (o / LANES * segments + segment) * quads + byte / 4;
            panels[column][o % LANES][byte % 4] = *w as i8;
            let start: &mut i32 = &mut begin[o / LANES][o % LANES];
            *start = start.wrapping_add((w * x.min) as i32);
        }
        Bytes { panels, begin, least: x.min, quads, outputs }
    }

    /// Sums of `T` vectors with all panels.
    fn tile<const T: usize, Y: Element>(&self, x: &[u8], at: [usize; T], of: Segments, y: &mut [Y]) {
        let panels = self.panels.chunks_exact(of.segments * self.quads);
        for (p, (panel, begin)) in panels.zip(&self.begin).enumerate() {
            store(&sums(x, at, of.pitch, self.quads, panel, begin), p * LANES, self.outputs, y);
        }
    }
}

impl Packed for Bytes {
    type Word = u8;
    /// A segment is read in whole quads.
    const SLACK: usize = 3;

    fn word(&self, value: i64) -> u8 {
        (value - self.least) as u8
    }

    fn pack<X: Element>(&self, _: &Layout, x: &[X], packed: &mut [u8]) {
        let least = self.least as u8;
        packed.iter_mut().zip(x).for_each(|(packed, x)| *packed = (x.value() as u8).wrapping_sub(least));
    }

    fn products<Y: Element>(&self, x: &[u8], at: &[usize], of: Segments, y: &mut [Y]) {
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

/// Whether the processor multiplies and adds quads of bytes, 64 at a time.
fn has_vnni() -> bool {
    #[cfg(target_arch = "x86_64")]
    return super::dispatch::has_vnni();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Sums of `T` vectors that begin at `at`, whose segments are `pitch` bytes apart and `quads` quads long.
fn sums<const T: usize>(
    x: &[u8],
    at: [usize; T],
    pitch: usize,
    quads: usize,
    panel: &[Column],
    begin: &Sums,
) -> [Sums; T] {
    #[cfg(target_arch = "x86_64")]
    if super::dispatch::has_vnni() {
        // SAFETY: the processor has AVX-512 with VNNI.
        return unsafe { vnni::sums(x, at, pitch, quads, panel, begin) };
    }
    portable_sums(x, at, pitch, quads, panel, begin)
}

fn portable_sums<const T: usize>(
    x: &[u8],
    at: [usize; T],
    pitch: usize,
    quads: usize,
    panel: &[Column],
    begin: &Sums,
) -> [Sums; T] {
    at.map(|at| {
        let mut sums = *begin;
        for (k, column) in panel.iter().enumerate() {
            let first = at + k / quads * pitch + k % quads * 4;
            for (sum, weights) in sums.iter_mut().zip(column) {
                let products = x[first..first + 4].iter().zip(weights);
                *sum = products.fold(*sum, |sum, (x, w)| sum.wrapping_add(i32::from(*x) * i32::from(*w)));
            }
        }
        sums
    })
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    use super::{Column, LANES, Sums};
    use std::arch::x86_64::*;

    /// As [`super::portable_sums`], sums in one register a vector; one instruction multiplies and adds 64 products.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub fn sums<const T: usize>(
        x: &[u8],
        at: [usize; T],
        pitch: usize,
        quads: usize,
        panel: &[Column],
        begin: &Sums,
    ) -> [Sums; T] {
        // SAFETY: sixteen sums of 32 bits are the 512 bits that an unaligned load reads.
        let mut sums = [unsafe { _mm512_loadu_si512(begin.as_ptr().cast()) }; T];
        for (segment, columns) in panel.chunks_exact(quads).enumerate() {
            let rows = at.map(|at| &x[at + segment * pitch..][..4 * quads].as_chunks::<4>().0[..columns.len()]);
            for (k, column) in columns.iter().enumerate() {
                // SAFETY: sixteen quads of bytes are the 512 bits that an unaligned load reads.
                let weights = unsafe { _mm512_loadu_si512(column.as_ptr().cast()) };
                for (sum, row) in sums.iter_mut().zip(rows) {
                    let quad = _mm512_set1_epi32(i32::from_le_bytes(row[k]));
                    *sum = _mm512_dpbusd_epi32(*sum, quad, weights);
                }
            }
        }
        sums.map(|register| {
            let mut sums = [0; LANES];
            // SAFETY: sixteen sums of 32 bits are the 512 bits that an unaligned store writes.
            unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), register) };
            sums
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the processor has, both are the same function.
    #[test]
    fn portable_and_chosen_sums_agree() {
        let value = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()[7];
        let panel: Vec<Column> = (0..3 * 7)
            .map(|k| std::array::from_fn(|o| std::array::from_fn(|i| value(4 * (LANES * k + o) + i) as i8)))
            .collect();
        let x: Vec<u8> = (0..400).map(|i| if i % 3 == 0 { 255 } else { value(i + 5000) }).collect();
        let (at, begin) = ([0, 3, 77, 200], std::array::from_fn(|o| o as i32 - 7));
        assert_eq!(sums(&x, at, 50, 7, &panel, &begin), portable_sums(&x, at, 50, 7, &panel, &begin));
    }
}
