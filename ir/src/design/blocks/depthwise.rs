//! Depthwise MAC array: a kernel of its own for every channel.

use super::mac_array::{MemoryStyle, Multiplier};
use super::{BlockSpec, Resources, Target};
use crate::design::cost::{bram18, buffer, counter, delay, multiplier_luts, rom_luts, rom_registers};
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
    /// Windows per frame.
    pub vectors: usize,
}

impl Depthwise {
    /// Registers between an accepted beat and the output buffer: operands, products. The sums are formed on the way
    /// into the output buffer.
    pub const STAGES: usize = 2;

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

impl BlockSpec for Depthwise {
    fn cost(&self, _: &Target) -> Resources {
        let lanes = self.lanes as u64;
        let (x, w) = (u64::from(self.x.bits), u64::from(self.product.weight_type.bits));
        let acc = u64::from(self.product.accumulator.bits);
        let in_dsp = self.multiplier == Multiplier::Dsp;
        let product = if in_dsp { 0.0 } else { multiplier_luts(x, w) };
        // Sums of other slices wait in a shift register: 32 deep in a LUT, or flip-flops where there are few.
        let slices = self.slices() as u64;
        let waiting = delay(acc * lanes, slices);
        let (depth, word) = (self.beats() as u64, lanes * w);
        let weights = match self.memory {
            MemoryStyle::Block => Resources { bram18: bram18(depth, word), ..Resources::default() },
            _ => Resources {
                lut: rom_luts(depth, word),
                ff: rom_registers(depth, word),
                ..Resources::default()
            },
        };
        let logic = Resources {
            lut: lanes * (product.ceil() as u64 + acc),
            ff: lanes * (x + x + w) + 4,
            dsp: if in_dsp { lanes } else { 0 },
            ..Resources::default()
        };
        logic
            + waiting
            + weights
            + buffer(lanes * acc, self.output_depth())
            + counter(self.beats())
            + counter(self.slices())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.beats() * self.vectors) as u64
    }

    fn output_depth(&self) -> u32 {
        if self.slices() == 1 && self.taps() > 1 { 1 } else { 2 }
    }
}
