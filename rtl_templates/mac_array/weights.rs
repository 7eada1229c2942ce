//! Weight words: in constants, or in memories of one word per beat.

use crate::{Memory, Site, Word};
use mpqc_ir::design::blocks::MacArray;
use std::ops::Range;

/// The weights of a MAC array in the order of its beats.
pub(super) struct Weights<'a> {
    mac: &'a MacArray,
}

/// A row's weights as the template declares them.
pub(super) struct WeightConstant {
    /// Its highest bit.
    pub msb: String,
    pub literal: String,
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
        Weights { mac }
    }

    /// A constant for each row, where each has but one word.
    pub fn constants(&self) -> Vec<WeightConstant> {
        if self.mac.depth() > 1 {
            return Vec::new();
        }
        let msb = |row| match self.mac.is_even() {
            true => "W_BITS-1".to_owned(),
            false => (self.mac.row_word(row) - 1).to_string(),
        };
        let constant = |row| WeightConstant { msb: msb(row), literal: self.word(0, row..row + 1).literal() };
        (0..self.mac.pe).map(constant).collect()
    }

    /// The memories, where rows have several words.
    pub fn memories(&self, site: &Site<'_>) -> Vec<WeightMemory> {
        self.groups(site).into_iter().map(|(_, memory)| memory).collect()
    }

    /// Their images.
    pub fn images(&self, site: &Site<'_>) -> Vec<Memory> {
        let image = |(rows, memory): (Range<usize>, WeightMemory)| Memory {
            path: memory.path,
            words: (0..self.mac.depth()).map(|address| self.word(address, rows.clone())).collect(),
        };
        self.groups(site).into_iter().map(image).collect()
    }

    /// The memories with the rows of each.
    fn groups(&self, site: &Site<'_>) -> Vec<(Range<usize>, WeightMemory)> {
        let mac = self.mac;
        let all = if mac.depth() > 1 { mac.memory_rows() } else { Vec::new() };
        let alone = all.len() == 1;
        let named = all.into_iter().map(|rows| {
            let suffix = if alone { String::new() } else { rows.start.to_string() };
            let memory = WeightMemory {
                name: format!("weights{suffix}"),
                path: site.memory(&format!("weights{suffix}")),
                first: mac.row_start(rows.start),
                width: mac.rows_word(rows.clone()),
            };
            (rows, memory)
        });
        named.collect()
    }

    /// The weights of some rows at an address, the lowest row and input in the lowest bits.
    fn word(&self, address: usize, rows: Range<usize>) -> Word {
        let mac = self.mac;
        let (group, beat) = (address / mac.synapse_fold(), address % mac.synapse_fold());
        let (lanes, taps) = (mac.slices(), mac.overlap.taps);
        // All lanes' first taps, then their second, …
        let weight = |row: usize, place: usize| {
            let (tap, lane) = (place / lanes, place % lanes);
            let (output, input) = (group * mac.pe + row, (beat * lanes + lane) * taps + tap);
            mac.weights.get((output, input)).copied().unwrap_or(self.padding())
        };
        let mut word = Word::new();
        for row in rows {
            let bits = mac.row_bits[row];
            let code = |place| (mac.w.encode(weight(row, place)) ^ self.code(row)) & (u64::MAX >> (64 - bits));
            (0..mac.row_weights()).for_each(|place| word.push(bits, code(place)));
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
