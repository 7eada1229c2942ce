//! How vectors come to a MAC array: replayed, or as windows of an image.

use crate::floor::whole_windows;
use crate::fold::{Choice, Parallel, replay_capacity};
use crate::layer::{Front, Image, Layer};
use mpqc_ir::design::blocks::{BlockSpec, Fifo, LineBuffer, Pad, RamStyle, Replay, Window};
use mpqc_ir::design::{Resources, Target};
use mpqc_ir::int_network;
use mpqc_ir::number::IntType;
use serde::{Deserialize, Serialize};

/// What sends a layer's vectors to its array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    /// They arrive as vectors; a replay buffer sends them again where they are needed again.
    Replay,
    /// A sliding window sends an image's pixels tap by tap, as often as needed.
    Window(RamStyle),
    /// A line buffer sends whole windows; a replay buffer behind it sends them again.
    LineBuffer(RamStyle),
}

impl Image {
    /// The sliding window of a fold.
    pub fn window(&self, elem: IntType, simd: usize, repeats: usize, memory: RamStyle) -> Window {
        let (window, input) = (self.window.clone(), self.input);
        let block =
            Window { window, input, fill: self.padding, elem, lanes: simd, repeats, capacity: 0, memory };
        Window { capacity: block.exact_capacity(), ..block }
    }

    /// The line buffer of a fold, and the padding before it.
    pub fn line_buffer(&self, elem: IntType, lanes: usize, memory: RamStyle) -> (Option<Pad>, LineBuffer) {
        let (pads, value) = (self.window.pads, self.window.value);
        let window = int_network::Window { pads: [0; 4], ..self.window.clone() };
        let pad =
            Pad { pad: int_network::Pad { pads, value }, input: self.input, fill: self.padding, elem, lanes };
        let padded = pads != [0; 4];
        let fill = if padded { 0 } else { self.padding };
        let buffer = LineBuffer { window, input: pad.output(), fill, elem, lanes, memory };
        (padded.then_some(pad), buffer)
    }

    /// Channels of a beat of the image in a fold.
    pub fn lanes(&self, fold: Parallel) -> usize {
        if fold.whole_windows { fold.simd / self.window.taps() } else { fold.simd }
    }

    /// Beats of a pixel, or of a group of it.
    pub fn slices(&self, fold: Parallel) -> usize {
        self.group_channels().div_ceil(self.lanes(fold))
    }

    /// Channels of a group.
    pub fn group_channels(&self) -> usize {
        self.input.channels / self.window.groups
    }
}

impl Layer {
    /// Cycles per frame of a fold.
    pub fn cycles(&self, fold: Parallel) -> u64 {
        if fold.neighbours > 1 && self.overlap.is_none() {
            return self.folded(fold).cycles(fold);
        }
        let (beats, passes) = (self.beats(fold), self.outputs().div_ceil(fold.pe));
        let array = beats * passes * self.vectors;
        let feed = match &self.front {
            Front::Vectors => 0,
            Front::Image(image) if fold.whole_windows => {
                whole_windows(&image.window, image.input, beats, passes)
            }
            Front::Image(image) => image.input.pixels() * image.window.groups * image.slices(fold),
        };
        array.max(feed).max(self.ordering_cycles(fold)) as u64
    }

    /// SF: beats of a vector.
    pub fn beats(&self, fold: Parallel) -> usize {
        match &self.front {
            Front::Image(image) if fold.whole_windows => image.slices(fold),
            Front::Image(image) => image.window.taps() * image.slices(fold),
            Front::Vectors => self.inputs().div_ceil(fold.simd),
        }
    }

    /// Everything that can send the vectors of a fold to its array.
    pub fn feeds(&self, fold: Parallel, target: &Target) -> Vec<(Feed, Resources)> {
        let all: Vec<Feed> = match &self.front {
            Front::Vectors => vec![Feed::Replay],
            Front::Image(image) if fold.whole_windows => {
                let (_, buffer) = image.line_buffer(self.x, image.lanes(fold), RamStyle::Block);
                let rows = buffer.stored_rows() as u64;
                styles(buffer.row_words(), rows * self.word(buffer.lanes), target)
                    .map(Feed::LineBuffer)
                    .collect()
            }
            Front::Image(image) => {
                let window = image.window(self.x, fold.simd, 1, RamStyle::Block);
                styles(window.capacity, self.word(fold.simd), target).map(Feed::Window).collect()
            }
        };
        all.into_iter().map(|feed| (feed, self.feed_cost(fold, feed, target))).collect()
    }

    fn word(&self, lanes: usize) -> u64 {
        lanes as u64 * u64::from(self.x.bits)
    }

    fn feed_cost(&self, fold: Parallel, feed: Feed, target: &Target) -> Resources {
        let ordering = self.ordering_cost(fold, target);
        let replay = || self.replay(fold).map_or_else(Resources::default, |r| r.cost(target));
        let fed = match (&self.front, feed) {
            (Front::Image(image), Feed::Window(memory)) => {
                image.window(self.x, fold.simd, self.passes(fold), memory).cost(target)
            }
            (Front::Image(image), Feed::LineBuffer(memory)) => {
                let (pad, buffer) = image.line_buffer(self.x, image.lanes(fold), memory);
                let smooth = smoothing(image, self.x, buffer.lanes).cost(target);
                pad.map_or_else(Resources::default, |p| p.cost(target))
                    + buffer.cost(target)
                    + smooth
                    + replay()
            }
            _ => replay(),
        };
        fed + ordering
    }

    /// Times that a group's vector is sent.
    pub fn passes(&self, fold: Parallel) -> usize {
        self.group_outputs().div_ceil(fold.pe)
    }

    /// The replay buffer of a fold; none where every vector is needed once.
    pub fn replay(&self, fold: Parallel) -> Option<Replay> {
        let (beats, repeats) = (self.beats(fold), self.passes(fold));
        (repeats > 1).then(|| Replay {
            elem: self.x,
            lanes: fold.simd,
            beats,
            repeats,
            capacity: replay_capacity(beats),
            vectors: self.vectors * self.dot.groups,
        })
    }

    /// Lanes, vector and vectors per frame of the stream that a choice takes from the layer before.
    pub fn entry(&self, choice: &Choice) -> (usize, usize, usize) {
        match &self.front {
            Front::Vectors if choice.fold.neighbours > 1 => {
                (choice.fold.simd / choice.fold.neighbours, self.inputs(), self.vectors)
            }
            Front::Vectors => (choice.fold.simd, self.inputs() * self.dot.groups, self.vectors),
            Front::Image(image) if choice.fold.neighbours > 1 => {
                let taps = if choice.fold.whole_windows { image.window.kernel[0] } else { 1 };
                let lanes = choice.fold.simd / taps / choice.fold.neighbours;
                (lanes, image.input.channels, image.input.pixels())
            }
            Front::Image(image) if choice.fold.pixels > 1 => {
                let wide = image.window.stride[1] * choice.fold.pixels;
                let lanes = image.input.channels * wide;
                (lanes, lanes, image.input.pixels() / wide)
            }
            Front::Image(image) => (image.lanes(choice.fold), image.input.channels, image.input.pixels()),
        }
    }
}

/// A FIFO of half a row, before what reads an image at its own pace. A guess: the depth is found in the end, by
/// simulation.
pub(crate) fn smoothing(image: &Image, elem: IntType, lanes: usize) -> Fifo {
    let row = image.input.width * image.input.channels.div_ceil(lanes);
    Fifo { elem, lanes, depth: (row / 2).max(2), beats_per_frame: row * image.input.height }
}

/// Memories that are worth a look for `words` of `bits`: distributed ones are best while they are short, block
/// memories waste most of themselves then, UltraRAM needs a large ring.
pub(crate) fn styles(words: usize, bits: u64, target: &Target) -> impl Iterator<Item = RamStyle> {
    let uram = target.resources.uram > 0;
    RamStyle::ALL.into_iter().filter(move |style| match style {
        RamStyle::Distributed => words <= 1024 || bits == 0,
        RamStyle::Block => words > 32 && bits > 0,
        RamStyle::Ultra => uram && words >= 1024 && words as u64 * bits >= 1 << 16,
    })
}
