//! Targets: boards and parts with their resources and clock.

use super::Resources;
use super::blocks::MemoryStyle;
use serde::{Deserialize, Serialize};

/// A device to compile for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Name on the command line.
    pub name: String,
    /// Device name of the vendor.
    pub part: String,
    /// What its logic is made of.
    #[serde(default)]
    pub family: Family,
    /// What the device holds.
    pub resources: Resources,
    /// Clock that designs are planned for, in MHz.
    pub clock_mhz: f64,
    /// How much logic stands between two registers.
    #[serde(default)]
    pub pipeline: Pipeline,
}

/// A family of devices with the same primitives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// AMD UltraScale+: LUT6, DSP48E2, BRAM18, UltraRAM.
    #[default]
    UltrascalePlus,
    /// AMD 7 series: LUT6, DSP48E1, BRAM18.
    #[serde(rename = "7-series")]
    Series7,
    /// Lattice ECP5: LUT4, MULT18X18D, block memories of 18 kbit.
    Ecp5,
    /// Standard cells.
    Asic,
}

/// The factors of a DSP slice's multiplier, in bits of signed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DspSlice {
    /// Bits of the wider factor.
    pub wide: u32,
    /// Bits of the narrower factor.
    pub narrow: u32,
}

impl Default for DspSlice {
    /// A DSP48E2's (AMD UG579).
    fn default() -> DspSlice {
        DspSlice { wide: 27, narrow: 18 }
    }
}

impl Family {
    /// The multiplier of a DSP slice: DSP48E2 (AMD UG579), DSP48E1 (UG479), MULT18X18D (Lattice FPGA-TN-02205).
    pub fn dsp_slice(self) -> DspSlice {
        match self {
            Family::UltrascalePlus | Family::Asic => DspSlice::default(),
            Family::Series7 => DspSlice { wide: 25, narrow: 18 },
            Family::Ecp5 => DspSlice { wide: 18, narrow: 18 },
        }
    }

    /// Whether open synthesis moves registers of operands and products into DSP slices: Yosys 0.70 does for DSP48E1 and not
    /// for DSP48E2.
    pub fn dsp_takes_registers(self) -> bool {
        self == Family::Series7
    }
}

/// How much logic stands between two registers: a slow fabric or a fast clock wants less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pipeline {
    /// Levels of two-input adders from one register to the next: of adder trees, and where packed products part.
    pub adder_levels_per_stage: usize,
    /// Steps of a threshold's binary search from one register to the next.
    pub threshold_steps_per_stage: usize,
    /// Registers that a word of weights goes through from block memory to the multipliers: 1, which is the memory's own,
    /// or 2, where a word takes long to come out of it.
    pub memory_registers: usize,
}

impl Default for Pipeline {
    fn default() -> Pipeline {
        Pipeline { adder_levels_per_stage: 2, threshold_steps_per_stage: 1, memory_registers: 1 }
    }
}

impl Pipeline {
    /// Stages in which weights of a memory become operands.
    pub fn operand_stages(&self, memory: MemoryStyle) -> usize {
        if memory == MemoryStyle::Block { self.memory_registers } else { 1 }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Family::UltrascalePlus => "ultrascale-plus",
            Family::Series7 => "7-series",
            Family::Ecp5 => "ecp5",
            Family::Asic => "asic",
        })
    }
}
