//! Registers along the way from operands to a dot product.

use super::MacArray;

/// Levels of two-input adders from operands to a dot product, and the registers that stand there in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// Whether products (of ±1: counts of sixteen) are registered before anything is added.
    pub products: bool,
    /// Levels of adders; behind every so many, and behind the last, stands a register.
    pub adders: usize,
    /// Whether a last subtraction with its own register follows.
    pub correction: bool,
}

impl Levels {
    /// Registers, where at most `per_stage` levels of adders stand between two.
    pub fn stages(&self, per_stage: usize) -> usize {
        let adders = self.adders.div_ceil(per_stage.max(1));
        usize::from(self.products) + adders + usize::from(self.correction)
    }
}

/// Levels of a tree of two-input adders over `terms`.
pub(super) fn tree(terms: usize) -> usize {
    terms.max(1).next_power_of_two().trailing_zeros() as usize
}

impl MacArray {
    /// Bits that the first level of a row of XNORs counts.
    pub const COUNTED: usize = 16;

    /// Whether products are registered before the adder tree, where they are formed one by one: where a multiplier
    /// is more than a few LUTs.
    pub fn registers_products(&self) -> bool {
        self.is_xnor() || self.x.bits + self.w.bits > 5 || self.simd == 1
    }

    /// Terms of a row's adder tree, where products are formed one by one.
    pub fn terms(&self) -> usize {
        if self.is_xnor() { self.simd.div_ceil(Self::COUNTED) } else { self.simd }
    }

    /// The levels of rows in look-up tables that form products one by one.
    pub fn levels_of_products(&self) -> Levels {
        Levels { products: self.registers_products(), adders: tree(self.terms()), correction: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_stands_behind_every_so_many_levels() {
        let levels = Levels { products: true, adders: 5, correction: true };
        assert_eq!([1, 2, 3, 5, 9].map(|n| levels.stages(n)), [7, 5, 4, 3, 3]);
        assert_eq!([1, 2, 3, 4, 5, 64].map(tree), [0, 1, 2, 2, 3, 6]);
    }
}
