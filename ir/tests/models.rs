//! Real networks: import, lower, and the integers' meaning equal to the expected outputs.

use mpqc_ir::import::{Options, import};
use mpqc_ir::int_network::HostRunner;
use mpqc_ir::lower::lower;
use mpqc_ir::reference::frames;
use ndarray::ArrayD;
use std::path::PathBuf;

/// `$MPQC_SHARED` or `../shared` beside the workspace.
fn shared() -> Option<PathBuf> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("MPQC_SHARED").map_or_else(default, PathBuf::from);
    folder.join("models").is_dir().then_some(folder)
}

fn read(path: PathBuf) -> ArrayD<f64> {
    ndarray_npy::read_npy::<_, ArrayD<f32>>(path).expect("a float32 array").mapv(f64::from)
}

fn integers_equal_expected(model: &str, frame: &[usize], tolerance: f64) {
    let Some(folder) = shared().map(|s| s.join("models")) else {
        println!("skipped, no ../shared");
        return;
    };
    let bytes = std::fs::read(folder.join(format!("{model}.onnx"))).expect("the model is there");
    let network = import(&bytes, &Options::default()).expect("imports");
    let integers = lower(&network).expect("lowers");
    let host = HostRunner::new(&integers.host);
    let inputs =
        frames::split(&read(folder.join(format!("{model}.input.npy"))), frame, "input").expect("frames");
    let run = |frame: &ArrayD<f64>| {
        let inputs = [frame.clone()];
        let streams = integers.execute(&host.encode(&inputs).expect("encodes"));
        host.decode(&streams, &inputs).expect("decodes")
    };
    let outputs = frames::stack(&inputs.iter().map(run).collect::<Vec<_>>()).expect("stacks");
    let expected = read(folder.join(format!("{model}.expected.npy")));
    assert_eq!(outputs[0].len(), expected.len());
    for (i, (got, want)) in outputs[0].iter().zip(expected.iter()).enumerate() {
        assert!(
            (got - want).abs() <= tolerance * want.abs().max(1.0),
            "{model}: element {i} is {got}, expected {want}"
        );
    }
}

macro_rules! models {
    ($($name:ident: $shape:expr,)*) => {
        $(#[test]
        fn $name() {
            integers_equal_expected(stringify!($name), &$shape, 1e-5);
        })*
    };
}

models! {
    tfc_1w1a: [1, 1, 28, 28],
    tfc_2w2a: [1, 1, 28, 28],
    unsw_nb15_mlp_w2a2: [1, 600],
    jet_tagging_qkeras_6b: [1, 16],
    jet_w4a4: [1, 16],
    jet_mixed: [1, 16],
    mlperf_ad_autoencoder_int8_qdq: [1, 640],
}
