//! Multiply-add-shift requantizer.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::DspSlice;
use crate::design::cost::{
    buffer, constant_multiplier_luts, counter, counter_bits, multiplier_luts, rom_luts,
};
use crate::int_network;
use crate::number::IntType;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Maps `lanes` values per beat to `clamp((x·mul + add) >> shift)`, with constants per channel or one set
/// (integer-only requantization, Jacob et al., arXiv 1712.05877; the constants are proved, not rounded).
///
/// Channel of lane `l` in beat `b` of a vector: `b·lanes + l`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScaleShift {
    /// The exact function.
    pub function: Arc<int_network::ScaleShift>,
    /// Type of the values.
    pub input: IntType,
    /// Type of the codes.
    pub output: IntType,
    /// Values per beat.
    pub lanes: usize,
    /// Channels per vector.
    pub channels: usize,
    /// Vectors per frame.
    pub vectors: usize,
    /// Cycles between input beats that the producer guarantees at least.
    pub interval: usize,
    /// Whether the product uses DSP slices (else LUTs).
    pub dsp: bool,
}

impl ScaleShift {
    /// Registers between an accepted beat and the output buffer: operands, product, sum.
    pub const STAGES: usize = 3;

    /// Beats per vector.
    pub fn beats(&self) -> usize {
        self.channels.div_ceil(self.lanes)
    }

    /// Narrowest type of the factors.
    pub fn mul_type(&self) -> IntType {
        range(&self.function.mul)
    }

    /// Narrowest type of the addends.
    pub fn add_type(&self) -> IntType {
        range(&self.function.add)
    }

    /// Type of `x·mul + add` over all channels and the input's whole range.
    pub fn sum_type(&self) -> IntType {
        let ends = |m: i64, a: i64| [self.input.min * m + a, self.input.max * m + a, 0];
        let n = self.function.mul.len().max(self.function.add.len());
        let at = |v: &[i64], i: usize| if v.len() == 1 { v[0] } else { v[i] };
        range(
            &(0..n)
                .flat_map(|i| ends(at(&self.function.mul, i), at(&self.function.add, i)))
                .collect::<Vec<_>>(),
        )
    }
}

fn range(values: &[i64]) -> IntType {
    let min = values.iter().copied().min().unwrap_or(0);
    let max = values.iter().copied().max().unwrap_or(0);
    IntType::smallest(min, max)
}

impl ScaleShift {
    /// Sets of constants that a lane uses in turn.
    fn sets(&self) -> usize {
        let single = self.function.mul.len() == 1 && self.function.add.len() == 1;
        if single { 1 } else { self.beats() }
    }

    /// LUTs of the products of all lanes.
    fn product_luts(&self) -> u64 {
        let (x, m) = (u64::from(self.input.bits), u64::from(self.mul_type().bits));
        let constants = self.function.mul.iter().cycle().take(self.lanes);
        match self.sets() {
            _ if self.dsp => 0,
            1 => constants.map(|c| constant_multiplier_luts(x, *c)).sum(),
            _ => self.lanes as u64 * multiplier_luts(x, m).ceil() as u64,
        }
    }

    /// DSP slices of the products of all lanes: operands that are wider than a slice's take one per pair of parts.
    fn dsp_slices(&self, target: &Target) -> u64 {
        let (x, m) = (self.input.bits, self.mul_type().bits);
        let DspSlice { wide, narrow } = target.family.dsp_slice();
        let slices = x.max(m).div_ceil(wide) * x.min(m).div_ceil(narrow);
        if self.dsp { self.lanes as u64 * u64::from(slices) } else { 0 }
    }
}

impl ScaleShift {
    /// Bits of a code that a clamp may set or clear, and one for the comparison with what is above all codes.
    fn clamped_bits(&self) -> u64 {
        let (sum, shift) = (self.sum_type(), self.function.shift);
        let (least, most) = (sum.min >> shift, sum.max >> shift);
        let (min, max) = (self.function.min, self.function.max);
        let bits = u64::from(IntType::smallest(least.clamp(min, max), most.clamp(min, max)).bits);
        let (low, high) = (least < min, most > max);
        if low || high { bits + u64::from(high) } else { 0 }
    }

    /// Products, sums and clamps, the table of constants, and the counter.
    fn terms(&self) -> LutTerms {
        let (m, a) = (u64::from(self.mul_type().bits), u64::from(self.add_type().bits));
        let lanes = self.lanes as u64;
        let (sum, code) = (u64::from(self.sum_type().bits), u64::from(self.output.bits));
        let known = self.sets() == 1;
        LutTerms::new(
            0,
            [
                ("product", if known { 0 } else { self.product_luts() }),
                ("constant_product", if known { self.product_luts() } else { 0 }),
                ("added_bits", if known { 0 } else { lanes * (sum + code) }),
                ("constant_bits", if known { lanes * sum } else { 0 }),
                ("clamped_bits", if known { lanes * self.clamped_bits() } else { 0 }),
                ("table", rom_luts(self.sets() as u64, lanes * (m + a))),
                ("counter_bits", counter_bits(self.beats())),
                ("block", 1),
            ],
        )
    }
}

impl BlockSpec for ScaleShift {
    fn cost(&self, target: &Target) -> Resources {
        let (x, m) = (u64::from(self.input.bits), u64::from(self.mul_type().bits));
        let (a, sum) = (u64::from(self.add_type().bits), u64::from(self.sum_type().bits));
        let lanes = self.lanes as u64;
        let inside = self.dsp && target.family.dsp_takes_registers();
        let operands = if inside { 0 } else { x + (x + m) };
        let constants = match self.sets() {
            1 => 0,
            _ if inside => 2 * a,
            _ => m + 2 * a,
        };
        let logic = Resources {
            // Of the sums, what is shifted out is not kept.
            ff: lanes * (operands + constants + sum.saturating_sub(u64::from(self.function.shift))),
            dsp: self.dsp_slices(target),
            ..Resources::default()
        };
        let codes = buffer(lanes * u64::from(self.output.bits), self.output_depth());
        let all = logic + codes + counter(self.beats());
        all.with_luts(self.terms().luts("scale_shift"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.beats() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.interval > 1 { 1 } else { 2 }
    }
}
