//! Function and timing joined: every wire of every stream in every cycle.

mod diff;
mod fst;
mod watch;

pub use diff::{Comparison, DiffError, Difference, diff};
pub use fst::{Waves, WavesError};
pub use watch::{Source, Watch, axis, ends, tdata_width, watches};

use crate::function::{Evaluator, FrameData};
use crate::timing::Engine;
use mpqc_ir::design::Design;
use rayon::prelude::*;

/// A stream in one cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// The wire `valid`.
    pub valid: bool,
    /// The wire `ready`.
    pub ready: bool,
    /// Data words, least significant first; meaningful only where `valid`.
    pub data: Vec<u32>,
}

/// A run of given frames, a cycle at a time.
pub struct Trace<'a> {
    design: &'a Design,
    /// The timing; advance it with [`Trace::advance`].
    pub engine: Engine,
    frames: Vec<FrameData>,
    watches: Vec<Watch>,
    /// The beat that each watch packed last, so that stalled beats are packed once.
    packed: Vec<Option<u64>>,
    beats: Vec<Beat>,
}

impl<'a> Trace<'a> {
    /// A run of `frames` (integers of every input port in stream order, frame by frame), in the cycle that `engine` is in.
    ///
    /// Of one frame more, what padding alone makes is sent before a pixel arrives, so that any frame's data serve for
    /// it.
    pub fn new(design: &'a Design, engine: Engine, frames: &[Vec<Vec<i64>>]) -> Self {
        let evaluator = Evaluator::new(design);
        let watches = watches(design);
        let frames = frames
            .par_iter()
            .chain(&frames[..frames.len().min(1)])
            .map(|inputs| evaluator.frame(inputs))
            .collect();
        let beats = watches.iter().map(|w| Beat { data: vec![0; w.words()], ..Beat::default() }).collect();
        let packed = vec![None; watches.len()];
        let mut trace = Trace { design, engine, frames, watches, packed, beats };
        trace.update();
        trace
    }

    /// The streams, in the order of [`watches`].
    pub fn watches(&self) -> &[Watch] {
        &self.watches
    }

    /// Every stream in the present cycle.
    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }

    /// On to the next cycle.
    pub fn advance(&mut self) {
        self.engine.advance();
        self.update();
    }

    /// The index, over all frames, of the beat on offer.
    pub fn index(&self, watch: &Watch) -> u64 {
        self.handshake(watch.source).2
    }

    /// Whether a watch's present beat is its frame's last: the bit that `tlast` must show.
    pub fn is_last(&self, watch: &Watch) -> bool {
        let beats = self.design.graph[watch.layout].beats_per_frame() as u64;
        self.index(watch) % beats == beats - 1
    }

    /// Brings all beats up to the present cycle.
    fn update(&mut self) {
        for i in 0..self.watches.len() {
            let (valid, ready, index) = self.handshake(self.watches[i].source);
            self.beats[i].valid = valid;
            self.beats[i].ready = ready;
            if valid && self.packed[i] != Some(index) {
                self.pack(i, index);
            }
        }
    }

    fn handshake(&self, source: Source) -> (bool, bool, u64) {
        let engine = &self.engine;
        match source {
            Source::Inside(s) => (engine.valid(s), engine.ready(s), engine.beat(s)),
            Source::Input(p) => (engine.input_valid(p), engine.input_ready(p), engine.input_beat(p)),
            Source::Output(p) => (engine.output_valid(p), engine.output_ready(p), engine.output_beat(p)),
        }
    }

    fn pack(&mut self, i: usize, index: u64) {
        let layout = self.watches[i].layout;
        let stream = &self.design.graph[layout];
        let beats = stream.beats_per_frame() as u64;
        let Some(frame) = self.frames.get((index / beats) as usize) else { return };
        let words = &mut self.beats[i].data;
        words.fill(0);
        stream.pack_beat(frame.stream(layout), (index % beats) as usize, &mut words[..stream.words()]);
        self.packed[i] = Some(index);
    }
}
