//! Dot products in look-up tables, by bit planes of one operand.

use super::levels::{Levels, tree};
use super::{MacArray, MemoryStyle};
use crate::number::IntType;

/// A dot product of `simd` pairs of operands by bit planes of the narrower one: plane `j` is the sum of those terms
/// whose partner has bit `j` set. Terms are added in pairs first, with their gates in the adder's look-up tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planes {
    /// Pairs of operands.
    pub simd: usize,
    /// The operand that is added.
    pub term: IntType,
    /// The operand whose bits are the planes.
    pub gate: IntType,
    /// Whether the planes are of the weights, and not of the activations.
    pub of_weights: bool,
}

impl Planes {
    /// Sums of two terms, of a plane.
    pub fn pairs(&self) -> usize {
        self.simd.div_ceil(2)
    }

    /// Planes.
    pub fn count(&self) -> usize {
        self.gate.bits as usize
    }

    /// Levels of adders to the sum of a plane.
    pub fn levels_of_plane(&self) -> usize {
        1 + tree(self.pairs())
    }

    /// Bits of the sum of a plane.
    pub fn plane_bits(&self) -> usize {
        self.term.bits as usize + self.levels_of_plane()
    }

    /// All levels.
    pub fn levels(&self) -> Levels {
        Levels { products: false, adders: self.levels_of_plane() + tree(self.count()), correction: false }
    }
}

impl MacArray {
    /// How rows in look-up tables add bit planes of activations or of weights of type `w`; `None` where they form
    /// products: of ±1, and with weights that synthesis knows.
    pub(super) fn planes(&self, w: IntType) -> Option<Planes> {
        let x = self.x;
        if x.is_bipolar() || w.is_bipolar() || self.memory == MemoryStyle::Constant {
            return None;
        }
        let (of_weights, term, gate) = if w.bits <= x.bits { (true, x, w) } else { (false, w, x) };
        // A plane counts negative when it is joined with the one below it.
        let joined = gate.bits > 1 || !gate.is_signed();
        let simd = self.slices() * self.overlap.most();
        joined.then_some(Planes { simd, term, gate, of_weights })
    }

    /// Those of one column, on which not all products fall.
    pub fn planes_of(&self, planes: Planes, field: usize) -> Planes {
        Planes { simd: self.slices() * self.overlap.pixels_of(field).len(), ..planes }
    }
}
