//! Adder of two streams with constant gains.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::buffer;
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// Joins two streams of equal layout: `gains[0]·a + gains[1]·b` lane by lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Add {
    /// Element types of the operands.
    pub operands: [IntType; 2],
    /// Integer gains.
    pub gains: [i64; 2],
    /// Element type of the sum.
    pub output: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Beats per frame.
    pub beats_per_frame: usize,
}

impl Add {
    /// Registers between an accepted beat and the output buffer: the weighted operands.
    pub const STAGES: usize = 1;
}

impl Add {
    /// Multiplications by gains, and sums.
    fn terms(&self) -> LutTerms {
        let gain_luts = |ty: &IntType, gain: i64| {
            u64::from(gain.unsigned_abs().count_ones().saturating_sub(1))
                * u64::from(ty.bits + 64 - gain.unsigned_abs().leading_zeros())
        };
        let lanes = self.lanes as u64;
        let gains: u64 = (0..2).map(|i| gain_luts(&self.operands[i], self.gains[i])).sum();
        let added = lanes * u64::from(self.output.bits);
        LutTerms::new(0, [("gains", lanes * gains), ("added_bits", added), ("block", 1)])
    }
}

/// Bits of an operand times its gain that are not always zero.
fn weighted_bits(ty: &IntType, gain: i64) -> u64 {
    let (a, b) = (ty.min * gain, ty.max * gain);
    u64::from(IntType::smallest(a.min(b), a.max(b)).bits.saturating_sub(gain.trailing_zeros()))
}

impl BlockSpec for Add {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.output.bits);
        let weighted: u64 = (0..2).map(|i| weighted_bits(&self.operands[i], self.gains[i])).sum();
        let operands = self.lanes as u64 * weighted + 1;
        let registers = Resources { ff: operands, ..Resources::default() } + buffer(width, 2);
        registers.with_luts(self.terms().luts("add"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        self.beats_per_frame as u64
    }

    fn output_depth(&self) -> u32 {
        2
    }
}
