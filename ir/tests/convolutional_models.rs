//! Real convolutional networks: lowered integers equal the reference executor.

mod common;

use common::{Random, assert_equal, lowered, models, read};
use mpqc_ir::import::Options;
use mpqc_ir::reference::frames;
use ndarray::ArrayD;
use std::path::{Path, PathBuf};

fn check(path: &Path, options: &Options, frames: &[Vec<ArrayD<f64>>]) {
    let bytes = std::fs::read(path).expect("the model is there");
    let (network, integers) = lowered(&bytes, options);
    assert_equal(&network, &integers, frames);
}

/// The first frames of `<name>.input.npy`.
fn on_its_input(folder: PathBuf, name: &str, frame: &[usize], count: usize) {
    let input = read(folder.join(format!("{name}.input.npy")));
    let frames = frames::split(&input, frame, "input").expect("whole frames");
    let frames: Vec<_> = frames.into_iter().take(count).map(|f| vec![f]).collect();
    check(&folder.join(format!("{name}.onnx")), &Options::default(), &frames);
}

fn shared(name: &str, frame: &[usize], count: usize) {
    match models() {
        Some(folder) => on_its_input(folder, name, frame, count),
        None => println!("skipped, no ../shared"),
    }
}

fn example(folder: &str, name: &str, frame: &[usize], count: usize) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples").join(folder);
    on_its_input(folder, name, frame, count);
}

/// A crop of a network for images, on random pixels.
fn crop(name: &str, height: usize, width: usize) {
    let Some(folder) = models() else {
        println!("skipped, no ../shared");
        return;
    };
    let shape = vec![1, 3, height, width];
    let options = Options { input_shapes: vec![("image".into(), shape.clone())], ..Options::default() };
    let frame = Random(7).tensor(&shape, 0.0, 1.0);
    check(&folder.join(format!("{name}.onnx")), &options, &[vec![frame]]);
}

#[test]
fn cnv_w1a1() {
    shared("cnv_w1a1", &[1, 3, 32, 32], 1);
}

#[test]
fn cnv_w2a2() {
    shared("cnv_w2a2", &[1, 3, 32, 32], 1);
}

#[test]
fn mlperf_ic_resnet8_int8_qdq() {
    shared("mlperf_ic_resnet8_int8_qdq", &[1, 3, 32, 32], 2);
}

#[test]
fn ultranet_4w4a_qonnx() {
    crop("ultranet_4w4a_qonnx", 32, 64);
}

#[test]
fn ultranet_ismart_w8f4_qonnx() {
    crop("ultranet_ismart_w8f4_qonnx", 32, 64);
}

#[test]
fn digits_cnn_mixed() {
    example("digits", "digits_cnn_mixed", &[1, 1, 8, 8], 4);
}

#[test]
fn cifar10_resnet8_mixed() {
    example("cifar10", "cifar10_resnet8_mixed", &[1, 3, 32, 32], 2);
}
