//! Designs that campaigns over generated RTL share.

use mpqc::campaign::{self, Chooser};
use mpqc::{Options, targets};
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::cases;
use mpqc_ir::diagnostic::Code;
use mpqc_testbenches::random_network;
use rayon::prelude::*;
use std::error::Error;
use std::path::{Path, PathBuf};

/// A design, and what tells it from others of its name.
pub struct Named {
    /// Its name; of a model's designs the target, of a random network's the seed.
    pub label: String,
    /// The design.
    pub design: Design,
}

impl From<Design> for Named {
    fn from(design: Design) -> Self {
        Named { label: design.name.clone(), design }
    }
}

/// Every block alone, the examples and the models at three sizes each ([`SIZES`]), `random` random networks from `seed` on.
///
/// # Errors
/// Where a model does not compile, or a folder cannot be read.
pub fn all(seed: u64, random: usize, folder: Option<PathBuf>) -> Result<Vec<Named>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("MPQC_SHARED").map_or(root.join("../shared"), PathBuf::from);
    let models = folder.unwrap_or_else(|| shared.join("models"));
    let folders = [root.join("examples/digits"), root.join("examples/cifar10"), models];
    let files: Vec<PathBuf> = folders.iter().flat_map(|folder| models_in(folder)).collect();
    let mut designs: Vec<Named> = cases().into_iter().map(Named::from).collect();
    let of_model = |file: &PathBuf| of_model(file).map_err(|e| e.to_string());
    designs.extend(files.par_iter().map(of_model).collect::<Result<Vec<_>, String>>()?.into_iter().flatten());
    designs.extend(by_chance(seed, random)?);
    Ok(designs)
}

/// Designs of the random networks from `seed` on that the compiler takes, chance choosing how layers are built.
///
/// # Errors
/// Where a stage fails in a way that no network should make it fail.
pub fn by_chance(seed: u64, count: usize) -> Result<Vec<Named>, Box<dyn Error>> {
    let named = |seed: u64| {
        let design = campaign::design(&random_network::draw(seed), Chooser::Chance { seed });
        let named = |design: Design| Named { label: format!("{}, seed {seed}", design.name), design };
        design.map(|it| it.map(named)).map_err(|e| e.to_string())
    };
    let seeds: Vec<u64> = (seed..).take(count).collect();
    let designs: Vec<Option<Named>> = seeds.par_iter().map(|seed| named(*seed)).collect::<Result<_, _>>()?;
    Ok(designs.into_iter().flatten().collect())
}

fn models_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut models: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == "onnx")).collect();
    models.sort();
    models
}

/// Whether a model is not to be a design, rather than wrong.
fn is_left_out(code: Code) -> bool {
    matches!(code, Code::NoHardware | Code::DoesNotFit)
}

/// Targets, and frames/s where a model is not to be as fast as it goes: in an FPGA of AMD, in a small one of Lattice, and folded so far that all tools read
/// it to the end.
const SIZES: [(&str, Option<f64>); 3] = [("zcu104", None), ("ecp5-85k", None), ("zcu104", Some(1000.0))];

/// A model at these sizes; nothing where it is in floats, or too large.
fn of_model(file: &Path) -> Result<Vec<Named>, Box<dyn Error>> {
    let mut designs = Vec::new();
    for (target, fps) in SIZES {
        match mpqc::compile(file, &Options { fps, ..Options::new(targets::find(target)?) }) {
            Ok(compiled) => {
                let rate = fps.map_or_else(|| "as fast as fits".to_owned(), |fps| format!("{fps} frames/s"));
                let design = compiled.schedule.design;
                designs.push(Named { label: format!("{} ({target}, {rate})", design.name), design });
            }
            Err(mpqc::Error::Model(why)) if why.0.iter().all(|it| is_left_out(it.code)) => {}
            Err(error) => return Err(format!("{} for {target}: {error}", file.display()).into()),
        }
    }
    Ok(designs)
}
