//! Words that wrap.

use std::num::Wrapping;
use std::ops::{Add, Mul};

/// Integers modulo 2^32 or 2^64.
pub(crate) trait Word: Copy + Default + Add<Output = Self> + Mul<Output = Self> + Send + Sync {
    /// A number modulo the word's.
    fn wrap(number: i64) -> Self;

    /// The word as a signed number.
    fn number(self) -> i64;

    /// The word nearest to a number.
    fn saturate(number: i64) -> Self;

    /// Shifted right, then brought between two bounds.
    fn shifted(self, shift: u32, min: Self, max: Self) -> Self;
}

impl Word for Wrapping<i32> {
    #[inline(always)]
    fn wrap(number: i64) -> Self {
        Wrapping(number as i32)
    }

    #[inline(always)]
    fn number(self) -> i64 {
        i64::from(self.0)
    }

    fn saturate(number: i64) -> Self {
        Wrapping(number.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
    }

    #[inline(always)]
    fn shifted(self, shift: u32, min: Self, max: Self) -> Self {
        Wrapping((self.0 >> shift.min(i32::BITS - 1)).max(min.0).min(max.0))
    }
}

impl Word for Wrapping<i64> {
    #[inline(always)]
    fn wrap(number: i64) -> Self {
        Wrapping(number)
    }

    #[inline(always)]
    fn number(self) -> i64 {
        self.0
    }

    fn saturate(number: i64) -> Self {
        Wrapping(number)
    }

    #[inline(always)]
    fn shifted(self, shift: u32, min: Self, max: Self) -> Self {
        Wrapping((self.0 >> shift.min(i64::BITS - 1)).max(min.0).min(max.0))
    }
}
