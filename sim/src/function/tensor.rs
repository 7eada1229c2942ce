//! Tensors in words that are as narrow as their type allows.

use mpqc_ir::number::IntType;
use std::borrow::Cow;

/// An element's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Short,
    Word,
    Long,
}

impl Width {
    /// The narrowest that holds every value of a type, and one more at each end, so that thresholds beyond the
    /// reachable fit too.
    pub fn of(ty: IntType) -> Width {
        match ty.min.unsigned_abs().max(ty.max.unsigned_abs()) {
            0..0x7fff => Width::Short,
            0x7fff..0x7fff_ffff => Width::Word,
            _ => Width::Long,
        }
    }
}

/// Elements, one after another.
#[derive(Clone, Debug)]
pub(crate) enum Tensor {
    Short(Vec<i16>),
    Word(Vec<i32>),
    Long(Vec<i64>),
}

/// Runs `$body` with the elements of a tensor as `$x`, whatever their word.
macro_rules! with_elements {
    ($tensor:expr, $x:ident => $body:expr) => {
        match $tensor {
            $crate::function::Tensor::Short($x) => $body,
            $crate::function::Tensor::Word($x) => $body,
            $crate::function::Tensor::Long($x) => $body,
        }
    };
}
pub(crate) use with_elements;

/// Runs `$body` with the type alias `$word` for a width's word.
macro_rules! with_word {
    ($width:expr, $word:ident => $body:expr) => {
        match $width {
            $crate::function::Width::Short => {
                type $word = i16;
                $body
            }
            $crate::function::Width::Word => {
                type $word = i32;
                $body
            }
            $crate::function::Width::Long => {
                type $word = i64;
                $body
            }
        }
    };
}
pub(crate) use with_word;

/// A word; numbers that it does not hold wrap.
pub(crate) trait Element: Copy + Ord + Default + Send + Sync + 'static {
    /// Of a number that it holds.
    fn of(value: i64) -> Self;

    /// The number.
    fn value(self) -> i64;

    /// A tensor of these.
    fn tensor(elements: Vec<Self>) -> Tensor;

    /// The elements of a tensor of these.
    fn elements(tensor: &Tensor) -> Option<&[Self]>;
}

macro_rules! element {
    ($word:ty, $variant:ident) => {
        impl Element for $word {
            #[inline(always)]
            fn of(value: i64) -> Self {
                value as $word
            }

            #[inline(always)]
            fn value(self) -> i64 {
                i64::from(self)
            }

            fn tensor(elements: Vec<Self>) -> Tensor {
                Tensor::$variant(elements)
            }

            fn elements(tensor: &Tensor) -> Option<&[Self]> {
                match tensor {
                    Tensor::$variant(elements) => Some(elements),
                    _ => None,
                }
            }
        }
    };
}
element!(i16, Short);
element!(i32, Word);
element!(i64, Long);

impl Tensor {
    /// Nothing.
    pub const EMPTY: Tensor = Tensor::Short(Vec::new());

    /// Elements in words of a width.
    pub fn collect(width: Width, values: impl Iterator<Item = i64>) -> Tensor {
        with_word!(width, Word => Word::tensor(values.map(Word::of).collect()))
    }

    /// The elements of several slices, one after another, in words of a width.
    pub fn joined<'a>(width: Width, slices: impl Iterator<Item = &'a [i64]>) -> Tensor {
        with_word!(width, Word => {
            let mut elements = Vec::new();
            slices.for_each(|slice| elements.extend(slice.iter().map(|value| Word::of(*value))));
            Word::tensor(elements)
        })
    }

    /// The elements as words of another width, copied unless they are of that width.
    pub fn cast<E: Element>(&self) -> Cow<'_, [E]> {
        match E::elements(self) {
            Some(elements) => Cow::Borrowed(elements),
            None => with_elements!(self, x => x.iter().map(|x| E::of(x.value())).collect()),
        }
    }

    /// Some of the elements.
    pub fn values(&self, range: std::ops::Range<usize>) -> Vec<i64> {
        with_elements!(self, x => x[range].iter().map(|x| x.value()).collect())
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        with_elements!(self, x => x.len())
    }
}
