//! Everything that reads files, as functions of bytes, and good files for each: what fuzzing starts from.

use crate::regress::Manifest;
use crate::{Options, npy, pipeline, targets as devices};
use mpqc_ir::design::Design;
use mpqc_ir::import::{self, Options as ImportOptions};
use mpqc_ir::int_network::IntNetwork;
use mpqc_schedule::{Plan, schedule};
use mpqc_testbenches::random_network;
use std::error::Error;
use std::path::Path;
use std::sync::OnceLock;

/// Random networks whose files are changed.
const NETWORKS: u64 = 24;

/// How many of them plans are made for: a plan is tried with each.
const PLANNED: usize = 4;

/// What reads a kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// The kind.
    pub name: &'static str,
    /// Whether a file is accepted.
    pub read: fn(&[u8]) -> bool,
}

/// All of them.
pub const READERS: [Reader; 7] = [
    Reader { name: "onnx", read: read_onnx },
    Reader { name: "design", read: read_design },
    Reader { name: "plan", read: read_plan },
    Reader { name: "planned", read: build_plan },
    Reader { name: "npy", read: read_npy },
    Reader { name: "manifest", read: read_manifest },
    Reader { name: "device", read: read_device },
];

/// Whether a file is accepted by the reader of this name.
///
/// # Panics
/// Where there is none.
pub fn read(name: &str, bytes: &[u8]) -> bool {
    let reader = READERS.iter().find(|reader| reader.name == name).expect("a reader is called so");
    (reader.read)(bytes)
}

/// Good files for each reader, in the order of [`READERS`].
///
/// # Errors
/// Where one cannot be made.
pub fn good_files() -> Result<[Vec<Vec<u8>>; READERS.len()], Box<dyn Error>> {
    let (mut models, mut designs, mut plans) = (Vec::new(), Vec::new(), Vec::new());
    let options = options()?;
    for seed in 0..NETWORKS {
        let model = random_network::draw(seed).model;
        if let Ok(integers) = integers(&model) {
            let made = schedule(&integers, &options)?;
            designs.push(serde_json::to_vec(&made.design)?);
            plans.push(made.plan.to_json().into_bytes());
        }
        models.push(model);
    }
    let planned = plans.iter().take(PLANNED).cloned().collect();
    let manifest = include_bytes!("../../examples/regress/manifest.toml").to_vec();
    let arrays = [
        &include_bytes!("../../examples/digits/digits_cnn_mixed.input.npy")[..],
        &include_bytes!("../../examples/digits/digits_test.labels.npy")[..],
    ];
    let targets = [
        &include_bytes!("../../schedule/targets/ultra96.toml")[..],
        &include_bytes!("../../schedule/targets/ecp5-85k.toml")[..],
    ];
    let owned = |files: [&[u8]; 2]| files.map(<[u8]>::to_vec).to_vec();
    Ok([models, designs, plans, planned, owned(arrays), vec![manifest], owned(targets)])
}

fn integers(model: &[u8]) -> Result<IntNetwork, Box<dyn Error>> {
    Ok(pipeline::lower(&import::import(model, &ImportOptions::default())?)?)
}

fn options() -> Result<Options, Box<dyn Error>> {
    Ok(Options::new(devices::find("zcu104")?))
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

fn plan(bytes: &[u8]) -> Option<Plan> {
    Plan::from_json(std::str::from_utf8(bytes).ok()?).ok()
}

fn read_plan(bytes: &[u8]) -> bool {
    plan(bytes).is_some()
}

/// Whether a plan leads to a design, of one of the networks that plans are made for.
fn build_plan(bytes: &[u8]) -> bool {
    static PLANNABLE: OnceLock<(Vec<IntNetwork>, Options)> = OnceLock::new();
    let Some(plan) = plan(bytes) else { return false };
    let (networks, options) = PLANNABLE.get_or_init(|| {
        let all = (0..NETWORKS).filter_map(|seed| integers(&random_network::draw(seed).model).ok());
        (all.take(PLANNED).collect(), options().expect("zcu104 is shipped"))
    });
    let options = Options { plan: Some(plan), ..options.clone() };
    networks.iter().any(|network| schedule(network, &options).is_ok())
}

fn read_npy(bytes: &[u8]) -> bool {
    let Ok(mut reader) = npy::NpyFrames::new(Path::new("fuzz.npy"), bytes) else { return false };
    let left = reader.left();
    left < 1 << 20 && reader.next(left).is_ok()
}

fn read_manifest(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|it| Manifest::parse(it, Path::new("manifest.toml")).is_ok())
}

fn read_device(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|it| devices::parse(Path::new("target.toml"), it).is_ok())
}
