//! Verilator's side: frames in at the AXI inputs as fast as they are taken, beats out at the AXI outputs.

use super::Race;
use crate::lockstep::LockstepError;
use crate::lockstep::watch;
use crate::verilator::{Build, Model, Tuning, Verilator, VerilatorError};
use mpqc_ir::design::Design;
use mpqc_sim::trace::{Source, Watch, ends};
use petgraph::graph::EdgeIndex;

/// Cycles of reset before cycle 0.
const RESET_CYCLES: usize = 4;

/// Cycles without a beat at either end that mean that nothing moves: more than a frame takes.
const PATIENCE: u64 = 50_000_000;

/// What goes in, packed beforehand.
pub(super) struct Stimulus {
    ends: Vec<Watch>,
    frames: u64,
    /// Beats of every input port, word after word, and the beats of a frame.
    inputs: Vec<(Vec<u32>, usize)>,
    /// Beats that leave every output port.
    outputs: Vec<u64>,
}

/// What came out.
pub(super) struct Run {
    /// Cycles from reset through the last beat of the last frame.
    pub cycles: u64,
    /// Cycles from the first beat offered through the last beat of frame 0.
    pub latency: u64,
    /// Words of all beats of every output port.
    pub beats: Vec<Vec<u32>>,
}

/// Builds the model that runs fastest: no wire but the ports is visible.
pub(super) fn model(race: &Race, verilator: &Verilator) -> Result<Model, VerilatorError> {
    let mut build = Build::new(&race.design.name, race.folder);
    build.files = race.files.clone();
    build.probes = watch::probes(race.design, &ends(race.design));
    build.inputs = watch::inputs(race.design);
    build.tuning = Tuning::FastRun;
    verilator.build(&build)
}

impl Stimulus {
    pub fn new(race: &Race) -> Stimulus {
        let all = ends(race.design);
        let port = |port: usize, watch: &Watch| {
            let frames = race.frames.iter().map(|frame| &frame[port][..]);
            (packed(race.design, watch.layout, watch.words(), frames), beats(race.design, watch.layout))
        };
        let count = race.frames.len() as u64;
        let inputs = all.iter().filter_map(|watch| match watch.source {
            Source::Input(p) => Some(port(p, watch)),
            _ => None,
        });
        let outputs = all
            .iter()
            .filter(|watch| matches!(watch.source, Source::Output(_)))
            .map(|watch| count * beats(race.design, watch.layout) as u64);
        Stimulus { inputs: inputs.collect(), outputs: outputs.collect(), frames: count.max(1), ends: all }
    }
}

fn beats(design: &Design, layout: EdgeIndex) -> usize {
    design.graph[layout].beats_per_frame()
}

/// The words of all beats of a stream, `words` a beat.
fn packed<'a>(
    design: &Design,
    layout: EdgeIndex,
    words: usize,
    frames: impl Iterator<Item = &'a [i64]>,
) -> Vec<u32> {
    let stream = &design.graph[layout];
    let mut all = Vec::new();
    for frame in frames {
        for beat in 0..stream.beats_per_frame() {
            let at = all.len();
            all.resize(at + words, 0);
            stream.pack_beat(frame, beat, &mut all[at..at + stream.words()]);
        }
    }
    all
}

/// The words of all beats at every output port, of the elements that the simulator found.
pub(super) fn packed_outputs(design: &Design, outputs: &[Vec<Vec<i64>>]) -> Vec<Vec<u32>> {
    let all = ends(design);
    let port = |watch: &Watch| match watch.source {
        Source::Output(p) => {
            let frames = outputs.iter().map(|frame| &frame[p][..]);
            Some(packed(design, watch.layout, watch.words(), frames))
        }
        _ => None,
    };
    all.iter().filter_map(port).collect()
}

/// Runs all frames.
pub(super) fn run(model: &mut Model, stimulus: &Stimulus) -> Result<Run, LockstepError> {
    model.reset(RESET_CYCLES).map_err(LockstepError::from)?;
    let mut bench = Bench::new(model, stimulus);
    let mut quiet = 0;
    while !bench.done() {
        quiet = if bench.cycle()? { 0 } else { quiet + 1 };
        if quiet > PATIENCE {
            let waiting = "the outputs".to_owned();
            return Err(LockstepError::Deadlock { idle: quiet, cycle: bench.run.cycles, waiting });
        }
    }
    Ok(bench.run)
}

/// The design among its sources and sinks.
struct Bench<'a> {
    model: &'a mut Model,
    stimulus: &'a Stimulus,
    sample: Vec<u32>,
    /// Beats taken so far of every input.
    taken: Vec<usize>,
    /// Beats that came out so far of every output.
    given: Vec<u64>,
    /// Beats of frame 0 that are to come.
    first: Vec<u64>,
    run: Run,
}

impl<'a> Bench<'a> {
    fn new(model: &'a mut Model, stimulus: &'a Stimulus) -> Self {
        let outputs = stimulus.outputs.len();
        let mut bench = Bench {
            sample: vec![0; model.sample_words()],
            taken: vec![0; stimulus.inputs.len()],
            given: vec![0; outputs],
            first: stimulus.outputs.iter().map(|beats| beats / stimulus.frames).collect(),
            run: Run { cycles: 0, latency: 0, beats: vec![Vec::new(); outputs] },
            model,
            stimulus,
        };
        (0..bench.taken.len()).for_each(|port| bench.offer(port));
        let sinks = 3 * bench.taken.len();
        (0..outputs).for_each(|port| bench.model.set(sinks + port, &[1]));
        bench
    }

    fn done(&self) -> bool {
        self.given == self.stimulus.outputs
    }

    /// Puts the next beat of an input on its pins, if there is one.
    fn offer(&mut self, port: usize) {
        let (words, per_frame) = &self.stimulus.inputs[port];
        let width = self.stimulus.ends[port].words();
        let at = self.taken[port];
        let beat = words.get(at * width..(at + 1) * width);
        let last = beat.is_some() && at % per_frame == per_frame - 1;
        self.model.set(3 * port, &[u32::from(beat.is_some())]);
        if let Some(beat) = beat {
            self.model.set(3 * port + 1, beat);
        }
        self.model.set(3 * port + 2, &[u32::from(last)]);
    }

    /// One cycle; whether a beat went in or out.
    fn cycle(&mut self) -> Result<bool, LockstepError> {
        self.model.settle()?;
        self.model.sample(&mut self.sample);
        self.model.tick()?;
        self.run.cycles += 1;
        let mut moved = false;
        for end in 0..self.stimulus.ends.len() {
            let wire = |probe: usize| self.model.offset(3 * end + probe);
            if self.sample[wire(0)] & self.sample[wire(1)] & 1 == 1 {
                moved = true;
                let data = wire(2);
                self.handshake(end, data);
            }
        }
        Ok(moved)
    }

    fn handshake(&mut self, end: usize, data: usize) {
        let watch = &self.stimulus.ends[end];
        match watch.source {
            Source::Output(port) => {
                self.run.beats[port].extend_from_slice(&self.sample[data..data + watch.words()]);
                let in_frame_0 = self.given.iter().zip(&self.first).any(|(given, first)| given < first);
                self.run.latency = if in_frame_0 { self.run.cycles } else { self.run.latency };
                self.given[port] += 1;
            }
            _ => {
                self.taken[end] += 1;
                self.offer(end);
            }
        }
    }
}
