//! Threshold requantizer: a binary search over comparisons, one pipelined step per output bit.

use super::{BlockSpec, LutTerms, Resources, Target};
use crate::design::cost::{buffer, counter, counter_bits, rom_luts};
use crate::int_network;
use crate::number::IntType;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Maps `lanes` values per beat to codes by comparisons (FINN, arXiv 1612.07119; search as in FINN's RTL).
///
/// Channel of lane `l` in beat `b` of a vector: `b·lanes + l`. The table is padded to a power of two minus one
/// entries with thresholds that are never reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// The exact function.
    pub table: Arc<int_network::Thresholds>,
    /// Type of the values compared.
    pub input: IntType,
    /// Type of the codes.
    pub output: IntType,
    /// Values per beat.
    pub lanes: usize,
    /// Channels per vector.
    pub channels: usize,
    /// Vectors per frame.
    pub vectors: usize,
    /// Cycles between input beats that the producer guarantees at least; 1 where beats may come every cycle.
    pub interval: usize,
    /// Steps of the search from one register to the next.
    pub per_stage: usize,
}

impl Thresholds {
    /// Constants that a table of look-up tables chooses from together with other inputs.
    const FEW: u64 = 4;

    /// Steps of the binary search: ⌈log2(thresholds + 1)⌉, at least 1.
    pub fn steps(&self) -> usize {
        let levels = self.table.table.ncols() + 1;
        (levels.next_power_of_two().trailing_zeros() as usize).max(1)
    }

    /// Registers between an accepted beat and the output buffer, which is the last one of the search.
    pub fn stages(&self) -> usize {
        self.stage_of(self.steps() - 1)
    }

    /// Registers before a step.
    pub fn stage_of(&self, step: usize) -> usize {
        step / self.per_stage.max(1)
    }

    /// Beats per vector.
    pub fn beats(&self) -> usize {
        self.channels.div_ceil(self.lanes)
    }

    /// Type of the stored thresholds: the (flipped) input's range and one beyond.
    pub fn threshold_type(&self) -> IntType {
        let falls = self.table.falling.contains(&true);
        let rises = self.table.falling.contains(&false);
        let (mut min, mut max) = (i64::MAX, i64::MIN);
        if rises {
            (min, max) = (self.input.min, self.input.max + 1);
        }
        if falls {
            (min, max) = (min.min(!self.input.max), max.max(!self.input.min + 1));
        }
        // An unsigned comparison with zero is always true, which lint takes for a mistake.
        let always_reached = min >= 0 && self.table.table.iter().any(|t| *t <= 0);
        IntType::smallest(if always_reached { -1 } else { min }, max)
    }

    /// Thresholds that a lane chooses from in a step.
    fn entries(&self, step: usize) -> u64 {
        let channels = if self.table.table.nrows() == 1 { 1 } else { self.beats() as u64 };
        channels << step
    }

    /// Flip-flops of a step of a lane: value and count.
    fn step_registers(&self, step: usize) -> u64 {
        let registered = step > 0 && self.stage_of(step) > self.stage_of(step - 1);
        if registered { u64::from(self.input.bits) + step as u64 } else { 0 }
    }

    /// Steps of a lane that choose from so many thresholds.
    fn steps_of(&self, entries: std::ops::RangeInclusive<u64>) -> impl Iterator<Item = u64> {
        (0..self.steps()).map(|step| self.entries(step)).filter(move |words| entries.contains(words))
    }

    /// The tables of all lanes, shallow and deep ones apart, the comparisons with them, the buffer and the counters. A
    /// threshold that is one of a few melts into its comparison.
    fn terms(&self) -> LutTerms {
        let (bits, lanes) = (u64::from(self.threshold_type().bits), self.lanes as u64);
        let tables = |entries| lanes * self.steps_of(entries).map(|words| rom_luts(words, bits)).sum::<u64>();
        let compared = |entries| lanes * bits * self.steps_of(entries).count() as u64;
        LutTerms::new(
            0,
            [
                ("table", tables(Self::FEW + 1..=256)),
                ("deep_table", tables(257..=u64::MAX)),
                ("compared_bits", compared(Self::FEW + 1..=u64::MAX)),
                ("compared_with_few", compared(2..=Self::FEW)),
                ("compared_with_one", compared(0..=1)),
                ("counter_bits", counter_bits(self.beats()) * self.stages() as u64),
                ("block", 1),
            ],
        )
    }
}

impl BlockSpec for Thresholds {
    fn cost(&self, _: &Target) -> Resources {
        let lane: u64 = (0..self.steps()).map(|step| self.step_registers(step)).sum();
        let control = self.stages() as u64 * (1 + counter_bits(self.beats()));
        let registers = Resources { ff: self.lanes as u64 * lane + control, ..Resources::default() };
        let kept = buffer(self.lanes as u64 * u64::from(self.output.bits), self.output_depth());
        (registers + kept + counter(self.beats())).with_luts(self.terms().luts("thresholds"))
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
