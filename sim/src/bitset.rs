//! Sets of small integers.

/// A set of integers below a bound that is fixed at creation.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitSet(Vec<u64>);

impl BitSet {
    /// No member; members will be below `bound`.
    pub fn new(bound: usize) -> Self {
        BitSet(vec![0; bound.div_ceil(64)])
    }

    /// Puts `i` in or takes it out.
    #[inline]
    pub fn set(&mut self, i: usize, member: bool) {
        let bit = 1 << (i % 64);
        let word = &mut self.0[i / 64];
        *word = if member { *word | bit } else { *word & !bit };
    }

    /// Whether `i` is in.
    #[inline]
    pub fn contains(&self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 != 0
    }

    /// Whether nothing is in.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Becomes the union of two sets of the same bound.
    #[inline]
    pub fn union_of(&mut self, a: &BitSet, b: &BitSet) {
        self.0.iter_mut().zip(&a.0).zip(&b.0).for_each(|((word, a), b)| *word = a | b);
    }

    /// Becomes a copy of a set of the same bound.
    pub fn copy_from(&mut self, other: &BitSet) {
        self.0.copy_from_slice(&other.0);
    }

    /// Members, ascending.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(i, word)| Bits(*word).map(move |bit| 64 * i + bit))
    }
}

/// Positions of the ones of a word.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let at = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (at < 64).then_some(at as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in() {
        let mut set = BitSet::new(200);
        [3, 63, 64, 127, 199].iter().for_each(|i| set.set(*i, true));
        set.set(64, false);
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 63, 127, 199]);
        assert!(set.contains(127) && !set.contains(64) && !set.is_empty());
    }
}
