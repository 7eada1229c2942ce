//! Every real network: compile for ultra96, simulate, verify in lock-step with and without stalls; outputs equal
//! to the expected ones.

use crate::common::{Compiled, read, shared, verilator};
use mpqc::arrays::compare;
use mpqc::pipeline::{self, Frame};
use mpqc_ir::design::testing::Random;
use mpqc_sim::Stalls;
use mpqc_sim::timing::measure;
use mpqc_testbenches::lockstep::Lockstep;
use ndarray::{ArrayD, Axis, Slice};
use std::path::{Path, PathBuf};

/// Frames that go through Verilator.
const LOCKSTEP_FRAMES: usize = 8;

/// A network's files.
struct Files {
    model: PathBuf,
    input: PathBuf,
    expected: PathBuf,
}

impl Files {
    /// `NAME.onnx`, `NAME.input.npy` and `NAME.expected.npy`.
    fn of(folder: &Path, name: &str) -> Self {
        Self::on(folder, name, &format!("{name}.input.npy"))
    }

    /// The same with an input of another name.
    fn on(folder: &Path, name: &str, input: &str) -> Self {
        Files {
            model: folder.join(format!("{name}.onnx")),
            input: folder.join(input),
            expected: folder.join(format!("{name}.expected.npy")),
        }
    }

    /// Compiles and simulates the first `count` frames; `lockstep` of them go through Verilator.
    fn whole_road(&self, count: usize, lockstep: usize) {
        self.road_of(&Compiled::new(&self.model), count, lockstep);
    }

    /// Simulates the first `count` frames of a design; `lockstep` of them go through Verilator.
    fn road_of(&self, compiled: &Compiled, count: usize, lockstep: usize) {
        let frames = compiled.frames(&self.input);
        let frames = &frames[..frames.len().min(count)];
        self.outputs_are_expected(compiled, frames);
        let latency = timing_is_planned(compiled, frames.len() as u64);
        if lockstep > 0 {
            in_lockstep(compiled, &frames[..frames.len().min(lockstep)], latency);
        }
    }

    fn outputs_are_expected(&self, compiled: &Compiled, frames: &[Frame]) {
        let simulated = pipeline::simulate(compiled.design(), frames).expect("simulates");
        let specified = pipeline::reference(&compiled.network, frames).expect("the specification runs");
        let expected = read(&self.expected);
        let expected = expected.slice_axis(Axis(0), Slice::from(..frames.len())).to_owned();
        for (what, outputs) in [("simulator", &simulated), ("reference", &specified)] {
            let difference = compare(&outputs[0], &expected, 1e-5);
            assert_eq!(difference.different, 0, "{what} and {}: {difference:?}", self.expected.display());
        }
    }
}

/// A frame takes the cycles that the schedule says; its latency.
fn timing_is_planned(compiled: &Compiled, frames: u64) -> u64 {
    let timing = measure(compiled.design(), frames.max(3), Stalls::None).expect("no deadlock");
    let (name, latency) = (&compiled.network.name, timing.latency_cycles);
    println!("{name}: {} cycles per frame, latency {latency}", timing.cycles_per_frame);
    let planned = compiled.schedule.cycles_per_frame;
    assert_eq!(timing.cycles_per_frame, planned, "{name}: a block waits that should not");
    latency
}

fn in_lockstep(compiled: &Compiled, frames: &[Frame], latency: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().join("design");
    mpqc_codegen::write(compiled.design(), &folder, false).expect("writes");
    // What is verified is what the folder says, not what is in memory.
    let design = pipeline::open(&folder).expect("reads back");
    let files = mpqc_codegen::rtl_files(&folder).expect("lists its files");
    let verilator = verilator();
    verilator.lint(&files, &design.name).expect("no lint warnings");
    let streams = pipeline::encode(&design, frames).expect("encodes");
    for stalls in [Stalls::None, Stalls::Random { seed: 11 }] {
        let job = Lockstep {
            design: &design,
            folder: &folder,
            files: files.clone(),
            frames: &streams,
            stalls,
            waves: None,
        };
        let report = job.run(&verilator, &|_| {}).expect("runs");
        assert!(report.mismatch.is_none(), "{}", report.mismatch.map(|m| m.to_string()).unwrap_or_default());
        assert!(report.cycles >= latency && report.handshakes > 0);
    }
}

/// A network for images on random images of another size; all of them go through Verilator.
fn crop(model: &Path, input: &str, shape: &[usize]) {
    let compiled = Compiled::with_shapes(model, vec![(input.into(), shape.to_vec())]);
    let mut random = Random(5);
    let mut frame = || vec![ArrayD::from_shape_simple_fn(shape, || random.within(0, 255) as f64 / 255.0)];
    let frames: Vec<Frame> = (0..2).map(|_| frame()).collect();
    let simulated = pipeline::simulate(compiled.design(), &frames).expect("simulates");
    let specified = pipeline::reference(&compiled.network, &frames).expect("the specification runs");
    assert_eq!(compare(&simulated[0], &specified[0], 1e-5).different, 0);
    let latency = timing_is_planned(&compiled, 2);
    in_lockstep(&compiled, &frames, latency);
}

macro_rules! fully_connected {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            if let Some(shared) = shared() {
                Files::of(&shared.join("models"), stringify!($name)).whole_road(usize::MAX, LOCKSTEP_FRAMES);
            }
        })*
    };
}

/// Unrolled to a frame a cycle or two, they take Verilator many minutes: simulated so, and in lock-step at a frame in
/// twelve cycles.
macro_rules! unrolled {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            if let Some(shared) = shared() {
                let files = Files::of(&shared.join("models"), stringify!($name));
                files.whole_road(usize::MAX, 0);
                files.road_of(&Compiled::for_rate(&files.model, 25e6), usize::MAX, LOCKSTEP_FRAMES);
            }
        })*
    };
}

unrolled! {
    tfc_1w1a,
    tfc_2w2a,
    unsw_nb15_mlp_w2a2,
}

fully_connected! {
    jet_tagging_qkeras_6b,
    jet_w4a4,
    jet_mixed,
    mlperf_ad_autoencoder_int8_qdq,
}

/// Networks whose images have one size: simulated, and one image in lock-step.
macro_rules! images {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            if let Some(shared) = shared() {
                Files::of(&shared.join("models"), stringify!($name)).whole_road(usize::MAX, 1);
            }
        })*
    };
}

images! {
    cnv_w1a1,
    cnv_w2a2,
    mlperf_ic_resnet8_int8_qdq,
}

/// Networks for images of any size: whole frames simulated, a crop in lock-step; a whole frame in lock-step is
/// for `cargo test --release --test road -- --ignored lockstep`.
macro_rules! ultranets {
    ($($name:ident,)*) => {
        $(mod $name {
            use super::*;

            #[test]
            fn whole_frames_are_simulated() {
                if let Some(shared) = shared() {
                    Files::of(&shared.join("models"), stringify!($name)).whole_road(usize::MAX, 0);
                }
            }

            #[test]
            fn a_crop_in_lockstep() {
                if let Some(shared) = shared() {
                    let model = shared.join("models").join(concat!(stringify!($name), ".onnx"));
                    crop(&model, "image", &[1, 3, 32, 64]);
                }
            }

            #[test]
            #[ignore = "a crop of the same network is verified"]
            fn a_whole_frame_in_lockstep() {
                if let Some(shared) = shared() {
                    Files::of(&shared.join("models"), stringify!($name)).whole_road(1, 1);
                }
            }
        })*
    };
}

ultranets! {
    ultranet_4w4a_qonnx,
    ultranet_ismart_w8f4_qonnx,
}

fn example(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder)
}

/// Unrolled to a frame per cycle, it takes Verilator minutes; `command.rs` verifies it folded.
#[test]
fn digits_mlp_w4a4() {
    Files::on(&example("digits"), "digits_mlp_w4a4", "digits_test.input.npy").whole_road(usize::MAX, 0);
}

#[test]
fn digits_mlp_int8_qdq() {
    Files::on(&example("digits"), "digits_mlp_int8_qdq", "digits_test.input.npy").whole_road(usize::MAX, 4);
}

#[test]
fn digits_cnn_mixed() {
    Files::of(&example("digits"), "digits_cnn_mixed").whole_road(usize::MAX, 4);
}

#[test]
fn cifar10_resnet8_mixed() {
    Files::of(&example("cifar10"), "cifar10_resnet8_mixed").whole_road(usize::MAX, 1);
}
