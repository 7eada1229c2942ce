//! The stages of the road on a real network: import, lowering, scheduling with emission, simulation.
//!
//! `cargo bench` compares with the last run; on a noisy machine trust the ratios. The network is
//! `mlperf_ad_autoencoder_int8_qdq` of `../shared` where that is there, else the digits example.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mpqc::pipeline;
use mpqc_schedule::{Options, schedule, targets};
use mpqc_sim::Stalls;
use mpqc_sim::function::Evaluator;
use mpqc_sim::timing::measure;
use std::path::{Path, PathBuf};

fn model() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("MPQC_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let large = shared.join("models/mlperf_ad_autoencoder_int8_qdq.onnx");
    if large.is_file() { large } else { root.join("examples/digits/digits_mlp_w4a4.onnx") }
}

fn road(c: &mut Criterion) {
    let path = model();
    let options = Options::new(targets::find("ultra96").expect("a known target"));
    let network = pipeline::import(&path, Vec::new()).expect("imports");
    let integers = pipeline::lower(&network).expect("lowers");
    let design = schedule(&integers, &options).expect("schedules").design;

    c.bench_function("import", |b| b.iter(|| pipeline::import(&path, Vec::new())));
    c.bench_function("lower", |b| b.iter(|| pipeline::lower(&network)));
    c.bench_function("schedule", |b| b.iter(|| schedule(&integers, &options)));
    c.bench_function("emit", |b| b.iter(|| mpqc_codegen::emit(&design)));
    c.bench_function("timing of 1,000 frames", |b| b.iter(|| measure(&design, 1000, Stalls::None)));

    let frames = pipeline::random_streams(&design, 64, 1);
    let evaluator = Evaluator::new(&design);
    let mut group = c.benchmark_group("function");
    group.throughput(Throughput::Elements(frames.len() as u64));
    group.bench_function("frames", |b| {
        b.iter_batched(
            || (),
            |()| frames.iter().map(|f| evaluator.outputs(f)).collect::<Vec<_>>(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = road }
criterion_main!(benches);
