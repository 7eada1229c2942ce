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
        for (o, row) in weights.outer_iter().enumerate() {
            for (i, w) in row.iter().enumerate() {
                let (segment, byte) = (i / length, i % length);
                let column = (o / LANES * segments + segment) * quads + byte / 4;
                panels[column][o % LANES][byte % 4] = *w as i8;
            }
            begin[o / LANES][o % LANES] = row.sum().wrapping_mul(x.min) as i32;
        }
        Bytes { panels, begin, least: x.min, quads, outputs }
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
        #[cfg(target_arch = "x86_64")]
        if super::dispatch::has_vnni() {
            // SAFETY: the processor has AVX-512 with VNNI.
            return unsafe { vnni::products(self, x, at, of, y) };
        }
        portable_products(self, x, at, of, y);
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

/// Sums of every vector with every panel.
fn portable_products<Y: Element>(kernel: &Bytes, x: &[u8], at: &[usize], of: Segments, y: &mut [Y]) {
    let Bytes { quads, outputs, .. } = *kernel;
    for (at, y) in at.iter().zip(y.chunks_exact_mut(outputs)) {
        let panels = kernel.panels.chunks_exact(of.segments * quads).zip(&kernel.begin);
        for (p, (panel, begin)) in panels.enumerate() {
            let mut sums = *begin;
            for (k, column) in panel.iter().enumerate() {
                let first = at + k / quads * of.pitch + k % quads * 4;
                for (sum, weights) in sums.iter_mut().zip(column) {
                    let products = x[first..first + 4].iter().zip(weights);
                    *sum = products.fold(*sum, |sum, (x, w)| sum.wrapping_add(i32::from(*x) * i32::from(*w)));
                }
            }
            store(&[sums], p * LANES, outputs, y);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    use super::{Bytes, Column, LANES, Segments, Sums, TILE, store};
    use crate::function::Element;
    use std::arch::x86_64::*;

    /// As [`super::portable_products`], a tile of vectors at a time.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub fn products<Y: Element>(kernel: &Bytes, x: &[u8], at: &[usize], of: Segments, y: &mut [Y]) {
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
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn tile<const T: usize, Y: Element>(
        kernel: &Bytes,
        x: &[u8],
        at: &[usize; T],
        of: Segments,
        y: &mut [Y],
    ) {
        let panels = kernel.panels.chunks_exact(of.segments * kernel.quads).zip(&kernel.begin);
        for (p, (panel, begin)) in panels.enumerate() {
            let mut sums = [*begin; T];
            accumulate(&mut sums, x, at, of.pitch, kernel.quads, panel);
            store(&sums, p * LANES, kernel.outputs, y);
        }
    }

    /// Sums stay in one register a vector; one instruction multiplies and adds 64 products.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn accumulate<const T: usize>(
        all: &mut [Sums; T],
        x: &[u8],
        at: &[usize; T],
        pitch: usize,
        quads: usize,
        panel: &[Column],
    ) {
        let mut sums = [_mm512_setzero_si512(); T];
        for (sum, begin) in sums.iter_mut().zip(all.iter()) {
            // SAFETY: sixteen sums of 32 bits are the 512 bits that an unaligned load reads.
            *sum = unsafe { _mm512_loadu_si512(begin.as_ptr().cast()) };
        }
        for (segment, columns) in panel.chunks_exact(quads).enumerate() {
            let mut rows: [&[[u8; 4]]; T] = [&[]; T];
            for (row, at) in rows.iter_mut().zip(at) {
                *row = &x[at + segment * pitch..][..4 * quads].as_chunks::<4>().0[..columns.len()];
            }
            for (k, column) in columns.iter().enumerate() {
                // SAFETY: sixteen quads of bytes are the 512 bits that an unaligned load reads.
                let weights = unsafe { _mm512_loadu_si512(column.as_ptr().cast()) };
                for (sum, row) in sums.iter_mut().zip(rows) {
                    let quad = _mm512_set1_epi32(i32::from_le_bytes(row[k]));
                    *sum = _mm512_dpbusd_epi32(*sum, quad, weights);
                }
            }
        }
        for (all, sum) in all.iter_mut().zip(sums) {
            // SAFETY: sixteen sums of 32 bits are the 512 bits that an unaligned store writes.
            unsafe { _mm512_storeu_si512(all.as_mut_ptr().cast(), sum) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the processor has, both are the same function.
    #[test]
    fn portable_and_chosen_products_agree() {
        let value = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()[7];
        let x_type = IntType::quantizer(true, 8, false);
        let weights = Array2::from_shape_fn((37, 3 * 27), |(o, i)| i64::from(value(1000 * o + i) as i8));
        let kernel = Bytes::new(&weights, x_type, 3);
        let x: Vec<u8> = (0..400).map(|i| if i % 3 == 0 { 255 } else { value(i + 5000) }).collect();
        let of = Segments { segments: 3, length: 27, pitch: 50 };
        let at: [usize; 11] = std::array::from_fn(|i| 17 * i);
        let (mut chosen, mut portable) = ([0i32; 11 * 37], [0i32; 11 * 37]);
        kernel.products(&x, &at, of, &mut chosen);
        portable_products(&kernel, &x, &at, of, &mut portable);
        assert_eq!(chosen, portable);
    }
}
