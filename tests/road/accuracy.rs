//! Accuracy on test images that the networks were not trained on: the simulator's answers are the reference
//! executor's, image by image.
//!
//! The 2,000 CIFAR-10 images show seams between blocks of 8 pixels, as JPEG leaves them at a low quality: networks that
//! are published with 84 % (`cnv_w1a1`) and 85 % (ResNet-8) on the original images answer ten in a hundred fewer of
//! these rightly.

use crate::common::{Compiled, shared};
use mpqc::arrays::classes;
use mpqc::pipeline::{self, Frame};
use ndarray::{Array1, Array4, ArrayView3, Axis};
use ndarray_npy::NpzReader;
use std::fs::File;
use std::path::Path;

pub fn images(path: &Path) -> (Array4<u8>, Array1<u8>) {
    let mut archive =
        NpzReader::new(File::open(path).expect("the archive is there")).expect("an npz archive");
    let images = archive.by_name("x").expect("images");
    (images, archive.by_name("y").expect("labels"))
}

/// A test set, and what a network takes for a byte of it.
struct Data {
    file: &'static str,
    pixel: fn(u8) -> f64,
}

/// The training pipeline's ToTensor: float32 division by 255.
const MNIST: Data = Data { file: "mnist_test.npz", pixel: |v| f64::from(f32::from(v) / 255.0) };

/// The bytes themselves.
const CIFAR10: Data = Data { file: "cifar10_test_2k.npz", pixel: f64::from };

/// FINN's networks take signed bytes: `2·x/255 − 1` in steps of 1/128 would be −128 … 127.
const CIFAR10_SIGNED: Data = Data { file: "cifar10_test_2k.npz", pixel: |v| f64::from(v) - 128.0 };

/// Prints the accuracy of a network in the simulator, which must be at least `percent`; every answer is the
/// specification's.
fn accuracies_are_equal(model: &str, data: &Data, percent: f64) {
    let Some(shared) = shared() else { return };
    let compiled = Compiled::new(&shared.join("models").join(format!("{model}.onnx")));
    let (images, labels) = images(&shared.join("data").join(data.file));
    let frame = |image: ArrayView3<u8>| vec![image.mapv(data.pixel).insert_axis(Axis(0)).into_dyn()];
    let frames: Vec<Frame> = images.outer_iter().map(frame).collect();
    let simulated = classes(&pipeline::simulate(compiled.design(), &frames).expect("simulates")[0]);
    let specified = classes(&pipeline::reference(&compiled.network, &frames).expect("runs")[0]);
    assert_eq!(simulated, specified);
    let right =
        simulated.iter().zip(&labels).filter(|(class, label)| **class == usize::from(**label)).count();
    let accuracy = 100.0 * right as f64 / frames.len() as f64;
    println!("{model}: {accuracy:.2} % of {} images, simulator = reference", frames.len());
    assert!(accuracy >= percent, "{accuracy:.2} % is not this network's accuracy");
}

macro_rules! accuracies {
    ($($name:ident: $data:ident, $percent:literal;)*) => {
        $(#[test]
        fn $name() {
            accuracies_are_equal(stringify!($name), &$data, $percent);
        })*
    };
}

accuracies! {
    tfc_1w1a: MNIST, 90.0;
    tfc_2w2a: MNIST, 90.0;
    cnv_w1a1: CIFAR10_SIGNED, 72.0;
    cnv_w2a2: CIFAR10_SIGNED, 73.0;
    mlperf_ic_resnet8_int8_qdq: CIFAR10, 74.0;
}
