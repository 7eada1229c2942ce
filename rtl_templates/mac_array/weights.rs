//! Weight words: in constants, or in memories of one word per beat.

use crate::{Memory, Site, Word};
use mpqc_ir::design::blocks::MacArray;

/// Widest word of one memory; wider arrays spread their rows over several.
const WIDEST: usize = 2048;

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
        let constant = |row| WeightConstant { msb: msb(row), literal: self.word(0, row, 1).literal() };
        (0..self.mac.pe).map(constant).collect()
    }

    /// The memories, where rows have several words.
    pub fn memories(&self, site: &Site<'_>) -> Vec<WeightMemory> {
        self.groups(site).into_iter().map(|(_, _, memory)| memory).collect()
    }

    /// Their images.
    pub fn images(&self, site: &Site<'_>) -> Vec<Memory> {
        let image = |(row, rows, memory): (usize, usize, WeightMemory)| Memory {
            path: memory.path,
            words: (0..self.mac.depth()).map(|address| self.word(address, row, rows)).collect(),
        };
        self.groups(site).into_iter().map(image).collect()
    }

    /// First row, number of rows and memory of each group: as many rows as its word has room for.
    fn groups(&self, site: &Site<'_>) -> Vec<(usize, usize, WeightMemory)> {
        let (mac, mut groups) = (self.mac, Vec::new());
        let mut first = if mac.depth() > 1 { 0 } else { mac.pe };
        while first < mac.pe {
            let fits = |end: &usize| mac.row_start(*end) - mac.row_start(first) <= WIDEST;
            let end = (first + 1..=mac.pe).take_while(fits).last().unwrap_or(first + 1);
            let suffix = if end - first < mac.pe { first.to_string() } else { String::new() };
            let memory = WeightMemory {
                name: format!("weights{suffix}"),
                path: site.memory(&format!("weights{suffix}")),
                first: mac.row_start(first),
                width: mac.row_start(end) - mac.row_start(first),
            };
            groups.push((first, end - first, memory));
            first = end;
        }
        groups
    }

    /// The weights of some rows at an address, the lowest row and input in the lowest bits.
    fn word(&self, address: usize, row: usize, rows: usize) -> Word {
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
        for row in row..row + rows {
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
