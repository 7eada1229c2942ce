//! The reference executor on real networks: outputs equal to the expected ones, computed in float64 by others.

use mpqc_ir::import::{Options, import};
use mpqc_ir::reference::{Executor, frames};
use ndarray::ArrayD;
use std::path::PathBuf;

/// `$MPQC_SHARED/models` or `../shared/models` beside the workspace.
fn models() -> Option<PathBuf> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("MPQC_SHARED").map_or_else(default, PathBuf::from).join("models");
    folder.is_dir().then_some(folder)
}

fn read(path: PathBuf) -> ArrayD<f64> {
    ndarray_npy::read_npy::<_, ArrayD<f32>>(path).unwrap().mapv(f64::from)
}

/// Runs a model on all frames of its input.
fn check(model: &str) {
    let Some(folder) = models() else {
        println!("skipped, no ../shared");
        return;
    };
    let bytes = std::fs::read(folder.join(format!("{model}.onnx"))).unwrap();
    let network = import(&bytes, &Options::default()).unwrap();
    let executor = Executor::new(&network);
    let (name, shape) = executor.inputs().next().unwrap();
    let input = read(folder.join(format!("{model}.input.npy")));
    let frames = frames::split(&input, shape.unwrap(), name).unwrap();
    let frames: Vec<_> = frames.into_iter().map(|frame| vec![frame]).collect();
    let outputs = frames::stack(&executor.run_batch(&frames).unwrap()).unwrap();
    let expected = read(folder.join(format!("{model}.expected.npy")));
    assert_eq!(outputs[0].len(), expected.len());
    for (i, (found, wanted)) in outputs[0].iter().zip(&expected).enumerate() {
        let difference = (found - wanted).abs();
        assert!(difference <= 1e-5 * wanted.abs().max(1.0), "element {i} is {found}, not {wanted}");
    }
}

macro_rules! models {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*
    };
}

models! {
    tfc_1w1a
    tfc_2w2a
    unsw_nb15_mlp_w2a2
    jet_tagging_qkeras_6b
    jet_w4a4
    jet_mixed
    mlperf_ad_autoencoder_int8_qdq
    cnv_w1a1
    cnv_w2a2
    mlperf_ic_resnet8_int8_qdq
    ultranet_4w4a_qonnx
    ultranet_ismart_w8f4_qonnx
}
