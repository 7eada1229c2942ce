//! Memories that are written at run time.

use super::Resources;
use crate::design::cost::{block_memory, ram_luts};
use serde::{Deserialize, Serialize};

/// Where words that pass through live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RamStyle {
    /// Distributed memory (LUTs as RAM).
    Distributed,
    /// Block memory.
    Block,
    /// UltraRAM: 4096 words of 72 bits.
    Ultra,
}

impl RamStyle {
    /// All styles.
    pub const ALL: [RamStyle; 3] = [RamStyle::Distributed, RamStyle::Block, RamStyle::Ultra];

    /// The memory alone, one port to write and one to read.
    pub fn cost(self, words: u64, bits: u64) -> Resources {
        match self {
            RamStyle::Distributed => Resources { lut: ram_luts(words, bits), ..Resources::default() },
            RamStyle::Block => block_memory(words, bits),
            RamStyle::Ultra => {
                Resources { uram: bits.div_ceil(72) * words.div_ceil(4096), ..Resources::default() }
            }
        }
    }
}
