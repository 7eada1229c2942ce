//! Accuracy on the 10,000 MNIST test images: the simulator's answers are the reference executor's.

use crate::common::{Compiled, shared};
use mpqc::arrays::classes;
use mpqc::pipeline;
use ndarray::{Array1, Array4, Axis};
use ndarray_npy::NpzReader;
use std::fs::File;
use std::path::Path;

fn mnist(path: &Path) -> (Array4<u8>, Array1<u8>) {
    let mut archive =
        NpzReader::new(File::open(path).expect("the archive is there")).expect("an npz archive");
    let array = |archive: &mut NpzReader<File>| archive.by_name("x").expect("images");
    let images = array(&mut archive);
    (images, archive.by_name("y").expect("labels"))
}

fn accuracies_are_equal(model: &str) {
    let Some(shared) = shared() else { return };
    let compiled = Compiled::new(&shared.join("models").join(format!("{model}.onnx")));
    let (images, labels) = mnist(&shared.join("data/mnist_test.npz"));
    let frame = |image: ndarray::ArrayView3<u8>| {
        // The training pipeline's ToTensor: float32 division by 255.
        let pixels = image.mapv(|v| f64::from(f32::from(v) / 255.0));
        vec![pixels.insert_axis(Axis(0)).into_dyn()]
    };
    let frames: Vec<pipeline::Frame> = images.outer_iter().map(frame).collect();
    let simulated = classes(&pipeline::simulate(compiled.design(), &frames).expect("simulates")[0]);
    let specified = classes(&pipeline::reference(&compiled.network, &frames).expect("runs")[0]);
    assert_eq!(simulated, specified);
    let right =
        simulated.iter().zip(&labels).filter(|(class, label)| **class == usize::from(**label)).count();
    println!(
        "{model}: {:.2} % of {} images, simulator = reference",
        100.0 * right as f64 / frames.len() as f64,
        frames.len()
    );
    assert!(right * 10 > frames.len() * 9, "{right} of {} is not a trained network's accuracy", frames.len());
}

#[test]
fn tfc_1w1a() {
    accuracies_are_equal("tfc_1w1a");
}

#[test]
fn tfc_2w2a() {
    accuracies_are_equal("tfc_2w2a");
}
