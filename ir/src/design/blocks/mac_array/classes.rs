//! Rows whose weights have the same width.

use super::levels::Levels;
use super::{MacArray, Planes};
use crate::number::IntType;
use std::ops::Range;

/// Neighbouring rows in look-up tables whose weights have as many bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowClass {
    /// Which rows.
    pub rows: Range<usize>,
    /// Bits of a weight.
    pub bits: u32,
    /// How they add bit planes, on the columns on which most products fall; `None` where they form products.
    pub planes: Option<Planes>,
    /// Levels from operands to their dot products.
    pub levels: Levels,
}

impl MacArray {
    /// Bits of each of `rows` rows where all weights have the type's width.
    pub fn even_rows(rows: usize, w: IntType) -> Vec<u32> {
        vec![w.bits; rows]
    }

    /// The rows in look-up tables, by the width of their weights.
    pub fn lut_classes(&self) -> Vec<RowClass> {
        let mut classes: Vec<RowClass> = Vec::new();
        for (row, &bits) in self.row_bits.iter().enumerate().skip(self.dsp.rows) {
            match classes.last_mut() {
                Some(class) if class.bits == bits => class.rows.end = row + 1,
                _ => classes.push(self.class(row, bits)),
            }
        }
        classes
    }

    /// A class of one row.
    fn class(&self, row: usize, bits: u32) -> RowClass {
        let planes = self.planes(IntType { bits, ..self.w });
        let levels = planes.map_or_else(|| self.levels_of_products(), |planes| planes.levels());
        RowClass { rows: row..row + 1, bits, planes, levels }
    }

    /// Bits of the weights of a row for a beat.
    pub fn row_word(&self, row: usize) -> usize {
        self.row_weights() * self.row_bits[row] as usize
    }

    /// Weights of a row for a beat.
    pub fn row_weights(&self) -> usize {
        self.slices() * self.overlap.taps
    }

    /// Lowest bit of a row's weights in the word of all rows; of the row behind the last: the word's bits.
    pub fn row_start(&self, row: usize) -> usize {
        self.rows_word(0..row)
    }

    /// Bits of the weights of some rows for a beat.
    pub fn rows_word(&self, rows: Range<usize>) -> usize {
        rows.map(|row| self.row_word(row)).sum()
    }

    /// Whether all rows' weights have the type's width.
    pub fn is_even(&self) -> bool {
        self.row_bits.iter().all(|bits| *bits == self.w.bits)
    }

    /// Whether rows in look-up tables may have narrower weights than others: they add bit planes.
    pub fn allows_classes(&self) -> bool {
        self.planes(self.w).is_some()
    }

    /// The fewest bits that each row can have.
    pub fn narrowest_rows(&self) -> Vec<u32> {
        let least = |row: usize| {
            let own = self.weights.rows().into_iter().skip(row).step_by(self.pe);
            weight_bits(own.flatten().copied(), self.w)
        };
        let narrows = |row: usize| row >= self.dsp.rows && self.allows_classes();
        (0..self.pe).map(|row| if narrows(row) { least(row) } else { self.w.bits }).collect()
    }

    /// Whether every row is as wide as its weights need, and no wider than their type.
    pub fn has_sound_rows(&self) -> bool {
        let least = self.narrowest_rows();
        let sound = |(bits, least): (&u32, &u32)| (*least..=self.w.bits).contains(bits);
        self.row_bits.len() == self.pe && self.row_bits.iter().zip(&least).all(sound)
    }
}

/// Bits that weights need as a type of the same encoding as `w`: a signed one has two at least, as its last bit plane
/// counts negative and is joined with another.
pub fn weight_bits(weights: impl Iterator<Item = i64>, w: IntType) -> u32 {
    let (min, max) = weights.fold((0, 0), |(min, max), w| (w.min(min), w.max(max)));
    let least = if w.is_signed() {
        IntType::smallest(min.min(-1), max).bits.max(2)
    } else {
        IntType::smallest(0, max).bits
    };
    least.min(w.bits)
}
