//! Several products in one DSP slice.

use super::levels::{Levels, tree};
use super::{MacArray, Overlap};
use crate::design::DspSlice;
use crate::number::IntType;

/// `products` weights side by side times one activation in a DSP slice (of a DSP48E2: 27 × 18 bits signed; AMD WP486).
///
/// Weights are stored as unsigned codes: a signed one plus half its range, its sign bit inverted. So the fields of the
/// packed factor and, where activations are not negative, those of products and their sums are slices, and nothing is
/// added to pack or to unpack. What the codes are too high is the same for all rows: half the range times the sum of the
/// activations, computed once (UINT packing; Zhang et al., DAC 2023).
///
/// With an [`Overlap`] the other factor holds neighbouring pixels, a pitch apart as well, and each row its taps: a field for
/// every column of every row, the product of two polynomials. Pixels are packed by wiring only where none is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Rows that share a DSP slice.
    pub products: usize,
    /// Pixels and taps of each.
    pub overlap: Overlap,
    /// Bits from one field to the next.
    pub pitch: usize,
    /// Products that are added before the fields part.
    pub length: usize,
    /// Such sums of a row.
    pub chains: usize,
    /// Whether fields can be negative, and borrow from the next.
    pub borrows: bool,
    /// Whether the weights' codes are too high.
    pub offset: bool,
}

/// Bits of a DSP slice's sum.
const SUM: usize = 48;

impl Packing {
    /// How many rows of weights of a type a DSP slice can take at most (1 if it takes but one; 0 if none).
    pub fn most(x: IntType, w: IntType, slice: DspSlice, overlap: Overlap) -> usize {
        let fits = |k: &usize| Packing::new(*k, 1, x, w, slice, overlap).is_some();
        (1..=slice.wide as usize).take_while(fits).last().unwrap_or(0)
    }

    /// `products` rows of weights of type `w` times activations of type `x` in `lanes` slices; `None` where they do not fit.
    pub fn new(
        products: usize,
        lanes: usize,
        x: IntType,
        w: IntType,
        slice: DspSlice,
        overlap: Overlap,
    ) -> Option<Packing> {
        if x.is_bipolar() || w.is_bipolar() || products == 0 {
            return None;
        }
        match products * overlap.pixels * overlap.taps {
            1 => Packing::single(lanes, x, w, slice),
            _ => Packing::several(products, lanes, x, w, slice, overlap),
        }
    }

    fn single(lanes: usize, x: IntType, w: IntType, slice: DspSlice) -> Option<Packing> {
        let bits = [x, w].map(|ty| ty.bits + u32::from(!ty.is_signed()));
        let fits = bits[0].min(bits[1]) <= slice.narrow && bits[0].max(bits[1]) <= slice.wide;
        let sum = (bits[0] + bits[1]) as usize + tree(lanes);
        let (products, length, chains, overlap) = (1, lanes, 1, Overlap::NONE);
        let packing =
            Packing { products, overlap, pitch: sum, length, chains, borrows: false, offset: false };
        fits.then_some(packing)
    }

    /// Fields as far apart as `lanes` products need, or as the factors allow.
    fn several(
        products: usize,
        lanes: usize,
        x: IntType,
        w: IntType,
        slice: DspSlice,
        overlap: Overlap,
    ) -> Option<Packing> {
        let borrows = x.is_signed();
        if borrows && overlap.pixels > 1 {
            return None;
        }
        let code = (1i64 << w.bits) - 1;
        // How many lanes' products a field of so many bits holds the sum of.
        let holds = |pitch: usize| {
            let limit = if borrows { 1i64 << (pitch - 1) } else { (1i64 << pitch) - 1 };
            let peak = code * x.max.max(-x.min).max(1) * overlap.most() as i64;
            (limit / peak) as usize
        };
        let fields = products * overlap.fields();
        let fits = |pitch: &usize| fits(&overlap, products, *pitch, [x, w], slice);
        let narrowest = if overlap.pixels > 1 { w.bits.max(x.bits) } else { w.bits } as usize + 1;
        let pitches = || (narrowest..=SUM / fields).take_while(fits);
        let pitch = pitches().find(|p| holds(*p) >= lanes).or(pitches().last())?;
        let chains = lanes.div_ceil(holds(pitch).min(lanes).max(1));
        let (length, offset) = (lanes.div_ceil(chains), w.is_signed());
        let packing = Packing { products, overlap, pitch, length, chains, borrows, offset };
        (holds(pitch) >= 1).then_some(packing)
    }

    /// Fields of a row.
    pub fn columns(&self) -> usize {
        self.overlap.fields()
    }

    /// Bits of a sum of packed products.
    pub fn width(&self) -> usize {
        self.products * self.columns() * self.pitch
    }

    /// Levels of adders to a sum of packed products.
    pub fn levels_packed(&self) -> usize {
        tree(self.length)
    }

    /// Levels of adders until the fields have parted: a field that has borrowed gets back one.
    pub fn levels_unpacked(&self) -> usize {
        self.levels_packed() + usize::from(self.borrows)
    }

    /// Whether what rows of `lanes` lanes subtract is known when they do.
    pub fn is_in_time(&self, lanes: usize, per_stage: usize) -> bool {
        let excess = excess_levels(lanes, &self.overlap).stages(per_stage);
        !self.offset || excess <= self.stages_to_correction(per_stage)
    }

    /// Registers before the correction.
    fn stages_to_correction(&self, per_stage: usize) -> usize {
        Levels { correction: false, ..self.levels() }.stages(per_stage)
    }

    /// All levels.
    pub fn levels(&self) -> Levels {
        let adders = self.levels_unpacked() + tree(self.chains);
        Levels { products: true, adders, correction: self.offset }
    }
}

/// Whether the factors of fields that are `pitch` bits apart fit a slice, the longer one the wider port.
fn fits(overlap: &Overlap, products: usize, pitch: usize, [x, w]: [IntType; 2], slice: DspSlice) -> bool {
    let weights = (products - 1) * overlap.fields() + overlap.taps - 1;
    let factor = (weights * pitch) as u32 + w.bits + 1;
    let operand = ((overlap.pixels - 1) * pitch) as u32 + x.bits + u32::from(!x.is_signed());
    let straight = factor <= slice.wide && operand <= slice.narrow;
    straight || overlap.pixels > 1 && operand <= slice.wide && factor <= slice.narrow
}

impl MacArray {
    /// The levels of the sums of a beat's activations, which packed rows share: of each pixel, and of those of a column.
    pub fn excess_levels(&self) -> Levels {
        excess_levels(self.slices(), &self.overlap)
    }

    /// Registers behind that sum until packed rows take it, in their correction.
    pub fn excess_wait(&self, packing: &Packing) -> usize {
        packing.stages_to_correction(self.per_stage) - self.excess_levels().stages(self.per_stage)
    }

    /// How the rows in DSP slices pack their products, if there are such rows and they can.
    pub fn packing(&self) -> Option<Packing> {
        let (lanes, products) = (self.slices(), self.dsp.products);
        let new = || Packing::new(products, lanes, self.x, self.w, self.slice, self.overlap);
        let packing = (self.dsp.rows > 0).then(new).flatten();
        packing.filter(|packing| packing.is_in_time(lanes, self.per_stage))
    }
}

fn excess_levels(lanes: usize, overlap: &Overlap) -> Levels {
    Levels { products: false, adders: tree(lanes) + tree(overlap.most()), correction: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLICE: DspSlice = DspSlice { wide: 27, narrow: 18 };

    fn i(bits: u32) -> IntType {
        IntType::quantizer(true, bits, false)
    }

    fn u(bits: u32) -> IntType {
        IntType::quantizer(false, bits, false)
    }

    #[test]
    fn as_many_products_as_the_factor_holds() {
        // Weights × activations: products of a slice, pitch, length of a chain in 16 lanes.
        for (w, x, products, pitch, length) in [
            (i(8), u(8), 2, 18, 4),
            (i(4), u(4), 3, 11, 8),
            (i(4), u(8), 2, 16, 16),
            (i(8), i(8), 2, 18, 4),
            (i(2), u(2), 4, 8, 16),
        ] {
            let packing = Packing::new(products, 16, x, w, SLICE, Overlap::NONE).expect("it fits");
            assert_eq!((packing.pitch, packing.length), (pitch, length), "{w} x {x}: {packing:?}");
        }
        let most = |x, w| Packing::most(x, w, SLICE, Overlap::NONE);
        assert_eq!((most(u(8), i(8)), most(u(8), i(16)), most(u(20), i(20))), (2, 1, 0));
        let seven_series = DspSlice { wide: 25, narrow: 18 };
        assert_eq!(Packing::new(3, 16, u(4), i(4), seven_series, Overlap::NONE).map(|p| p.pitch), Some(10));
    }

    /// Pixels and taps, where nothing else of an overlap matters.
    fn of(pixels: usize, taps: usize) -> Overlap {
        Overlap { pixels, taps, ..Overlap::NONE }
    }

    #[test]
    fn as_many_products_as_both_factors_hold() {
        // Weights × activations, pixels and taps: most rows, and with as many pitch and length in 16 lanes.
        for (w, x, pixels, taps, rows, pitch, length) in [
            (i(4), u(4), 2, 3, 1, 11, 4),
            (i(4), u(4), 2, 1, 2, 11, 8),
            (i(2), u(2), 3, 3, 1, 7, 4),
            (i(2), u(2), 4, 3, 1, 7, 4),
            (i(3), u(3), 2, 3, 1, 11, 16),
            (i(4), u(8), 2, 3, 0, 0, 0),
            (i(4), i(4), 2, 3, 0, 0, 0),
        ] {
            let overlap = of(pixels, taps);
            assert_eq!(Packing::most(x, w, SLICE, overlap), rows, "{w} x {x}, {overlap:?}");
            let packing = Packing::new(rows, 16, x, w, SLICE, overlap);
            assert_eq!(packing.map(|p| (p.pitch, p.length)), (rows > 0).then_some((pitch, length)));
        }
    }

    /// Every field of every sum of `length` products is exact, over random and extreme operands.
    #[test]
    fn fields_hold_what_is_added() {
        let mut random = crate::design::testing::Random(5);
        let types = [(i(4), u(4)), (i(8), i(8)), (i(3), i(5)), (u(4), u(3)), (i(2), u(2)), (i(1), u(4))];
        let shapes = [(1, 1), (2, 1), (3, 1), (2, 2), (2, 3), (3, 3), (4, 3), (2, 5), (5, 2)];
        for ((w, x), (pixels, taps)) in types.iter().flat_map(|t| shapes.map(|s| (*t, s))) {
            let overlap = of(pixels, taps);
            for rows in 1..=Packing::most(x, w, SLICE, overlap) {
                let packing = Packing::new(rows, 16, x, w, SLICE, overlap).expect("it is not too many");
                for trial in 0..200 {
                    let mut of = |ty: IntType, extreme: [bool; 3]| match trial {
                        0..3 if extreme[trial] => ty.max,
                        0..3 => ty.min,
                        _ => random.value(ty),
                    };
                    check_sum(&packing, w, x, |weight| {
                        if weight { of(w, [true, true, false]) } else { of(x, [true, false, false]) }
                    });
                }
            }
        }
    }

    /// A sum of `length` products whose operands are `draw(true)` for weights and `draw(false)` for activations.
    fn check_sum(packing: &Packing, w: IntType, x: IntType, mut draw: impl FnMut(bool) -> i64) {
        let Packing { overlap, pitch, products: rows, .. } = *packing;
        let half = if w.is_signed() && packing.offset { 1i64 << (w.bits - 1) } else { 0 };
        let (fields, at) = (overlap.fields(), |place: usize| place * pitch);
        let (mut packed, mut sums) = (0i128, vec![0i64; rows * fields]);
        let mut excess = vec![0i64; fields];
        for _ in 0..packing.length {
            let pixels: Vec<i64> = (0..overlap.pixels).map(|_| draw(false)).collect();
            let taps: Vec<i64> = (0..rows * overlap.taps).map(|_| draw(true)).collect();
            let place = |i: usize| i / overlap.taps * fields + overlap.spilled() - i % overlap.taps;
            let factor: i128 =
                taps.iter().enumerate().map(|(i, w)| i128::from(w + half) << at(place(i))).sum();
            let operand: i128 = pixels.iter().enumerate().map(|(j, x)| i128::from(*x) << at(j)).sum();
            packed += factor * operand;
            for (place, sum) in sums.iter_mut().enumerate() {
                let (row, field) = (place / fields, place % fields);
                let tap = |j: usize| taps[row * overlap.taps + overlap.tap_of(field, j)];
                *sum += overlap.pixels_of(field).map(|j| tap(j) * pixels[j]).sum::<i64>();
            }
            for (field, excess) in excess.iter_mut().enumerate() {
                *excess += half * overlap.pixels_of(field).map(|j| pixels[j]).sum::<i64>();
            }
        }
        for (place, sum) in sums.iter().enumerate() {
            let field = (packed >> at(place) & ((1 << pitch) - 1)) as i64;
            let lent = if place > 0 && packing.borrows { (packed >> (at(place) - 1) & 1) as i64 } else { 0 };
            let spare = 64 - pitch;
            // Where there is one field it is a plain sum, with its sign.
            let signed = packing.borrows || rows * fields == 1;
            let lane = if signed { (field + lent) << spare >> spare } else { field + lent };
            assert_eq!(lane - excess[place % fields], *sum, "{w} x {x}, field {place} of {packing:?}");
        }
    }
}
