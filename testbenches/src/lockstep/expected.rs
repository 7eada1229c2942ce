//! What the simulator says of the present cycle.

use super::watch::{Source, Watch};
use mpqc_ir::design::Design;
use mpqc_sim::function::{Evaluator, FrameData};
use mpqc_sim::timing::Engine;
use rayon::prelude::*;

/// A stream in one cycle, on one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Beat {
    pub valid: bool,
    pub ready: bool,
    /// Data words; meaningful only where `valid`.
    pub data: Vec<u32>,
}

/// The simulator's side of the comparison.
pub(super) struct Expected<'a> {
    design: &'a Design,
    pub engine: Engine,
    frames: Vec<FrameData>,
    /// The beat that each watch packed last, so that stalled beats are packed once.
    packed: Vec<Option<u64>>,
    pub beats: Vec<Beat>,
}

impl<'a> Expected<'a> {
    /// The simulator's side of frames that are given and, of one more, what padding alone makes: it is sent
    /// before a pixel arrives, so that any frame's data serve for it.
    pub fn new(design: &'a Design, engine: Engine, frames: &[Vec<Vec<i64>>], watches: &[Watch]) -> Self {
        let evaluator = Evaluator::new(design);
        let frames = frames
            .par_iter()
            .chain(&frames[..frames.len().min(1)])
            .map(|inputs| evaluator.frame(inputs))
            .collect();
        let beats = watches.iter().map(|w| Beat { data: vec![0; w.words()], ..Beat::default() }).collect();
        Expected { design, engine, frames, packed: vec![None; watches.len()], beats }
    }

    /// Brings all beats up to the present cycle.
    pub fn update(&mut self, watches: &[Watch]) {
        for (i, watch) in watches.iter().enumerate() {
            let (valid, ready, index) = self.handshake(watch.source);
            self.beats[i].valid = valid;
            self.beats[i].ready = ready;
            if valid && self.packed[i] != Some(index) {
                self.pack(i, watch, index);
            }
        }
    }

    /// The bit that `tlast` must show on a watch's present beat.
    pub fn is_last(&self, watch: &Watch) -> bool {
        let (_, _, index) = self.handshake(watch.source);
        let beats = self.design.graph[watch.layout].beats_per_frame() as u64;
        index % beats == beats - 1
    }

    fn handshake(&self, source: Source) -> (bool, bool, u64) {
        let engine = &self.engine;
        match source {
            Source::Inside(s) => (engine.valid(s), engine.ready(s), engine.beat(s)),
            Source::Input(p) => (engine.input_valid(p), engine.input_ready(p), engine.input_beat(p)),
            Source::Output(p) => (engine.output_valid(p), engine.output_ready(p), engine.output_beat(p)),
        }
    }

    fn pack(&mut self, i: usize, watch: &Watch, index: u64) {
        let stream = &self.design.graph[watch.layout];
        let beats = stream.beats_per_frame() as u64;
        let Some(frame) = self.frames.get((index / beats) as usize) else { return };
        let words = &mut self.beats[i].data;
        words.fill(0);
        stream.pack_beat(frame.stream(watch.layout), (index % beats) as usize, &mut words[..stream.words()]);
        self.packed[i] = Some(index);
    }
}
