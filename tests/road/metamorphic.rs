//! Changes that must not change what comes out: other folds, kinds, memories and targets, channels in another order, frames
//! twice. In the simulator, which lock-step proves equal to the RTL; some in lock-step themselves.

use crate::common::{read, shared, verilator};
use mpqc::campaign::{self, Verdict};
use mpqc::metamorphic::{self, Held};
use mpqc::pipeline::{self, Frame};
use mpqc_ir::design::testing::Random;
use mpqc_ir::import::{self, Options as ImportOptions};
use mpqc_ir::int_network::IntNetwork;
use mpqc_sim::Stalls;
use mpqc_testbenches::lockstep::Lockstep;
use mpqc_testbenches::random_network;
use std::path::{Path, PathBuf};

/// Frames of a real network.
const FRAMES: usize = 6;

/// The last seed drew vectors of three inputs a group, two at a time: a plan that is refused.
#[test]
fn random_networks_keep_their_outputs() {
    let mut reordered = 0;
    for seed in (0..120).chain([5503]) {
        let case = random_network::draw(seed);
        match campaign::relations(&case, seed).expect("every stage runs") {
            Verdict::Held(held) => reordered += held.reordered,
            other => panic!("seed {seed} ({}): {other:?}", case.description),
        }
    }
    assert!(reordered > 120, "few channels stood in another order: {reordered}");
}

/// A model and some frames of its input.
fn network(model: &Path, input: &Path) -> (IntNetwork, Vec<Frame>) {
    let network = pipeline::import(model, Vec::new()).expect("imports");
    let mut frames = pipeline::split(&network, &[read(input)]).expect("the input fits the model");
    frames.truncate(FRAMES);
    (pipeline::lower(&network).expect("lowers"), frames)
}

/// At least so many designs of so many stretches of channels.
fn keeps_its_outputs(model: &Path, input: &Path, reordered: usize) {
    let (integers, frames) = network(model, input);
    let Held { designs, reordered: count } =
        metamorphic::check(&integers, &frames, 7).expect("every stage runs").expect("the relations hold");
    println!("{}: {designs} designs, {count} stretches of channels", model.display());
    assert!(designs >= 8 && count >= reordered, "{designs} designs, {count} stretches");
}

fn example(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits").join(file)
}

#[test]
fn networks_for_digits_keep_their_outputs() {
    for (model, input, reordered) in [
        ("digits_mlp_w4a4", "digits_test.input.npy", 2),
        ("digits_mlp_int8_qdq", "digits_test.input.npy", 2),
        ("digits_cnn_mixed", "digits_cnn_mixed.input.npy", 2),
    ] {
        keeps_its_outputs(&example(&format!("{model}.onnx")), &example(input), reordered);
    }
}

#[test]
fn real_networks_keep_their_outputs() {
    let Some(shared) = shared() else { return };
    for name in
        ["jet_w4a4", "jet_mixed", "jet_tagging_qkeras_6b", "unsw_nb15_mlp_w2a2", "tfc_1w1a", "tfc_2w2a"]
    {
        let file = |end: &str| shared.join("models").join(format!("{name}.{end}"));
        keeps_its_outputs(&file("onnx"), &file("input.npy"), 2);
    }
}

/// Channels in another order and every frame twice, in the RTL.
fn in_lockstep(integers: &IntNetwork, frames: &[Frame], seed: u64) {
    let (other, count) = metamorphic::reordered(integers, &mut Random(seed));
    assert!(count > 0, "no channels stand in another order");
    let design = metamorphic::drawn(&other, seed).expect("schedules");
    let (folder, verilator) = (tempfile::tempdir().expect("a folder"), verilator());
    let folder = folder.path().join("design");
    mpqc_codegen::write(&design, &folder, false).expect("writes");
    let frames = pipeline::encode(&design, &metamorphic::twice(frames)).expect("encodes");
    let files = mpqc_codegen::rtl_files(&folder).expect("lists its files");
    let stalls = Stalls::Random { seed: 3 };
    let job = Lockstep { design: &design, folder: &folder, files, frames: &frames, stalls, waves: None };
    let mismatch = job.run(&verilator, &|_| {}).expect("runs").mismatch;
    assert!(mismatch.is_none(), "{}", mismatch.map(|it| it.to_string()).unwrap_or_default());
}

#[test]
fn channels_in_another_order_and_frames_twice_in_lockstep() {
    for seed in [1, 3, 6] {
        let case = random_network::draw(seed);
        let network = import::import(&case.model, &ImportOptions::default()).expect("imports");
        let frames: Vec<Frame> = case.frames.iter().map(|frame| vec![frame.clone()]).collect();
        in_lockstep(&pipeline::lower(&network).expect("lowers"), &frames, seed);
    }
    let (integers, frames) =
        network(&example("digits_cnn_mixed.onnx"), &example("digits_cnn_mixed.input.npy"));
    in_lockstep(&integers, &frames[..2], 11);
}
