//! What reads files, and good files for each.

use mpqc::regress::Manifest;
use mpqc::{Options, npy, pipeline, targets as devices};
use mpqc_ir::design::Design;
use mpqc_ir::import::{self, Options as ImportOptions};
use mpqc_schedule::{Plan, schedule};
use mpqc_testbenches::random_network;
use std::error::Error;
use std::path::Path;

/// Networks whose files are changed.
const NETWORKS: u64 = 24;

/// A reader.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Good files.
    pub corpus: Vec<Vec<u8>>,
    /// Whether a file is accepted.
    pub read: fn(&[u8]) -> bool,
}

/// All of them.
///
/// # Errors
/// Where a good file cannot be made.
pub fn targets() -> Result<Vec<Target>, Box<dyn Error>> {
    let (mut models, mut designs, mut plans) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..NETWORKS {
        let case = random_network::draw(seed);
        let network = import::import(&case.model, &ImportOptions::default())?;
        if let Ok(integers) = pipeline::lower(&network) {
            let made = schedule(&integers, &Options::new(devices::find("zcu104")?))?;
            designs.push(serde_json::to_vec(&made.design)?);
            plans.push(made.plan.to_json().into_bytes());
        }
        models.push(case.model);
    }
    let manifest = include_bytes!("../../../examples/regress/manifest.toml").to_vec();
    let digits = include_bytes!("../../../examples/digits/digits_cnn_mixed.input.npy").to_vec();
    let labels = include_bytes!("../../../examples/digits/digits_test.labels.npy").to_vec();
    let target = |name, corpus, read| Target { name, corpus, read };
    Ok(vec![
        target("onnx", models, read_onnx as fn(&[u8]) -> bool),
        target("design.json", designs, read_design),
        target("plan.json", plans, read_plan),
        target("npy", vec![digits, labels], read_npy),
        target("manifest", vec![manifest], |bytes| {
            std::str::from_utf8(bytes).is_ok_and(|it| Manifest::parse(it, Path::new("manifest.toml")).is_ok())
        }),
    ])
}

/// The reader and the importer; of what they accept, every eighth is lowered, too.
fn read_onnx(bytes: &[u8]) -> bool {
    let Ok(network) = import::import(bytes, &ImportOptions::default()) else { return false };
    let small = network.graph.node_count() < 500;
    let eighth = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) % 8 == 0;
    !(small && eighth) || pipeline::lower(&network).is_ok()
}

fn read_design(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Design>(bytes).is_ok_and(|design| design.check().is_ok())
}

fn read_plan(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| Plan::from_json(text).is_ok())
}

fn read_npy(bytes: &[u8]) -> bool {
    let Ok(mut reader) = npy::NpyFrames::new(Path::new("fuzz.npy"), bytes) else { return false };
    let left = reader.left();
    left < 1 << 20 && reader.next(left).is_ok()
}
