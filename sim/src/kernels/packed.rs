//! Products of packed elements: an image is packed once, and the vectors in it are multiplied where they lie.

use super::bytes::Bytes;
use super::layout::{Layout, Segments};
use super::matmul::LANES;
use super::popcount::Popcount;
use super::requantizer::Requantizer;
use super::steps::Steppable;
use crate::function::Element;
use mpqc_ir::int_network::{Shape, Window};
use mpqc_ir::number::IntType;
use ndarray::Array2;
use std::borrow::Cow;

/// Weights that multiply vectors of packed words.
pub(super) trait Packed {
    /// What elements are packed into.
    type Word: Copy + Default;
    /// Words behind an image that may be read.
    const SLACK: usize;

    /// A word of elements that are all `value`.
    fn word(&self, value: i64) -> Self::Word;

    /// Packs whole pixels, none of them padding.
    fn pack<X: Element>(&self, layout: &Layout, x: &[X], packed: &mut [Self::Word]);

    /// Products of the vectors that begin at `at`, output after output, vector after vector.
    fn products<Y: Element>(&self, x: &[Self::Word], at: &[usize], of: Segments, y: &mut [Y]);

    /// Outputs of a vector.
    fn outputs(&self) -> usize;
}

/// Vectors whose sums are requantized together, while they are in the nearest cache.
const BLOCK: usize = 32;

/// Products of all vectors of any number of images; the last image may have fewer vectors. `finish` makes results of the
/// sums of a few vectors.
fn products<K: Packed, X: Element, Y: Element, Z: Element>(
    kernel: &K,
    layout: &Layout,
    x: &[X],
    finish: impl Fn(&[Y], &mut [Z]),
) -> Vec<Z> {
    let at = layout.offsets();
    let (elements, outputs) = (layout.elements(), kernel.outputs());
    let mut z = vec![Z::default(); x.len() * layout.count() / elements * outputs];
    let (mut packed, mut sums) = (Vec::new(), vec![Y::default(); BLOCK * outputs]);
    for (x, z) in x.chunks(elements).zip(z.chunks_mut(at.len() * outputs)) {
        layout.pack(x, |v| kernel.word(v), |x, p| kernel.pack(layout, x, p), K::SLACK, &mut packed);
        for (at, z) in at.chunks(BLOCK).zip(z.chunks_mut(BLOCK * outputs)) {
            let sums = &mut sums[..z.len()];
            kernel.products(&packed, &at[..z.len() / outputs], layout.segments, sums);
            finish(sums, z);
        }
    }
    z
}

/// Puts sums of a panel that begins at output `first` where they belong.
#[inline(always)]
pub(super) fn store<Y: Element>(sums: &[[i32; LANES]], first: usize, outputs: usize, y: &mut [Y]) {
    for (y, sums) in y.chunks_exact_mut(outputs).zip(sums) {
        let places = &mut y[first..];
        match places.first_chunk_mut::<LANES>() {
            Some(places) => (0..LANES).for_each(|o| places[o] = Y::of(i64::from(sums[o]))),
            None => places.iter_mut().zip(sums).for_each(|(y, sum)| *y = Y::of(i64::from(*sum))),
        }
    }
}

/// A product of packed vectors: plain ones, or windows that are never copied.
#[derive(Debug)]
pub(crate) struct PackedProduct {
    kernel: Kernel,
    layout: Layout,
}

#[derive(Debug)]
enum Kernel {
    Bits(Popcount),
    Bytes(Bytes),
}

impl PackedProduct {
    /// Weights `[outputs][inputs]` for vectors of type `x`; `None` where a general kernel has to multiply. Sums are exact
    /// modulo 2³².
    pub fn vectors(weights: &Array2<i64>, x: IntType) -> Option<PackedProduct> {
        let inputs = weights.ncols();
        if Popcount::fit(weights, x) {
            let layout = Layout::vectors(inputs, inputs.div_ceil(64));
            return Some(PackedProduct { kernel: Kernel::Bits(Popcount::new(weights)), layout });
        }
        Bytes::fit(weights, x).then(|| PackedProduct {
            kernel: Kernel::Bytes(Bytes::new(weights, x, 1)),
            layout: Layout::vectors(inputs, inputs),
        })
    }

    /// Weights `[outputs][elements of a window]` for the windows of images of type `x`; `None` where a general kernel
    /// has to multiply copies.
    pub fn windows(
        weights: &Array2<i64>,
        x: IntType,
        window: &Window,
        image: Shape,
    ) -> Option<PackedProduct> {
        let taps = window.taps();
        if weights.ncols() != taps * image.channels {
            return None;
        }
        let weights = by_taps(weights, taps, window.groups, image.channels);
        let whole = Window { groups: 1, ..window.clone() };
        if Popcount::fit(&weights, x) && image.channels.is_multiple_of(64) {
            let layout = Layout::windows(&whole, image, image.channels / 64)?;
            return Some(PackedProduct { kernel: Kernel::Bits(Popcount::new(&weights)), layout });
        }
        let padding_fits = (x.min..=x.max).contains(&window.value) || window.pads == [0; 4];
        if !Bytes::fit(&weights, x) || !padding_fits {
            return None;
        }
        let layout = Layout::windows(&whole, image, image.channels)?;
        let kernel = Kernel::Bytes(Bytes::new(&weights, x, window.kernel[0]));
        Some(PackedProduct { kernel, layout })
    }

    /// The sums of all vectors.
    pub fn apply<X: Element, Y: Element>(&self, x: &[X]) -> Vec<Y> {
        self.finished(x, |sums: &[Y], y| y.copy_from_slice(sums))
    }

    /// The codes of all vectors' sums.
    pub fn requantized<X: Element, Y: Element + Steppable, Z: Element>(
        &self,
        x: &[X],
        by: &Requantizer,
    ) -> Vec<Z> {
        self.finished(x, |sums: &[Y], codes| by.apply(sums, codes))
    }

    fn finished<X: Element, Y: Element, Z: Element>(
        &self,
        x: &[X],
        finish: impl Fn(&[Y], &mut [Z]),
    ) -> Vec<Z> {
        match &self.kernel {
            Kernel::Bits(kernel) => products(kernel, &self.layout, x, finish),
            Kernel::Bytes(kernel) => products(kernel, &self.layout, x, finish),
        }
    }
}

/// Weights `[output][group][tap][channel of the group]` as `[output][tap][channel]`.
fn by_taps(weights: &Array2<i64>, taps: usize, groups: usize, channels: usize) -> Cow<'_, Array2<i64>> {
    if groups == 1 {
        return Cow::Borrowed(weights);
    }
    let group = channels / groups;
    Cow::Owned(Array2::from_shape_fn(weights.dim(), |(o, i)| {
        let (tap, channel) = (i / channels, i % channels);
        weights[[o, (channel / group * taps + tap) * group + channel % group]]
    }))
}
