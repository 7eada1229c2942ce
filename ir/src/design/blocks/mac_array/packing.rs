//! Several products in one DSP slice.

use super::MacArray;
use super::levels::{Levels, tree};
use crate::design::DspSlice;
use crate::number::IntType;

/// `products` weights side by side times one activation in a DSP slice (of a DSP48E2: 27 × 18 bits signed; AMD WP486).
///
/// Weights are stored as unsigned codes: a signed one plus half its range, its sign bit inverted. So the fields of the
/// packed factor and, where activations are not negative, those of products and their sums are slices, and nothing is
/// added to pack or to unpack. What the codes are too high is the same for all rows: half the range times the sum of the
/// activations, computed once (UINT packing; Zhang et al., DAC 2023).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Products of a DSP slice.
    pub products: usize,
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
    /// How many weights of a type a DSP slice can take beside each other at most (1 if it takes but one; 0 if none).
    pub fn most(x: IntType, w: IntType, slice: DspSlice) -> usize {
        let fits = |k: &usize| Packing::new(*k, 1, x, w, slice).is_some();
        (1..=slice.wide as usize).take_while(fits).last().unwrap_or(0)
    }

    /// `products` weights of type `w` times an activation of type `x` in `simd` lanes; `None` where they do not fit.
    pub fn new(products: usize, simd: usize, x: IntType, w: IntType, slice: DspSlice) -> Option<Packing> {
        if x.is_bipolar() || w.is_bipolar() {
            return None;
        }
        match products {
            0 => None,
            1 => Packing::single(simd, x, w, slice),
            _ => Packing::several(products, simd, x, w, slice),
        }
    }

    fn single(simd: usize, x: IntType, w: IntType, slice: DspSlice) -> Option<Packing> {
        let bits = [x, w].map(|ty| ty.bits + u32::from(!ty.is_signed()));
        let fits = bits[0].min(bits[1]) <= slice.narrow && bits[0].max(bits[1]) <= slice.wide;
        let sum = (bits[0] + bits[1]) as usize + tree(simd);
        let (products, length, chains) = (1, simd, 1);
        fits.then_some(Packing { products, pitch: sum, length, chains, borrows: false, offset: false })
    }

    /// Fields as far apart as `simd` products need, or as the factor allows.
    fn several(products: usize, simd: usize, x: IntType, w: IntType, slice: DspSlice) -> Option<Packing> {
        let (operand, factor) = (x.bits + u32::from(!x.is_signed()), slice.wide - 1);
        if operand > slice.narrow || w.bits >= factor {
            return None;
        }
        let widest = ((factor - w.bits) as usize / (products - 1)).min(SUM / products);
        let code = (1i64 << w.bits) - 1;
        // How many products a field of so many bits holds the sum of.
        let holds = |pitch: usize| {
            let limit = if x.is_signed() { 1i64 << (pitch - 1) } else { (1i64 << pitch) - 1 };
            let peak = code * x.max.max(-x.min).max(1);
            (limit / peak) as usize
        };
        let narrowest = w.bits as usize + 1;
        let pitch =
            (narrowest..=widest).find(|p| holds(*p) >= simd).or((widest >= narrowest).then_some(widest))?;
        let chains = simd.div_ceil(holds(pitch).min(simd).max(1));
        let (length, borrows) = (simd.div_ceil(chains), x.is_signed());
        (holds(pitch) >= 1).then_some(Packing {
            products,
            pitch,
            length,
            chains,
            borrows,
            offset: w.is_signed(),
        })
    }

    /// Levels of adders to a sum of packed products.
    pub fn levels_packed(&self) -> usize {
        tree(self.length)
    }

    /// Levels of adders until the fields have parted: a field that has borrowed gets back one.
    pub fn levels_unpacked(&self) -> usize {
        self.levels_packed() + usize::from(self.borrows)
    }

    /// All levels.
    pub fn levels(&self) -> Levels {
        let adders = self.levels_unpacked() + tree(self.chains);
        Levels { products: true, adders, correction: self.offset }
    }
}

impl MacArray {
    /// The levels of the sum of a beat's activations, which packed rows share.
    pub fn excess_levels(&self) -> Levels {
        Levels { products: false, adders: tree(self.simd), correction: false }
    }

    /// Registers behind that sum until packed rows take it, in their correction.
    pub fn excess_wait(&self, packing: &Packing) -> usize {
        let before = Levels { correction: false, ..packing.levels() };
        before.stages(self.per_stage) - self.excess_levels().stages(self.per_stage)
    }

    /// How the rows in DSP slices pack their products, if there are such rows and they can.
    pub fn packing(&self) -> Option<Packing> {
        let rows = self.dsp.rows > 0;
        rows.then(|| Packing::new(self.dsp.products, self.simd, self.x, self.w, self.slice)).flatten()
    }
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
            let packing = Packing::new(products, 16, x, w, SLICE).expect("it fits");
            assert_eq!((packing.pitch, packing.length), (pitch, length), "{w} x {x}: {packing:?}");
        }
        let most = |x, w| Packing::most(x, w, SLICE);
        assert_eq!((most(u(8), i(8)), most(u(8), i(16)), most(u(20), i(20))), (2, 1, 0));
        let seven_series = DspSlice { wide: 25, narrow: 18 };
        assert_eq!(Packing::new(3, 16, u(4), i(4), seven_series).map(|p| p.pitch), Some(10));
    }

    /// Every field of every sum of `length` products is exact, over random and extreme operands.
    #[test]
    fn fields_hold_what_is_added() {
        let mut random = crate::design::testing::Random(5);
        for (w, x) in [(i(4), u(4)), (i(8), i(8)), (i(3), i(5)), (u(4), u(3)), (i(2), u(2)), (i(1), u(4))] {
            for products in 2..=Packing::most(x, w, SLICE) {
                let packing = Packing::new(products, 16, x, w, SLICE).expect("it is not too many");
                for trial in 0..200 {
                    check_sum(&packing, w, x, || match trial {
                        0 => (w.max, x.max),
                        1 => (w.max, x.min),
                        2 => (w.min, x.min),
                        _ => (random.value(w), random.value(x)),
                    });
                }
            }
        }
    }

    fn check_sum(packing: &Packing, w: IntType, x: IntType, mut operands: impl FnMut() -> (i64, i64)) {
        let half = if w.is_signed() { 1i64 << (w.bits - 1) } else { 0 };
        let (mut packed, mut excess) = (0i64, 0);
        let mut sums = vec![0i64; packing.products];
        for _ in 0..packing.length {
            let pairs: Vec<_> = sums.iter().map(|_| operands()).collect();
            let value = pairs[0].1;
            let fields = pairs.iter().enumerate().map(|(k, p)| (p.0 + half) << (k * packing.pitch));
            packed += fields.sum::<i64>() * value;
            excess += half * value;
            sums.iter_mut().zip(&pairs).for_each(|(sum, pair)| *sum += pair.0 * value);
        }
        for (k, sum) in sums.iter().enumerate() {
            let at = k * packing.pitch;
            let field = packed >> at & ((1 << packing.pitch) - 1);
            let lent = if k > 0 && packing.borrows { packed >> (at - 1) & 1 } else { 0 };
            let spare = 64 - packing.pitch;
            let lane = field + lent;
            let lane = if packing.borrows { lane << spare >> spare } else { lane };
            assert_eq!(lane - excess, *sum, "{w} x {x}, field {k} of {packing:?}");
        }
    }
}
