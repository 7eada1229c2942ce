//! Folds of one layer: which (PE, SIMD) are worth looking at for a number of cycles, and what each costs.

use crate::feed::Feed;
use crate::floor::whole_windows;
use crate::layer::{Front, Image, Layer};
use mpqc_ir::design::blocks::{
    Block, BlockSpec, Depthwise, DspRows, MacArray, MemoryStyle, Multiplier, Packing, ScaleShift, Thresholds,
};
use mpqc_ir::design::{Pipeline, Resources, Target};
use mpqc_ir::int_network::{self, Requantize};
use mpqc_ir::number::IntType;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How a requantizer is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requantizer {
    /// Comparisons with a table, a binary search.
    Thresholds,
    /// Multiply, add, shift; the product in LUTs.
    ScaleLut,
    /// Multiply, add, shift; the product in DSP slices.
    ScaleDsp,
}

/// How much of a layer is computed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Parallel {
    /// Rows of the MAC array.
    pub pe: usize,
    /// Multipliers per row.
    pub simd: usize,
    /// Whether a beat holds all taps of a window (of `simd / taps` channels).
    pub whole_windows: bool,
    /// Output pixels computed at once; the others speak of the layer as [`Layer::several`] makes it then.
    pub pixels: usize,
    /// Neighbouring pixels that share multipliers; the others speak of the layer as [`Layer::neighbouring`] makes it then.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub neighbours: usize,
}

fn one() -> usize {
    1
}

fn is_one(number: &usize) -> bool {
    *number == 1
}

/// What is chosen for a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choice {
    /// How much is computed at once.
    #[serde(flatten)]
    pub fold: Parallel,
    /// What sends the vectors.
    pub feed: Feed,
    /// Rows of the array that multiply in DSP slices.
    pub dsp: DspRows,
    /// Where the weights live.
    pub memory: MemoryStyle,
    /// How the sums become codes, where the layer has a follower.
    pub requantizer: Option<Requantizer>,
}

/// A choice with its cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// What is chosen.
    pub choice: Choice,
    /// Cost of what feeds the array, the array and the requantizer.
    pub cost: Resources,
}

impl Layer {
    /// The MAC array of a choice, for vectors in the network's order.
    pub fn mac_array(&self, choice: &Choice, target: &Target) -> MacArray {
        let even = MacArray {
            weights: self.dot.weights.clone(),
            groups: self.dot.groups,
            x: self.x,
            w: self.dot.weight_type,
            acc: self.dot.accumulator,
            simd: choice.fold.simd,
            pe: choice.fold.pe,
            dsp: choice.dsp,
            slice: target.family.dsp_slice(),
            memory: choice.memory,
            row_bits: MacArray::even_rows(choice.fold.pe, self.dot.weight_type),
            vectors: self.vectors,
            operand_stages: target.pipeline.operand_stages(choice.memory),
            per_stage: target.pipeline.adder_levels_per_stage,
            overlap: self.overlap_in(choice.fold),
        };
        MacArray { row_bits: self.row_bits(&even), ..even }
    }

    /// Every candidate that needs at most `limit` cycles per frame and none of which is pointlessly wide: for
    /// each number of passes the narrowest PE and SIMD, and beside them the next divisors, which convert well.
    pub fn candidates(&self, limit: u64, target: &Target) -> Vec<Candidate> {
        let mut folds = BTreeSet::new();
        for passes in breakpoints(self.group_outputs()) {
            folds.extend(self.folds_of(passes, limit));
        }
        let fast_enough = folds.into_iter().filter(|fold| self.cycles(*fold) <= limit);
        let single = self.padded_variants(fast_enough, target);
        let mut all = if single.is_empty() { self.unrolled(limit, target) } else { single };
        let shared = self.neighbour_counts().into_iter().filter_map(|n| self.neighbouring(n));
        all.extend(shared.flat_map(|layer| layer.sharing(limit, target)));
        all
    }

    /// All ways to build each of these folds, of which some pad the pixels of the layer's image.
    fn padded_variants(&self, folds: impl Iterator<Item = Parallel>, target: &Target) -> Vec<Candidate> {
        let mut by_padding: BTreeMap<usize, Vec<Parallel>> = BTreeMap::new();
        for fold in folds {
            by_padding.entry(self.padding(fold)).or_default().push(fold);
        }
        let of = |(extra, folds): (usize, Vec<Parallel>)| {
            let layer = self.padded(extra);
            folds.into_iter().flat_map(move |fold| layer.variants(fold, target))
        };
        by_padding.into_iter().flat_map(of).collect()
    }

    /// The candidates of a layer of neighbouring pixels: they share DSP slices.
    fn sharing(&self, limit: u64, target: &Target) -> Vec<Candidate> {
        let passes = breakpoints(self.outputs()).into_iter().filter(|n| self.outputs().is_multiple_of(*n));
        let folds: BTreeSet<Parallel> = passes.flat_map(|passes| self.folds_of(passes, limit)).collect();
        let fast_enough = folds.into_iter().filter(|fold| self.cycles(*fold) <= limit);
        let in_slices = |fold: &Parallel| -> Vec<DspRows> {
            self.fabrics(fold.pe, fold.simd, target).into_iter().filter(|dsp| dsp.rows > 0).collect()
        };
        fast_enough.flat_map(|fold| self.variants_in(&in_slices(&fold), fold, target)).collect()
    }

    /// Where a pixel a cycle is not enough: the fewest pixels that are, with a multiplier for every weight.
    fn unrolled(&self, limit: u64, target: &Target) -> Vec<Candidate> {
        let in_time = |pixels: &usize| self.cycles_of_several(*pixels).is_some_and(|c| c <= limit);
        let Some(pixels) = self.pixel_counts().into_iter().find(in_time) else { return Vec::new() };
        let Some(layer) = self.several(pixels) else { return Vec::new() };
        layer.variants(Parallel { pixels, ..layer.widest() }, target)
    }

    /// Cycles per frame below which no fold helps.
    pub fn floor(&self) -> u64 {
        let widest = self.cycles(self.widest());
        let Front::Image(image) = &self.front else { return widest };
        let tap_by_tap = Parallel { simd: image.group_channels(), whole_windows: false, ..self.widest() };
        let several = self.pixel_counts().last().and_then(|most| self.cycles_of_several(*most));
        several.unwrap_or(u64::MAX).min(widest).min(self.cycles(tap_by_tap))
    }

    /// The fold with a multiplier for every weight, as far as there is one.
    pub fn widest(&self) -> Parallel {
        match &self.front {
            Front::Image(image) if image.window.groups > 1 => Parallel {
                pe: self.group_outputs(),
                simd: image.group_channels(),
                whole_windows: false,
                pixels: 1,
                neighbours: 1,
            },
            front => Parallel {
                pe: self.group_outputs(),
                simd: self.inputs(),
                whole_windows: matches!(front, Front::Image(_)),
                pixels: 1,
                neighbours: 1,
            },
        }
    }

    /// The fold with a single multiplier.
    pub fn narrowest(&self) -> Parallel {
        Parallel { pe: 1, simd: 1, whole_windows: false, pixels: 1, neighbours: 1 }
    }

    /// All ways to build one fold.
    pub fn variants(&self, fold: Parallel, target: &Target) -> Vec<Candidate> {
        self.variants_in(&self.fabrics(fold.pe, fold.simd, target), fold, target)
    }

    /// All ways to build one fold with its multipliers in one of `fabrics`.
    pub fn variants_in(&self, fabrics: &[DspRows], fold: Parallel, target: &Target) -> Vec<Candidate> {
        let once = self.inputs() == fold.simd && self.outputs() == fold.pe;
        if once && !self.overlap.is_none() {
            return Vec::new();
        }
        let memories: &[_] =
            if once { &[MemoryStyle::Constant] } else { &[MemoryStyle::Distributed, MemoryStyle::Block] };
        let feeds = self.feeds(fold, target);
        let requantizers = self.requantizers(fold.pe, self.beats(fold), target);
        let mut variants = Vec::new();
        for &dsp in fabrics {
            for &memory in memories {
                let bare = Choice { fold, feed: Feed::Replay, dsp, memory, requantizer: None };
                let array = self.mac_array(&bare, target).cost(target);
                for &(feed, fed) in &feeds {
                    variants.extend(requantizers.iter().map(|&(requantizer, r)| Candidate {
                        choice: Choice { requantizer, feed, ..bare },
                        cost: array + fed + r,
                    }));
                }
            }
        }
        variants
    }

    fn folds_of(&self, passes: usize, limit: u64) -> Vec<Parallel> {
        let sendings = passes * self.dot.groups * self.vectors;
        let beats = (limit / sendings as u64).min(self.inputs() as u64) as usize;
        if beats == 0 {
            return Vec::new();
        }
        let neighbours = self.overlap.pixels;
        let pe = self.group_outputs().div_ceil(passes);
        let even = divisor_from(self.group_outputs(), pe);
        let pes = if self.dot.groups > 1 || neighbours > 1 { [even, even] } else { [pe, even] };
        let simds = match &self.front {
            Front::Vectors if neighbours > 1 => {
                let elements = self.channels_of_pixel();
                vec![(neighbours * divisor_from(elements, elements.div_ceil(beats)), false)]
            }
            Front::Vectors => {
                let simd = self.inputs().div_ceil(beats);
                let even = divisor_from(self.inputs(), simd);
                vec![(if self.dot.groups > 1 { even } else { simd }, false), (even, false)]
            }
            Front::Image(image) => {
                let lanes = |slices| self.lanes_for(image, slices);
                simds(image, lanes, beats, passes, limit)
            }
        };
        let fold = |pe, (simd, whole_windows)| Parallel { pe, simd, whole_windows, pixels: 1, neighbours };
        pes.iter().flat_map(|&pe| simds.iter().map(move |&simd| fold(pe, simd))).collect()
    }

    /// Channels of a beat of `image`, where a pixel may take `slices` beats: the fewest that divide them, and where they
    /// may be padded the fewest.
    fn lanes_for(&self, image: &Image, slices: usize) -> [usize; 2] {
        let pixels = self.overlap.pixels;
        let channels = image.group_channels() / pixels;
        let fewest = channels.div_ceil(slices);
        let even = divisor_from(channels, fewest);
        [even, if self.can_be_padded() { fewest } else { even }].map(|lanes| lanes * pixels)
    }

    /// Which rows multiply where: all in look-up tables, all in DSP slices, or parts in both; in slices with as many
    /// products as they take, and as many of which four, or sixteen, are added before they part.
    fn fabrics(&self, pe: usize, simd: usize, target: &Target) -> Vec<DspRows> {
        let all = self.packings(simd, target);
        let length = |products| self.packing(products, simd, target).map_or(0, |packing| packing.length);
        let lanes = simd / self.overlap.pixels;
        let with =
            |least: &usize| all.iter().copied().find(|products| length(*products) >= lanes.min(*least));
        let packings: BTreeSet<usize> = LENGTHS.iter().filter_map(with).collect();
        let dsp = packings
            .into_iter()
            .flat_map(|products| split(pe, products).map(move |rows| DspRows { rows, products }));
        [DspRows::NONE].into_iter().chain(dsp).collect()
    }

    /// Numbers of products that a DSP slice can take in rows of `simd`, most first. A single narrow one would not be
    /// put there.
    pub fn packings(&self, simd: usize, target: &Target) -> Vec<usize> {
        let (x, w) = (self.x, self.dot.weight_type);
        let fewest = if x.bits + w.bits >= DSP_PRODUCT_BITS { 1 } else { 2 };
        let most = Packing::most(x, w, target.family.dsp_slice(), self.overlap);
        let fewest = if self.overlap.is_none() { fewest } else { 1 };
        (fewest..=most).rev().filter(|products| self.packing(*products, simd, target).is_some()).collect()
    }

    fn packing(&self, products: usize, simd: usize, target: &Target) -> Option<Packing> {
        let (lanes, slice) = (simd / self.overlap.pixels, target.family.dsp_slice());
        let packing = Packing::new(products, lanes, self.x, self.dot.weight_type, slice, self.overlap);
        packing.filter(|packing| packing.is_in_time(lanes, target.pipeline.adder_levels_per_stage))
    }

    fn requantizers(
        &self,
        lanes: usize,
        interval: usize,
        target: &Target,
    ) -> Vec<(Option<Requantizer>, Resources)> {
        let Some((_, requantize)) = &self.follower else { return vec![(None, Resources::default())] };
        let pixels = self.overlap.pixels;
        let place = RequantizerPlace {
            input: self.dot.accumulator,
            lanes: lanes * pixels,
            channels: self.outputs() * pixels,
            vectors: self.vectors_out(),
            interval,
            per_stage: target.pipeline.threshold_steps_per_stage,
        };
        if pixels == 1 {
            return place
                .options(requantize)
                .into_iter()
                .map(|(r, b)| (Some(r), b.spec().cost(target)))
                .collect();
        }
        let options = place.options(&self.interleaved(requantize, lanes));
        options.into_iter().map(|(r, b)| (Some(r), b.spec().cost(target))).collect()
    }
}

/// Multipliers per row, and whether they take whole windows, where a window may take `beats` beats each time
/// that it is sent, and a frame `limit` cycles; `lanes` are those of a pixel in so many beats.
fn simds(
    image: &Image,
    lanes: impl Fn(usize) -> [usize; 2],
    beats: usize,
    passes: usize,
    limit: u64,
) -> Vec<(usize, bool)> {
    let (taps, channels) = (image.window.taps(), image.group_channels());
    let mut simds = Vec::new();
    let arriving = limit as usize / (image.input.pixels() * image.window.groups);
    let slices = (beats / taps).min(arriving);
    if slices > 0 {
        simds.extend(lanes(slices).map(|lanes| (lanes, false)));
    }
    let whole = limit as usize / whole_windows(&image.window, image.input, 1, passes);
    if image.window.groups == 1 && whole > 0 {
        simds.extend(lanes(whole.min(channels)).map(|lanes| (taps * lanes, true)));
    }
    simds
}

/// Of the numbers of products of a DSP slice the most is looked at of which so many can be added before they part.
const LENGTHS: [usize; 3] = [1, 4, 16];
/// Parts of an array's rows that may be in DSP slices: all, and so many steps below.
const PARTS: usize = 4;

/// Rows in DSP slices of `products` products: quarters of all, in whole groups but for the last.
fn split(pe: usize, products: usize) -> impl Iterator<Item = usize> {
    let parts = (1..=PARTS).map(move |part| (pe * part / PARTS).next_multiple_of(products).min(pe));
    parts.filter(|rows| *rows > 0).collect::<BTreeSet<_>>().into_iter()
}

/// Synthesis maps narrower products to LUTs, whatever it is told.
const DSP_PRODUCT_BITS: u32 = 9;

/// Every way to build a depthwise array of so many lanes.
pub(crate) fn depthwise_ways(
    product: &int_network::Depthwise,
    x: IntType,
    lanes: usize,
    vectors: usize,
    pipeline: Pipeline,
) -> impl Iterator<Item = Depthwise> {
    let wide = x.bits + product.weight_type.bits >= DSP_PRODUCT_BITS;
    let multipliers: &[_] = if wide { &[Multiplier::Lut, Multiplier::Dsp] } else { &[Multiplier::Lut] };
    let at = move |multiplier, memory| {
        let product = product.clone();
        let block = Depthwise { product, x, lanes, multiplier, memory, operand_stages: 1, vectors };
        let operand_stages = if block.beats() > 1 { pipeline.operand_stages(memory) } else { 1 };
        Depthwise { operand_stages, ..block }
    };
    let memories = [MemoryStyle::Distributed, MemoryStyle::Block];
    multipliers.iter().flat_map(move |multiplier| memories.map(|memory| at(*multiplier, memory)))
}

/// Where a requantizer stands in its stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequantizerPlace {
    /// Type of the values.
    pub input: IntType,
    /// Values per beat.
    pub lanes: usize,
    /// Channels per vector.
    pub channels: usize,
    /// Vectors per frame.
    pub vectors: usize,
    /// Cycles between beats that the producer guarantees.
    pub interval: usize,
    /// Steps of a search from one register to the next.
    pub per_stage: usize,
}

impl RequantizerPlace {
    /// Every exact form of the requantizer at this place.
    pub fn options(&self, requantize: &Requantize) -> Vec<(Requantizer, Block)> {
        let all = [Requantizer::Thresholds, Requantizer::ScaleLut, Requantizer::ScaleDsp];
        all.into_iter().filter_map(|r| self.block(requantize, r).map(|b| (r, b))).collect()
    }

    /// The block of one form; `None` where the form does not exist.
    pub fn block(&self, requantize: &Requantize, form: Requantizer) -> Option<Block> {
        let RequantizerPlace { input, lanes, channels, vectors, interval, per_stage } = *self;
        let output = requantize.output;
        Some(match form {
            Requantizer::Thresholds => {
                let table = requantize.thresholds.clone()?;
                Thresholds { table, input, output, lanes, channels, vectors, interval, per_stage }.into()
            }
            Requantizer::ScaleLut | Requantizer::ScaleDsp => {
                let function = requantize.scale.clone()?;
                let dsp = form == Requantizer::ScaleDsp;
                ScaleShift { function, input, output, lanes, channels, vectors, interval, dsp }.into()
            }
        })
    }
}

/// Two vectors, so that the next is written while the last is sent; as deep as its memory is anyway (32 words
/// of a RAM32M16, or a multiple of the 64 of a RAM64M8), but no deeper than a power of two below 32.
pub(crate) fn replay_capacity(beats: usize) -> usize {
    match 2 * beats {
        n @ 0..=32 => n.next_power_of_two(),
        n => n.next_multiple_of(64),
    }
}

/// All values of ⌈n/k⌉ for k ≥ 1, ascending.
pub(crate) fn breakpoints(n: usize) -> BTreeSet<usize> {
    let root = n.isqrt() + 1;
    (1..=root).map(|k| n.div_ceil(k)).chain((1..=root).map(|v| n.div_ceil(n.div_ceil(v)))).collect()
}

/// The smallest divisor of `n` that is at least `from`; `n` itself at last.
pub(crate) fn divisor_from(n: usize, from: usize) -> usize {
    (from.max(1)..n).find(|d| n.is_multiple_of(*d)).unwrap_or(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breakpoints_are_all_quotients_rounded_up() {
        for n in [1usize, 2, 7, 12, 64, 97, 593, 1000] {
            let all: BTreeSet<usize> = (1..=n).map(|k| n.div_ceil(k)).collect();
            assert_eq!(breakpoints(n), all, "n = {n}");
        }
    }

    #[test]
    fn replay_holds_two_vectors_and_fills_its_memory() {
        for (beats, capacity) in [(1, 2), (3, 8), (16, 32), (17, 64), (49, 128)] {
            assert_eq!(replay_capacity(beats), capacity);
        }
    }
}
