//! Folds of one layer: which (PE, SIMD) are worth looking at for a number of cycles, and what each costs.

use crate::layer::Layer;
use mpqc_ir::design::blocks::{
    Block, BlockSpec, MacArray, MemoryStyle, Multiplier, Replay, ScaleShift, Thresholds,
};
use mpqc_ir::design::{Resources, Target};
use mpqc_ir::int_network::Requantize;
use mpqc_ir::number::IntType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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

/// What is chosen for a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Rows of the MAC array.
    pub pe: usize,
    /// Multipliers per row.
    pub simd: usize,
    /// What multiplies.
    pub multiplier: Multiplier,
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
    /// Cost of MAC array, replay buffer and requantizer.
    pub cost: Resources,
}

impl Layer {
    /// Cycles per frame of a fold.
    pub fn cycles(&self, pe: usize, simd: usize) -> u64 {
        (self.inputs().div_ceil(simd) * self.outputs().div_ceil(pe) * self.vectors) as u64
    }

    /// The MAC array of a choice.
    pub fn mac_array(&self, choice: &Choice) -> MacArray {
        MacArray {
            weights: self.dot.weights.clone(),
            x: self.x,
            w: self.dot.weight_type,
            acc: self.dot.accumulator,
            simd: choice.simd,
            pe: choice.pe,
            multiplier: choice.multiplier,
            memory: choice.memory,
            vectors: self.vectors,
        }
    }

    /// The replay buffer of a fold; none where every vector is needed once.
    pub fn replay(&self, pe: usize, simd: usize) -> Option<Replay> {
        let (beats, repeats) = (self.inputs().div_ceil(simd), self.outputs().div_ceil(pe));
        (repeats > 1).then(|| Replay {
            elem: self.x,
            lanes: simd,
            beats,
            repeats,
            capacity: replay_capacity(beats),
            vectors: self.vectors,
        })
    }

    /// Every candidate that needs at most `limit` cycles per frame and none of which is pointlessly wide: for
    /// each number of passes the narrowest PE and SIMD, and beside them the next divisors, which convert well.
    pub fn candidates(&self, limit: u64, target: &Target) -> Vec<Candidate> {
        let mut folds = BTreeSet::new();
        for passes in breakpoints(self.outputs()) {
            folds.extend(self.folds_of(passes, limit));
        }
        folds.into_iter().flat_map(|(pe, simd)| self.variants(pe, simd, target)).collect()
    }

    /// All ways to build one fold.
    pub fn variants(&self, pe: usize, simd: usize, target: &Target) -> Vec<Candidate> {
        let once = self.cycles(pe, simd) == self.vectors as u64;
        let memories: &[_] =
            if once { &[MemoryStyle::Constant] } else { &[MemoryStyle::Distributed, MemoryStyle::Block] };
        let replay = self.replay(pe, simd).map_or_else(Resources::default, |r| r.cost(target));
        let requantizers = self.requantizers(pe, self.inputs().div_ceil(simd), target);
        let mut variants = Vec::new();
        for &multiplier in self.multipliers() {
            for &memory in memories {
                let bare = Choice { pe, simd, multiplier, memory, requantizer: None };
                let cost = self.mac_array(&bare).cost(target) + replay;
                variants.extend(requantizers.iter().map(|&(requantizer, r)| Candidate {
                    choice: Choice { requantizer, ..bare },
                    cost: cost + r,
                }));
            }
        }
        variants
    }

    fn folds_of(&self, passes: usize, limit: u64) -> Vec<(usize, usize)> {
        let beats = (limit / (passes * self.vectors) as u64).min(self.inputs() as u64) as usize;
        if beats == 0 {
            return Vec::new();
        }
        let pe = self.outputs().div_ceil(passes);
        let simd = self.inputs().div_ceil(beats);
        let pes = [pe, divisor_from(self.outputs(), pe)];
        let simds = [simd, divisor_from(self.inputs(), simd)];
        pes.iter().flat_map(|&p| simds.iter().map(move |&s| (p, s))).collect()
    }

    fn multipliers(&self) -> &'static [Multiplier] {
        let (x, w) = (self.x, self.dot.weight_type);
        let (a, b) = (x.signed_bits().max(w.signed_bits()), x.signed_bits().min(w.signed_bits()));
        if x.is_bipolar() && w.is_bipolar() {
            &[Multiplier::Xnor]
        } else if x.bits + w.bits >= DSP_PRODUCT_BITS && a <= 27 && b <= 18 {
            &[Multiplier::Lut, Multiplier::Dsp]
        } else {
            &[Multiplier::Lut]
        }
    }

    fn requantizers(
        &self,
        lanes: usize,
        interval: usize,
        target: &Target,
    ) -> Vec<(Option<Requantizer>, Resources)> {
        let Some((_, requantize)) = &self.follower else { return vec![(None, Resources::default())] };
        let place = RequantizerPlace {
            input: self.dot.accumulator,
            lanes,
            channels: self.outputs(),
            vectors: self.vectors,
            interval,
        };
        place.options(requantize).into_iter().map(|(r, b)| (Some(r), b.spec().cost(target))).collect()
    }
}

/// Synthesis maps narrower products to LUTs, whatever it is told.
const DSP_PRODUCT_BITS: u32 = 9;

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
}

impl RequantizerPlace {
    /// Every exact form of the requantizer at this place.
    pub fn options(&self, requantize: &Requantize) -> Vec<(Requantizer, Block)> {
        let all = [Requantizer::Thresholds, Requantizer::ScaleLut, Requantizer::ScaleDsp];
        all.into_iter().filter_map(|r| self.block(requantize, r).map(|b| (r, b))).collect()
    }

    /// The block of one form; `None` where the form does not exist.
    pub fn block(&self, requantize: &Requantize, form: Requantizer) -> Option<Block> {
        let RequantizerPlace { input, lanes, channels, vectors, interval } = *self;
        let output = requantize.output;
        Some(match form {
            Requantizer::Thresholds => {
                let table = requantize.thresholds.clone()?;
                Thresholds { table, input, output, lanes, channels, vectors, interval }.into()
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
