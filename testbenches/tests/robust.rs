//! What a design does when the world around it is not polite: resets in the middle, frames that `tlast` cuts, ends that wait.

use mpqc_ir::design::Design;
use mpqc_ir::design::testing::{Chain, Mac, Random, cases};
use mpqc_ir::number::IntType;
use mpqc_sim::function::Evaluator;
use mpqc_testbenches::icarus::{Icarus, Run};
use mpqc_testbenches::tools::{self, Tool};
use mpqc_testbenches::verilator::{Build, Model, Port, Probe, Verilator};

/// Cycles after which a wait is a hang.
const PATIENCE: usize = 500;

fn verilator() -> Verilator {
    if tools::verilator().is_err() {
        tools::install(Tool::Verilator, &|line| eprintln!("{line}")).expect("Verilator installs");
    }
    tools::verilator().expect("Verilator is installed")
}

/// One input, one output, and the design's pins moved by hand.
struct Bench {
    design: Design,
    model: Model,
    sample: Vec<u32>,
    beats: usize,
    /// Beats that left, since they were last looked at.
    given: Vec<Vec<u32>>,
    /// How both ends wait while frames are sent; without one, they never wait.
    pace: Option<Pace>,
    _folder: tempfile::TempDir,
}

/// Ends that wait at random: how many of eight times they go on.
struct Pace {
    random: Random,
    offers: i64,
    takes: i64,
}

impl Pace {
    fn new(seed: u64) -> Pace {
        let mut random = Random(seed);
        let [offers, takes] = [random.within(1, 8), random.within(1, 8)];
        Pace { random, offers, takes }
    }
}

const IN_READY: usize = 0;
const OUT_VALID: usize = 1;
const ERROR: usize = 2;
const OUT_DATA: usize = 3;

impl Bench {
    fn new(design: Design, x_seed: Option<u32>) -> Bench {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("design");
        mpqc_codegen::write(&design, &path, false).expect("writes");
        let (source, sink) = (design.outputs_of(design.inputs[0])[0], design.inputs_of(design.outputs[0])[0]);
        let width = |stream| mpqc_sim::trace::tdata_width(&design.graph[stream]) as u32;
        let mut build = Build::new(&design.name, &path);
        build.files = mpqc_codegen::rtl_files(&path).expect("lists its files");
        build.x_seed = x_seed;
        build.inputs = vec![
            Port::new("s_axis_tvalid", 1),
            Port::new("s_axis_tdata", width(source)),
            Port::new("s_axis_tlast", 1),
            Port::new("m_axis_tready", 1),
        ];
        let probes =
            [("s_axis_tready", 1), ("m_axis_tvalid", 1), ("tlast_error", 1), ("m_axis_tdata", width(sink))];
        build.probes = probes.map(|(name, width)| Probe::new(name, width)).to_vec();
        let model = verilator().build(&build).expect("builds");
        let (sample, beats) = (vec![0; model.sample_words()], design.graph[source].beats_per_frame());
        let mut bench =
            Bench { design, model, sample, beats, given: Vec::new(), pace: None, _folder: folder };
        bench.reset();
        bench
    }

    fn reset(&mut self) {
        self.pins(None, false);
        self.model.reset(2).expect("resets");
        self.given.clear();
    }

    fn pins(&mut self, beat: Option<(&[u32], bool)>, ready: bool) {
        let idle =
            vec![u32::MAX; self.design.graph[self.design.outputs_of(self.design.inputs[0])[0]].words()];
        let (data, last) = beat.unwrap_or((&idle, true));
        self.model.set(0, &[u32::from(beat.is_some())]);
        self.model.set(1, data);
        self.model.set(2, &[u32::from(last)]);
        self.model.set(3, &[u32::from(ready)]);
    }

    /// A cycle; whether the beat on offer was taken.
    fn cycle(&mut self, beat: Option<(&[u32], bool)>, ready: bool) -> bool {
        self.pins(beat, ready);
        self.model.settle().expect("settles");
        self.model.sample(&mut self.sample);
        let at = |probe: usize| self.model.offset(probe);
        if ready && self.sample[at(OUT_VALID)] == 1 {
            self.given.push(self.sample[at(OUT_DATA)..].to_vec());
        }
        let taken = beat.is_some() && self.sample[at(IN_READY)] == 1;
        self.model.tick().expect("ticks");
        taken
    }

    fn error(&self) -> bool {
        self.sample[self.model.offset(ERROR)] == 1
    }

    /// Frame `seed`'s integers.
    fn frame(&self, seed: u64) -> Vec<i64> {
        let (port, mut random) = (&self.design.host.inputs[0], Random(seed));
        (0..port.shape.elements()).map(|_| random.value(port.ty)).collect()
    }

    /// Sends the first `beats` beats of a frame, `tlast` with the last of them if `ends`.
    fn send(&mut self, seed: u64, beats: usize, ends: bool) {
        let stream = self.design.graph[self.design.outputs_of(self.design.inputs[0])[0]].clone();
        let frame = self.frame(seed);
        for beat in 0..beats {
            let mut words = vec![0; stream.words()];
            stream.pack_beat(&frame, beat, &mut words);
            let last = ends && beat + 1 == beats;
            while !self.goes(|pace| pace.offers) {
                let ready = self.goes(|pace| pace.takes);
                self.cycle(None, ready);
            }
            let taken = (0..PATIENCE).any(|_| {
                let ready = self.goes(|pace| pace.takes);
                self.cycle(Some((&words, last)), ready)
            });
            assert!(taken, "beat {beat} of frame {seed} is not taken");
        }
    }

    /// Whether an end goes on.
    fn goes(&mut self, of_eight: impl Fn(&Pace) -> i64) -> bool {
        self.pace.as_mut().is_none_or(|pace| pace.random.within(1, 8) <= of_eight(pace))
    }

    /// Beats that must leave for a frame.
    fn expected(&self, seed: u64) -> Vec<Vec<u32>> {
        let stream = &self.design.graph[self.design.inputs_of(self.design.outputs[0])[0]];
        let output = Evaluator::new(&self.design).outputs(&[self.frame(seed)]).remove(0);
        let words = self.sample.len() - self.model.offset(OUT_DATA);
        let beat = |beat| {
            let mut data = vec![0; words];
            stream.pack_beat(&output, beat, &mut data);
            data
        };
        (0..stream.beats_per_frame()).map(beat).collect()
    }

    fn drain(&mut self) -> Vec<Vec<u32>> {
        (0..10 * PATIENCE).for_each(|_| {
            self.cycle(None, true);
        });
        std::mem::take(&mut self.given)
    }

    /// Whole frames come out as they must.
    fn works(&mut self, seeds: std::ops::Range<u64>) {
        for seed in seeds.clone() {
            self.send(seed, self.beats, true);
        }
        let expected: Vec<_> = seeds.flat_map(|seed| self.expected(seed)).collect();
        assert_eq!(self.drain(), expected, "{}", self.design.name);
    }
}

fn u4() -> IntType {
    IntType::quantizer(false, 4, false)
}

/// A design with a replay buffer, an array, thresholds and adapters: 5 beats a frame.
fn layer() -> Design {
    Chain::new("layer").input(u4(), 2, 10).mac(Mac::new(6, 4, 3)).thresholds(u4(), true).finish()
}

/// A design over images, with memories.
fn image() -> Design {
    let design = cases().into_iter().find(|design| design.name == "conv_pool");
    design.expect("the table has a convolution with a pool")
}

#[test]
fn a_reset_in_the_middle_of_a_frame_forgets_it() {
    for mut bench in [Bench::new(layer(), Some(3)), Bench::new(image(), Some(3))] {
        for beats in 1..bench.beats.min(12) {
            bench.send(7, beats, beats == bench.beats);
            (0..beats).for_each(|_| {
                bench.cycle(None, false);
            });
            bench.reset();
            bench.works(beats as u64..beats as u64 + 2);
            assert!(!bench.error());
        }
    }
}

#[test]
fn a_frame_that_tlast_cuts_is_filled_up_and_the_next_is_right() {
    for mut bench in [Bench::new(layer(), None), Bench::new(image(), None)] {
        for beats in 1..bench.beats.min(9) {
            bench.reset();
            bench.works(0..1);
            assert!(!bench.error());
            bench.send(1, beats, true);
            let mut left = bench.drain();
            assert_eq!(left.len(), bench.expected(1).len(), "the cut frame leaves as a whole one");
            assert!(bench.error(), "and is reported");
            bench.works(2..5);
            left.clear();
            bench.send(5, beats, true);
            bench.send(6, bench.beats, true);
            left.extend(bench.drain());
            let whole = bench.expected(6);
            assert!(left.ends_with(&whole), "also where the next follows at once");
        }
    }
}

#[test]
fn a_frame_without_tlast_ends_by_its_length() {
    let mut bench = Bench::new(layer(), None);
    bench.send(1, bench.beats, false);
    bench.send(2, bench.beats, true);
    let expected = [bench.expected(1), bench.expected(2)].concat();
    assert_eq!(bench.drain(), expected);
    assert!(bench.error());
    bench.reset();
    bench.works(3..4);
    assert!(!bench.error(), "a reset clears the error");
}

#[test]
fn frames_of_one_beat_follow_each_other() {
    let design = Chain::new("one_beat").input(u4(), 4, 4).mac(Mac::new(3, 4, 3)).finish();
    let mut bench = Bench::new(design, None);
    assert_eq!(bench.beats, 1);
    bench.works(0..40);
    bench.send(1, 1, false);
    assert_eq!(bench.drain(), bench.expected(1));
    assert!(bench.error());
}

#[test]
fn frames_follow_each_other_with_other_stalls_each() {
    for mut bench in [Bench::new(layer(), None), Bench::new(image(), None)] {
        let seeds = 0..40;
        for seed in seeds.clone() {
            bench.pace = (seed % 4 > 0).then(|| Pace::new(seed));
            bench.send(seed, bench.beats, true);
        }
        let expected: Vec<_> = seeds.flat_map(|seed| bench.expected(seed)).collect();
        assert_eq!(bench.drain(), expected, "{}", bench.design.name);
        assert!(!bench.error());
    }
}

#[test]
fn ends_may_wait_for_a_million_cycles() {
    let mut bench = Bench::new(layer(), None);
    bench.send(1, 2, false);
    (0..1_000_000).for_each(|_| {
        bench.cycle(None, true);
    });
    assert!(bench.given.is_empty());
    bench.reset();
    bench.send(1, bench.beats, true);
    (0..1_000_000).for_each(|_| {
        bench.cycle(None, false);
    });
    assert!(bench.given.is_empty());
    assert_eq!(bench.drain(), bench.expected(1));
    bench.works(2..4);
}

#[test]
fn nothing_unknown_reaches_an_output() {
    let Ok(icarus) = Icarus::find() else {
        eprintln!("skipped, no Icarus");
        return;
    };
    let designs = cases();
    for design in designs.iter().step_by(if cfg!(debug_assertions) { 20 } else { 4 }) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folder = folder.path().join("design");
        mpqc_codegen::write(design, &folder, false).expect("writes");
        let files = mpqc_codegen::rtl_files(&folder).expect("lists its files");
        let mut random = Random(5);
        let mut port = |p: &mpqc_ir::int_network::InputPort| -> Vec<i64> {
            (0..p.shape.elements()).map(|_| random.value(p.ty)).collect()
        };
        let frames: Vec<Vec<Vec<i64>>> =
            (0..3).map(|_| design.host.inputs.iter().map(&mut port).collect()).collect();
        for stalls in [false, true] {
            let run = Run { design, folder: &folder, files: &files, frames: &frames, stalls, rude: false };
            let difference = icarus.difference(&run).expect("Icarus runs");
            assert_eq!(difference, None, "{}", design.name);
        }
    }
}
