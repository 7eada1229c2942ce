//! From an ONNX file to the accuracy and the cycles of its hardware:
//! `cargo run --release --example compile_and_simulate`.

use mpqc::{Options, Stalls, arrays, compile, simulate, targets};
use std::path::Path;

/// Compiles the digits network, simulates its test images, and prints what came out.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let digits = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits");
    let options = Options { fps: Some(1e6), ..Options::new(targets::find("ultra96")?) };
    let compiled = compile(&digits.join("digits_mlp_w4a4.onnx"), &options)?;

    let images = arrays::read(&digits.join("digits_test.input.npy"))?;
    let labels = arrays::read(&digits.join("digits_test.labels.npy"))?;
    let simulation = simulate(compiled.design(), &[images], Stalls::None)?;

    let mut score = arrays::Score::default();
    score.count(&simulation.outputs[0], labels.iter());
    let timing = &simulation.timing;
    println!("{:.1} % of {} images are right", 100.0 * score.top1(), score.frames);
    println!("{} cycles a frame, latency {} cycles", timing.cycles_per_frame, timing.latency_cycles);
    println!("{} LUTs", compiled.schedule.resources.lut);
    Ok(())
}
