//! Every real network: compile for ultra96, simulate, verify in lock-step with and without stalls; outputs equal
//! to the expected ones.

use crate::common::{Compiled, read, shared, verilator};
use mpqc::arrays::compare;
use mpqc::pipeline;
use mpqc_sim::Stalls;
use mpqc_sim::timing::measure;
use mpqc_testbenches::lockstep::Lockstep;
use std::path::Path;

/// Frames that go through Verilator.
const LOCKSTEP_FRAMES: usize = 8;

fn whole_road(models: &Path, name: &str) {
    let compiled = Compiled::new(&models.join(format!("{name}.onnx")));
    let design = compiled.design();
    let frames = compiled.frames(&models.join(format!("{name}.input.npy")));
    let expected = read(&models.join(format!("{name}.expected.npy")));

    let simulated = pipeline::simulate(design, &frames).expect("simulates");
    let specified = pipeline::reference(&compiled.network, &frames).expect("the specification runs");
    for (what, outputs) in [("simulator", &simulated), ("reference", &specified)] {
        let difference = compare(&outputs[0], &expected, 1e-5);
        assert_eq!(difference.different, 0, "{name}: {what} and expected output: {difference:?}");
    }

    let timing = measure(design, frames.len() as u64, Stalls::None).expect("no deadlock");
    assert_eq!(
        timing.cycles_per_frame, compiled.schedule.cycles_per_frame,
        "{name}: a block waits that should not"
    );
    let latency = timing.latency_cycles;
    println!("{name}: {} cycles per frame, latency {latency}", timing.cycles_per_frame);
    lockstep(&compiled, &frames[..frames.len().min(LOCKSTEP_FRAMES)], latency);
}

fn lockstep(compiled: &Compiled, frames: &[pipeline::Frame], latency: u64) {
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

macro_rules! networks {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            if let Some(shared) = shared() {
                whole_road(&shared.join("models"), stringify!($name));
            }
        })*
    };
}

networks! {
    tfc_1w1a,
    tfc_2w2a,
    unsw_nb15_mlp_w2a2,
    jet_tagging_qkeras_6b,
    jet_w4a4,
    jet_mixed,
    mlperf_ad_autoencoder_int8_qdq,
}
