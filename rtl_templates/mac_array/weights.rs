//! Weight words: in constants, or in memories of one word per beat.

use crate::{Memory, Site, Word};
use mpqc_ir::design::blocks::MacArray;

/// Widest word of one memory; wider arrays spread their rows over several.
const WIDEST: usize = 2048;

/// The weights of a MAC array in the order of its beats.
pub(super) struct Weights<'a> {
    mac: &'a MacArray,
    row_bits: usize,
}

/// A memory as the template instantiates it: some rows of the array.
pub(super) struct WeightMemory {
    pub name: String,
    pub path: String,
    /// Lowest bit of its word in the array's word.
    pub first: usize,
    pub width: usize,
}

impl<'a> Weights<'a> {
    pub fn new(mac: &'a MacArray) -> Self {
        Weights { mac, row_bits: mac.simd * mac.w.bits as usize }
    }

    /// A literal for each row, where each has but one word.
    pub fn constants(&self) -> Vec<String> {
        if self.mac.depth() > 1 {
            return Vec::new();
        }
        (0..self.mac.pe).map(|row| self.word(0, row, 1).literal()).collect()
    }

    /// The memories, where rows have several words.
    pub fn memories(&self, site: &Site<'_>) -> Vec<WeightMemory> {
        self.groups(site).map(|(_, _, memory)| memory).collect()
    }

    /// Their images.
    pub fn images(&self, site: &Site<'_>) -> Vec<Memory> {
        let image = |(row, rows, memory): (usize, usize, WeightMemory)| Memory {
            path: memory.path,
            words: (0..self.mac.depth()).map(|address| self.word(address, row, rows)).collect(),
        };
        self.groups(site).map(image).collect()
    }

    /// First row, number of rows and memory of each group.
    fn groups(&self, site: &Site<'_>) -> impl Iterator<Item = (usize, usize, WeightMemory)> {
        let pe = self.mac.pe;
        let rows = (WIDEST / self.row_bits).clamp(1, pe);
        let starts = if self.mac.depth() > 1 { 0..pe } else { 0..0 };
        let memory = move |row: usize| {
            let suffix = if rows < pe { row.to_string() } else { String::new() };
            let count = rows.min(pe - row);
            let memory = WeightMemory {
                name: format!("weights{suffix}"),
                path: site.memory(&format!("weights{suffix}")),
                first: row * self.row_bits,
                width: count * self.row_bits,
            };
            (row, count, memory)
        };
        starts.step_by(rows).map(memory)
    }

    /// The weights of some rows at an address, the lowest row and input in the lowest bits.
    fn word(&self, address: usize, row: usize, rows: usize) -> Word {
        let mac = self.mac;
        let (group, beat) = (address / mac.synapse_fold(), address % mac.synapse_fold());
        let weight = |row: usize, lane: usize| {
            let (output, input) = (group * mac.pe + row, beat * mac.simd + lane);
            mac.weights.get((output, input)).copied().unwrap_or(self.padding())
        };
        let mut word = Word::new();
        for row in row..row + rows {
            (0..mac.simd).for_each(|lane| word.push(mac.w.bits, mac.w.encode(weight(row, lane)) ^ self.code(row)));
        }
        word
    }

    /// What turns a row's weights into codes: packed ones have their sign bits inverted.
    fn code(&self, row: usize) -> u64 {
        let coded = row < self.mac.dsp.rows && self.mac.packing().is_some_and(|packing| packing.offset);
        if coded { 1 << (self.mac.w.bits - 1) } else { 0 }
    }

    /// The weight of a lane that the matrix does not have. For ±1 it is +1: against the 0 bit of a padded
    /// activation it counts nothing.
    fn padding(&self) -> i64 {
        i64::from(self.mac.w.is_bipolar())
    }
}
