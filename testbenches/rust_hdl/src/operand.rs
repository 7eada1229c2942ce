//! Operands: bit patterns, and the integers that they mean.

use rust_hdl::prelude::*;

/// What the bits of an operand mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bit `i` weighs `2^i`.
    Unsigned,
    /// As unsigned, but the highest bit weighs `−2^(N−1)`.
    Signed,
    /// One bit: 0 means −1 and 1 means +1.
    Bipolar,
}

/// An encoding in a number of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// What the bits mean.
    pub encoding: Encoding,
    /// How many there are.
    pub bits: u32,
}

impl Format {
    /// The ±1 format.
    pub const BIPOLAR: Format = Format { encoding: Encoding::Bipolar, bits: 1 };

    /// `0 ..= 2^bits − 1`.
    pub fn unsigned(bits: u32) -> Self {
        Format { encoding: Encoding::Unsigned, bits }
    }

    /// `−2^(bits−1) ..= 2^(bits−1) − 1`.
    pub fn signed(bits: u32) -> Self {
        Format { encoding: Encoding::Signed, bits }
    }
}

impl Encoding {
    /// The pattern of `N` bits that means `value`, which must be in range.
    pub(crate) fn pattern<const N: usize>(self, value: i64) -> Bits<N> {
        let code = match self {
            Encoding::Bipolar => (value + 1) / 2,
            Encoding::Unsigned | Encoding::Signed => value.rem_euclid(1 << N),
        };
        (code as LiteralType).into()
    }
}

/// The integer that a pattern means, in the 16 bits that rust-hdl can multiply.
///
/// Widening goes through `Bits`: `signed_bit_cast` of rust-hdl 0.46 does not return for the lowest value.
#[derive(LogicBlock)]
pub struct Operand<const N: usize> {
    /// The pattern.
    pub pattern: Signal<In, Bits<N>>,
    /// What it means.
    pub value: Signal<Out, Signed<16>>,
    /// The bit of negative weight, if there is one.
    sign: Constant<Bits<N>>,
    /// The bits that a widened pattern has above the operand's.
    above: Constant<Bits<16>>,
    bipolar: Constant<Bit>,
}

impl<const N: usize> Operand<N> {
    /// An operand of an encoding.
    pub fn new(encoding: Encoding) -> Self {
        let sign = if encoding == Encoding::Signed { 1 << (N - 1) } else { 0 };
        Operand {
            pattern: Signal::default(),
            value: Signal::default(),
            sign: Constant::new(bits(sign)),
            above: Constant::new(!bit_cast::<16, N>(Bits::mask())),
            bipolar: Constant::new(encoding == Encoding::Bipolar),
        }
    }
}

impl<const N: usize> Logic for Operand<N> {
    #[hdl_gen]
    fn update(&mut self) {
        self.value.next = signed_cast(bit_cast::<16, N>(self.pattern.val()));
        if (self.pattern.val() & self.sign.val()).any() {
            self.value.next = signed_cast(bit_cast::<16, N>(self.pattern.val()) | self.above.val());
        }
        if self.bipolar.val() {
            self.value.next = signed_cast((bit_cast::<16, N>(self.pattern.val()) << 1) - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meanings<const N: usize>(encoding: Encoding) -> Vec<i16> {
        let mut operand = Operand::<N>::new(encoding);
        operand.connect_all();
        check_all(&operand).expect("the operand passes rust-hdl's checks");
        let mut meaning = |pattern: u64| {
            operand.pattern.next = bits(pattern);
            assert!(simulate(&mut operand, 8));
            unsigned_cast(operand.value.val()).to_u16() as i16
        };
        (0..1 << N).map(&mut meaning).collect()
    }

    #[test]
    fn patterns_mean_what_their_encoding_says() {
        assert_eq!(meanings::<1>(Encoding::Unsigned), [0, 1]);
        assert_eq!(meanings::<1>(Encoding::Signed), [0, -1]);
        assert_eq!(meanings::<1>(Encoding::Bipolar), [-1, 1]);
        assert_eq!(meanings::<2>(Encoding::Unsigned), [0, 1, 2, 3]);
        assert_eq!(meanings::<3>(Encoding::Signed), [0, 1, 2, 3, -4, -3, -2, -1]);
        let wide = meanings::<12>(Encoding::Signed);
        assert_eq!((wide[0x7ff], wide[0x800], wide[0xfff]), (2047, -2048, -1));
    }

    #[test]
    fn values_are_packed_into_the_pattern_that_means_them() {
        let signed = meanings::<4>(Encoding::Signed);
        for value in -8..8 {
            assert_eq!(signed[Encoding::Signed.pattern::<4>(value).index()], value as i16);
        }
        assert_eq!([-1, 1].map(|v| Encoding::Bipolar.pattern::<1>(v).index()), [0, 1]);
    }
}
