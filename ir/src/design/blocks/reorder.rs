//! Reordering: other order, repetitions, omissions.

use super::{BlockSpec, LutTerms, RamStyle, Resources, Target};
use crate::design::cost::{block_memory, counter, counter_bits, counters_bits, rom_luts};
use crate::number::IntType;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Stores groups of `group` beats in one half of a memory while it sends the beats of the last group out of the
/// other half, in a constant order: nearest-neighbour enlargement, depth to space, slices, transpositions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reorder {
    /// Element type.
    pub elem: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Beats per group on arrival.
    pub group: usize,
    /// Beat of the group that each beat sent is.
    pub order: Arc<Vec<u32>>,
    /// Groups per frame.
    pub groups: usize,
    /// Where the groups live.
    pub memory: RamStyle,
}

impl Reorder {
    /// Whether the order lives in block memory: where it is long, and the groups do not live in logic either.
    pub fn order_in_block(&self) -> bool {
        self.memory != RamStyle::Distributed && self.order.len() > 256
    }
}

impl Reorder {
    /// The memory, the order's table, addresses and counters.
    fn terms(&self) -> LutTerms {
        let order = self.order_cost().lut;
        let (table, chosen) = if self.order_in_block() { (0, order) } else { (order, 0) };
        let counted = counters_bits(&[self.group, self.group, self.order.len()]);
        LutTerms::new(
            self.memory_cost().lut + chosen,
            [("table", table), ("counter_bits", counted), ("block", 1)],
        )
    }

    /// The order's table, with the register of an address that block memory has itself.
    fn order_cost(&self) -> Resources {
        let (words, address) = (self.order.len() as u64, counter_bits(self.group));
        match self.order_in_block() {
            true => block_memory(words, address),
            false => Resources { lut: rom_luts(words, address), ff: address, ..Resources::default() },
        }
    }

    /// Two groups.
    fn memory_cost(&self) -> Resources {
        self.memory.cost(2 * self.group as u64, self.lanes as u64 * u64::from(self.elem.bits))
    }
}

impl BlockSpec for Reorder {
    fn cost(&self, _: &Target) -> Resources {
        let width = self.lanes as u64 * u64::from(self.elem.bits);
        let register = if self.memory == RamStyle::Distributed { width } else { 0 };
        let control = Resources { ff: register + 5, ..Resources::default() };
        let counters = counter(self.group) + counter(self.order.len());
        (self.memory_cost() + self.order_cost() + control + counters).with_luts(self.terms().luts("reorder"))
    }

    fn lut_terms(&self) -> Option<LutTerms> {
        Some(self.terms())
    }

    fn cycles_per_frame(&self) -> u64 {
        (self.group.max(self.order.len()) * self.groups) as u64
    }

    /// The register that the memory is read into takes a beat every cycle by itself.
    fn output_depth(&self) -> u32 {
        1
    }
}
