//! Requantizers alone, where frames do not see a wrong threshold.

use crate::common::{mpqc, read, verilator};
use mpqc::Stalls;
use mpqc_testbenches::mutation::rtl::{Operator, faults};
use ndarray::Array;
use std::path::Path;

/// A design of an example, one threshold of which is wrong.
fn faulty(folder: &Path) {
    let out = folder.display().to_string();
    let model = "examples/digits/digits_cnn_mixed.onnx";
    assert!(mpqc(&["compile", model, "--fps", "100000", "-o", &out]).status.success());
    let all = faults(folder, Operator::WrongThreshold).expect("a design's folder");
    let fault = all.last().expect("it has thresholds");
    let file = folder.join(&fault.path);
    let text = std::fs::read_to_string(&file).expect("readable");
    std::fs::write(&file, fault.applied(&text)).expect("writable");
}

#[test]
fn the_library_sees_a_threshold_that_a_frame_does_not() {
    verilator();
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("design");
    faulty(&folder);
    let shape = read(Path::new("examples/digits/digits_cnn_mixed.input.npy")).shape()[1..].to_vec();
    let dark = Array::zeros([&[1], &shape[..]].concat());
    let verification = mpqc::verify(&folder, &[dark], Stalls::None).expect("it runs");
    assert!(verification.lockstep.mismatch.is_none(), "a dark frame sees the threshold");
    assert!(verification.mismatch().is_some(), "nothing sees the threshold");
    let boundaries = mpqc::verify_requantizers(&folder).expect("it runs").expect("it has requantizers");
    assert!(boundaries.mismatch.is_some_and(|it| it.what == "data"));
}
