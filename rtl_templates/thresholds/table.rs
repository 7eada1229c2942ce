//! The threshold tables of every lane and step of the binary search.

use crate::{Memory, Site, Word};
use mpqc_ir::design::blocks::Thresholds;
use mpqc_ir::number::IntType;

/// Tables of more bits lie in a file and not in a parameter: tools are slow with long literals.
const LONGEST_LITERAL: usize = 4096;

/// The tables of a threshold block.
///
/// Step `i` of `n` decides bit `n − 1 − i` of the count; it compares with the threshold at the middle of what
/// the steps before have left, so it has `2^i` entries per channel.
pub(super) struct Tables<'a> {
    block: &'a Thresholds,
    /// Type of an entry.
    pub ty: IntType,
}

impl<'a> Tables<'a> {
    pub fn new(block: &'a Thresholds) -> Self {
        Tables { block, ty: block.threshold_type() }
    }

    /// Beats whose channels differ.
    pub fn beats(&self) -> usize {
        if self.is_common() { 1 } else { self.block.beats() }
    }

    /// Entries of a step, addressed by beat and count.
    pub fn entries(&self, step: usize) -> usize {
        self.beats() << step
    }

    /// Whether a step's table lies in a file.
    pub fn in_file(&self, step: usize) -> bool {
        self.entries(step) * self.ty.bits as usize > LONGEST_LITERAL
    }

    /// Parameters of a lane's module, the names padded to a common width.
    pub fn parameters(&self, site: &Site<'_>, lane: usize) -> Vec<(String, String)> {
        let mut parameters: Vec<(String, String)> =
            (0..self.block.steps()).map(|step| self.parameter(site, lane, step)).collect();
        let mut falls = Word::new();
        for beat in 0..self.beats() {
            falls.push(1, u64::from(self.falls(beat, lane)));
        }
        parameters.push(("FALLS".to_owned(), falls.literal()));
        parameters
    }

    /// Images of the tables that lie in files.
    pub fn images(&self, site: &Site<'_>) -> Vec<Memory> {
        let steps = (0..self.block.steps()).filter(|step| self.in_file(*step));
        let places = steps.flat_map(|step| (0..self.block.lanes).map(move |lane| (lane, step)));
        let image = |(lane, step)| Memory {
            path: path(site, lane, step),
            words: self.table(lane, step).map(|v| Word::of(self.ty, [v])).collect(),
        };
        places.map(image).collect()
    }

    fn parameter(&self, site: &Site<'_>, lane: usize, step: usize) -> (String, String) {
        if self.in_file(step) {
            return (format!("FILE{step}"), format!("\"{}\"", path(site, lane, step)));
        }
        (format!("STEP{step}"), Word::of(self.ty, self.table(lane, step)).literal())
    }

    /// Entries of a step, count innermost.
    fn table(&self, lane: usize, step: usize) -> impl Iterator<Item = i64> {
        let left = self.block.steps() - step;
        let entry = move |beat| {
            (0..1usize << step)
                .map(move |count| self.threshold(beat, lane, (count << left) + (1 << (left - 1)) - 1))
        };
        (0..self.beats()).flat_map(entry)
    }

    /// Threshold `k` of a channel; one that is never reached where there is none.
    fn threshold(&self, beat: usize, lane: usize, k: usize) -> i64 {
        let table = &self.block.table.table;
        let stored = table.get((self.row(beat, lane), k)).copied().unwrap_or(self.ty.max);
        stored.clamp(self.ty.min, self.ty.max)
    }

    fn falls(&self, beat: usize, lane: usize) -> bool {
        self.block.table.falling.get(self.row(beat, lane)).copied().unwrap_or(false)
    }

    fn row(&self, beat: usize, lane: usize) -> usize {
        if self.is_common() { 0 } else { beat * self.block.lanes + lane }
    }

    fn is_common(&self) -> bool {
        self.block.table.table.nrows() == 1
    }
}

fn path(site: &Site<'_>, lane: usize, step: usize) -> String {
    site.memory(&format!("lane{lane}_step{step}"))
}
