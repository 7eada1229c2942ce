//! 16-bit operands, 32-bit sums: the processor's multiply-add of pairs (`pmaddwd`).

use super::matmul::{LANES, ROWS, by_rows};
use crate::function::Element;
use ndarray::Array2;

/// Vectors whose sums stay in registers together: sums take two registers of 256 bits or one of 512.
const TILE: usize = 4;
#[cfg(target_arch = "x86_64")]
const WIDE_TILE: usize = 8;

/// Two neighbouring inputs.
type Pair = [i16; 2];

/// Weights of a pair of inputs, for the outputs of a panel.
type Column = [Pair; LANES];

/// Sums of a panel.
type Sums = [i32; LANES];

/// Weights in panels of [`LANES`] outputs: `[panel][pair of inputs][output]`.
#[derive(Debug)]
pub(crate) struct Madd {
    panels: Vec<Column>,
    inputs: usize,
    outputs: usize,
}

impl Madd {
    /// Weights `[outputs][inputs]` of 16 bits.
    pub fn new(weights: &Array2<i64>) -> Self {
        let (outputs, inputs) = weights.dim();
        let pairs = inputs.div_ceil(2);
        let mut panels = vec![[[0; 2]; LANES]; outputs.div_ceil(LANES) * pairs];
        for ((o, i), w) in weights.indexed_iter() {
            panels[o / LANES * pairs + i / 2][o % LANES][i % 2] = *w as i16;
        }
        Madd { panels, inputs, outputs }
    }

    /// Products of all vectors.
    pub fn apply<X: Element, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        let pairs = self.inputs.div_ceil(2);
        let mut packed = vec![[0; 2]; ROWS * pairs];
        by_rows(x, self.inputs, self.outputs, |x, y| {
            let packed = &mut packed[..x.len() / self.inputs * pairs];
            x.chunks_exact(self.inputs).zip(packed.chunks_exact_mut(pairs)).for_each(|(x, p)| pack(x, p));
            #[cfg(target_arch = "x86_64")]
            if super::dispatch::has_vnni() {
                return self.group::<WIDE_TILE, Y>(packed, y);
            }
            self.group::<TILE, Y>(packed, y);
        })
    }

    /// Products of a group of vectors, a tile at a time.
    fn group<const T: usize, Y: Element>(&self, x: &[Pair], y: &mut [Y]) {
        let pairs = self.inputs.div_ceil(2);
        for (p, panel) in self.panels.chunks_exact(pairs).enumerate() {
            let tiles = x.chunks(T * pairs).zip(y.chunks_mut(T * self.outputs));
            for (x, y) in tiles {
                self.store(p * LANES, &tile::<T>(x, panel), y);
            }
        }
    }

    /// Puts the sums of a panel that begins at output `first` where they belong.
    fn store<Y: Element>(&self, first: usize, sums: &[Sums], y: &mut [Y]) {
        let width = LANES.min(self.outputs - first);
        for (y, sums) in y.chunks_exact_mut(self.outputs).zip(sums) {
            y[first..first + width].iter_mut().zip(sums).for_each(|(y, sum)| *y = Y::of(sum.value()));
        }
    }
}

/// A vector in pairs; where its length is odd, the last has a zero.
fn pack<X: Element>(x: &[X], packed: &mut [Pair]) {
    let (pairs, rest) = x.as_chunks::<2>();
    packed.iter_mut().zip(pairs).for_each(|(packed, pair)| *packed = pair.map(|v| v.value() as i16));
    if let ([v], Some(last)) = (rest, packed.last_mut()) {
        *last = [v.value() as i16, 0];
    }
}

/// Sums of up to `T` vectors; those beyond are zero.
fn tile<const T: usize>(x: &[Pair], panel: &[Column]) -> [Sums; T] {
    let mut vectors = x.chunks_exact(panel.len());
    if x.len() == T * panel.len() {
        return sums(std::array::from_fn(|_| vectors.next().expect("a tile is full")), panel);
    }
    let mut all = [[0; LANES]; T];
    for (one, x) in all.iter_mut().zip(vectors) {
        [*one] = sums([x], panel);
    }
    all
}

/// Sums of `R` vectors.
fn sums<const R: usize>(x: [&[Pair]; R], panel: &[Column]) -> [Sums; R] {
    // The additions of a lone vector would wait for each other's long latency.
    #[cfg(target_arch = "x86_64")]
    if R > 1 && super::dispatch::has_vnni() {
        // SAFETY: the processor has AVX-512 with VNNI.
        return unsafe { vnni::sums(x, panel) };
    }
    #[cfg(target_arch = "x86_64")]
    if super::dispatch::has_avx2() {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::sums(x, panel) };
    }
    portable_sums(x, panel)
}

fn portable_sums<const R: usize>(x: [&[Pair]; R], panel: &[Column]) -> [Sums; R] {
    let mut sums = [[0i32; LANES]; R];
    for (k, column) in panel.iter().enumerate() {
        for (sums, x) in sums.iter_mut().zip(x) {
            let [a, b] = x[k].map(i32::from);
            for (sum, [v, w]) in sums.iter_mut().zip(column) {
                *sum = sum.wrapping_add((a * i32::from(*v)).wrapping_add(b * i32::from(*w)));
            }
        }
    }
    sums
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Column, LANES, Pair, Sums};
    use std::arch::x86_64::*;

    /// Outputs in a vector register.
    const WIDE: usize = 8;

    /// As [`super::portable_sums`], sums in two registers a vector.
    #[target_feature(enable = "avx2")]
    pub fn sums<const R: usize>(x: [&[Pair]; R], panel: &[Column]) -> [Sums; R] {
        let x = x.map(|x| &x[..panel.len()]);
        let mut sums = [[_mm256_setzero_si256(); LANES / WIDE]; R];
        for (k, column) in panel.iter().enumerate() {
            let weights = halves(column);
            for (sums, x) in sums.iter_mut().zip(x) {
                let [a, b] = x[k].map(|v| i32::from(v as u16));
                let pair = _mm256_set1_epi32(a | b << 16);
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pair, weights));
                }
            }
        }
        sums.map(|registers| store(registers))
    }

    #[target_feature(enable = "avx2")]
    fn halves(column: &Column) -> [__m256i; LANES / WIDE] {
        let (halves, _) = column.as_chunks::<WIDE>();
        // SAFETY: eight pairs of 16 bits are the 256 bits that an unaligned load reads.
        [0, 1].map(|h| unsafe { _mm256_loadu_si256(halves[h].as_ptr().cast()) })
    }

    #[target_feature(enable = "avx2")]
    fn store(registers: [__m256i; LANES / WIDE]) -> Sums {
        let mut sums = [0; LANES];
        for (sums, register) in sums.as_chunks_mut::<WIDE>().0.iter_mut().zip(registers) {
            // SAFETY: eight sums of 32 bits are the 256 bits that an unaligned store writes.
            unsafe { _mm256_storeu_si256(sums.as_mut_ptr().cast(), register) };
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    use super::{Column, Pair, Sums};
    use std::arch::x86_64::*;

    /// As [`super::portable_sums`], sums in one register a vector; one instruction multiplies and adds.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub fn sums<const R: usize>(x: [&[Pair]; R], panel: &[Column]) -> [Sums; R] {
        let x = x.map(|x| &x[..panel.len()]);
        let mut sums = [_mm512_setzero_si512(); R];
        for (k, column) in panel.iter().enumerate() {
            // SAFETY: sixteen pairs of 16 bits are the 512 bits that an unaligned load reads.
            let weights = unsafe { _mm512_loadu_si512(column.as_ptr().cast()) };
            for (sum, x) in sums.iter_mut().zip(x) {
                let [a, b] = x[k].map(|v| i32::from(v as u16));
                *sum = _mm512_dpwssd_epi32(*sum, _mm512_set1_epi32(a | b << 16), weights);
            }
        }
        sums.map(|register| store(register))
    }

    #[target_feature(enable = "avx512f")]
    fn store(register: __m512i) -> Sums {
        let mut sums = [0; super::LANES];
        // SAFETY: sixteen sums of 32 bits are the 512 bits that an unaligned store writes.
        unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), register) };
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the processor has, all are the same function.
    #[test]
    fn portable_and_chosen_sums_agree() {
        let value = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) as i16;
        let panel: Vec<Column> =
            (0..37).map(|k| std::array::from_fn(|o| [value(2 * (LANES * k + o)), i16::MIN])).collect();
        let x: Vec<Pair> =
            (0..3 * 37).map(|k| [value(k + 5000), if k % 2 == 0 { i16::MIN } else { 3 }]).collect();
        let rows = || [&x[..37], &x[37..74], &x[74..]];
        assert_eq!(sums(rows(), &panel), portable_sums(rows(), &panel));
        assert_eq!(tile::<TILE>(&x, &panel)[..3], portable_sums(rows(), &panel));
        assert_eq!(tile::<3>(&x, &panel), portable_sums(rows(), &panel));
    }
}
