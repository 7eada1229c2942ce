//! Depthwise MAC array: a kernel of its own for every channel.

use super::mac_array::{MemoryStyle, Multiplier};
use super::{BlockSpec, LutTerms, Resources, Target, is_one, one};
use crate::design::Family;
use crate::design::cost::{
    block_memory, buffer, counter, counters_bits, delay_on, multiplier_luts, rom_luts, rom_registers,
};
use crate::int_network;
use crate::number::IntType;
use serde::{Deserialize, Serialize};

/// `lanes` multipliers with an accumulator for every slice of channels. A window arrives tap by tap, each tap in
/// SF = channels / lanes beats; with the last tap the sums leave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Depthwise {
    /// Weights `[taps][channels]` and types of weights and sums.
    pub product: int_network::Depthwise,
    /// Activation type.
    pub x: IntType,
    /// Channels per beat; divides the channels.
    pub lanes: usize,
    /// What multiplies: LUTs or DSP slices.
    pub multiplier: Multiplier,
    /// Where the weights live.
    pub memory: MemoryStyle,
    /// Stages in which operands come: 1, or 2 where a word of block memory is registered once more.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub operand_stages: usize,
    /// Windows per frame.
    pub vectors: usize,
}

impl Depthwise {
    /// Registers between an accepted beat and the output buffer: operands, products. The sums are formed on the way
    /// into the output buffer.
    pub fn stages(&self) -> usize {
        self.operand_stages + 1
    }

    /// Taps of the kernel.
    pub fn taps(&self) -> usize {
        self.product.weights.nrows()
    }

    /// Channels per pixel.
    pub fn channels(&self) -> usize {
        self.product.weights.ncols()
    }

    /// Beats per tap, and per result.
    pub fn slices(&self) -> usize {
        self.channels() / self.lanes
    }

    /// Beats per window, and words of weights.
    pub fn beats(&self) -> usize {
        self.taps() * self.slices()
    }
}

impl Depthwise {
    /// Bits of the sums of a beat.
    fn sum_bits(&self) -> u64 {
        self.lanes as u64 * u64::from(self.product.accumulator.bits)
    }

    /// Sums of other slices wait in a shift register: 32 deep in a LUT, or flip-flops where there are few.
    fn waiting(&self, family: Family) -> Resources {
        delay_on(family, self.sum_bits(), self.slices() as u64)
    }

    /// The table of weights.
    fn weights(&self) -> Resources {
        let (depth, word) =
            (self.beats() as u64, self.lanes as u64 * u64::from(self.product.weight_type.bits));
        match self.memory {
            MemoryStyle::Block => block_memory(depth, word),
            _ => Resources {
                lut: rom_luts(depth, word),
                ff: rom_registers(depth, word),
                ..Resources::default()
            },
        }
    }

    /// Products, sums, waiting sums, the table of weights, and the counters.
    fn terms(&self, family: Family) -> LutTerms {
        let (x, w) = (u64::from(self.x.bits), u64::from(self.product.weight_type.bits));
        let product = if self.multiplier == Multiplier::Dsp { 0.0 } else { multiplier_luts(x, w) };
        let (table, chosen) = match self.memory {
            MemoryStyle::Block => (0, self.weights().lut),
            _ => (self.weights().lut, 0),
        };
        LutTerms::new(
            self.waiting(family).lut + chosen,
            [
                ("product", (self.lanes as f64 * product).ceil() as u64),
                ("added_bits", self.sum_bits()),
                ("table", table),
                ("counter_bits", counters_bits(&[self.beats(), self.slices()])),
                ("block", 1),
            ],
        )
    }
}

impl BlockSpec for Depthwise {
    fn cost(&self, target: &Target) -> Resources {
        let lanes = self.lanes as u64;
        let (x, w) = (u64::from(self.x.bits), u64::from(self.product.weight_type.bits));
        let logic = Resources {
            ff: lanes * (x + x + w + (self.operand_stages - 1) as u64 * (x + w)) + 4,
            dsp: if self.multiplier == Multiplier::Dsp { lanes } else { 0 },
            ..Resources::default()
        };
        let counters = counter(self.beats()) + counter(self.slices());
        let sums = buffer(self.sum_bits(), self.output_depth());
        let all = logic + self.waiting(target.family) + self.weights() + sums + counters;
        all.with_luts(self.terms(target.family).luts("depthwise"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms(Family::default()))
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.beats() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.slices() == 1 && self.taps() > 1 { 1 } else { 2 }
    }
}
