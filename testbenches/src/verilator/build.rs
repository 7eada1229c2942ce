//! From Verilog to a shared library: translate, compile, link, cache.

use super::{Build, LintReport, Model, Verilator, VerilatorError, cache::Sharing, lint::printed};
use crate::tools::ToolError;
use rayon::prelude::*;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Unknown values are drawn at run time, from a seed that may be zero, so that one library serves all seeds. Style is the
/// lint gate's matter: here warnings do not stop the translation.
const FLAGS: &[&str] =
    &["--cc", "-O3", "--x-assign", "unique", "--x-initial", "unique", "-Wno-fatal", "--prefix", "Vmodel"];
const SHIM: &str = include_str!("shim.cpp");
/// The parts of the runtime that models without traces, coverage and delays use.
const RUNTIME: [&str; 2] = ["verilated", "verilated_threads"];
/// Bytes of C++ that go into one translation unit: enough to amortize the headers (0.7 s), little enough to share out.
const UNIT_BYTES: u64 = 400_000;

impl Verilator {
    /// Builds a design, or finds it in the cache, and loads it.
    ///
    /// # Errors
    /// [`VerilatorError`]: the Verilog cannot be translated, the compiler fails, a signal is not there or has another width,
    /// or the model complains as it starts (a missing memory file, for one).
    pub fn build(&self, build: &Build) -> Result<Model, VerilatorError> {
        Model::open(&self.library(build)?, build)
    }

    /// The shared library of a design, built if it is not in the cache. Thread- and process-safe.
    ///
    /// # Errors
    /// As [`Verilator::build`], as far as they arise before loading.
    pub fn library(&self, build: &Build) -> Result<PathBuf, VerilatorError> {
        check_names(build)?;
        let name = format!("{}-{}.so", build.top, self.key(build)?);
        self.cache.product(&name, Sharing::Race, |folder| {
            let runtime = self.runtime()?;
            self.translate(build, folder)?;
            let mut objects = self.compile(folder)?;
            objects.extend(runtime);
            let library = folder.join("model.so");
            self.compiler.library(&objects, &library)?;
            Ok(library)
        })
    }

    /// Runs Verilator into `folder`.
    pub(super) fn translate(&self, build: &Build, folder: &Path) -> Result<(), VerilatorError> {
        let control = folder.join("probes.vlt");
        fs::write(&control, control_file(build)).map_err(ToolError::io("write", &control))?;
        let mut command = self.command();
        command.args(FLAGS).args(["--top-module", &build.top]).arg("--Mdir").arg(folder);
        command.arg(control).args(&build.files);
        let output = command.output().map_err(ToolError::io("run", self.program()))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(VerilatorError::Verilate {
                top: build.top.clone(),
                report: LintReport::of(&build.top, &printed(&output)),
            }),
        }
    }

    /// The runtime's objects, compiled once for all models.
    fn runtime(&self) -> Result<Vec<PathBuf>, VerilatorError> {
        let mut key = blake3::Hasher::new();
        self.add_identity(&mut key);
        let key = short(&key);
        let object = |part: &&str| {
            self.cache.product(&format!("{part}-{key}.o"), Sharing::Wait, |folder| {
                let object = folder.join(part).with_extension("o");
                let source = self.root.join("include").join(part).with_extension("cpp");
                self.compiler.object(&source, &object, &self.includes(folder))?;
                Ok(object)
            })
        };
        RUNTIME.iter().map(|part| object(&part)).collect()
    }

    /// Compiles what Verilator left in `folder`, and the shim: one translation unit if it is small, else several at once.
    fn compile(&self, folder: &Path) -> Result<Vec<PathBuf>, VerilatorError> {
        let shim = folder.join("shim.cpp");
        fs::write(&shim, SHIM).map_err(ToolError::io("write", &shim))?;
        let units = units(sources(folder)?);
        units
            .par_iter()
            .enumerate()
            .map(|(index, unit)| {
                let source = folder.join(format!("unit{index}.cc"));
                let object = source.with_extension("o");
                fs::write(&source, inclusion(unit)).map_err(ToolError::io("write", &source))?;
                self.compiler.object(&source, &object, &self.includes(folder))?;
                Ok(object)
            })
            .collect()
    }

    fn includes(&self, folder: &Path) -> Vec<PathBuf> {
        let include = self.root.join("include");
        vec![folder.to_path_buf(), include.join("vltstd"), include]
    }

    fn key(&self, build: &Build) -> Result<String, VerilatorError> {
        let mut key = blake3::Hasher::new();
        self.add_identity(&mut key);
        add(&mut key, FLAGS.join(" ").as_bytes());
        add(&mut key, SHIM.as_bytes());
        add(&mut key, build.top.as_bytes());
        add(&mut key, control_file(build).as_bytes());
        for file in &build.files {
            add(&mut key, &fs::read(file).map_err(ToolError::io("read", file))?);
        }
        Ok(short(&key))
    }

    fn add_identity(&self, key: &mut blake3::Hasher) {
        add(key, self.fingerprint.as_bytes());
        add(key, self.compiler.identity().as_bytes());
    }
}

/// The length goes first, so that no two lists of parts hash alike.
fn add(key: &mut blake3::Hasher, part: &[u8]) {
    key.update(&(part.len() as u64).to_le_bytes()).update(part);
}

fn short(key: &blake3::Hasher) -> String {
    key.finalize().to_hex()[..24].to_owned()
}

/// Makes ports and probes findable by name at run time, and nothing else.
fn control_file(build: &Build) -> String {
    let ports = [&build.clock, &build.reset].into_iter().chain(build.inputs.iter().map(|port| &port.name));
    let names = ports.chain(build.probes.iter().map(|probe| &probe.name));
    let line = |name: &String| format!("public_flat_rd -module \"{}\" -var \"{name}\"\n", build.top);
    std::iter::once("`verilator_config\n".to_owned()).chain(names.map(line)).collect()
}

/// Names go into file names and Verilator's control file, where other characters have a meaning.
fn check_names(build: &Build) -> Result<(), VerilatorError> {
    let ports = build.inputs.iter().map(|port| &port.name);
    let probes = build.probes.iter().map(|probe| &probe.name);
    let mut names = [&build.top, &build.clock, &build.reset].into_iter().chain(ports).chain(probes);
    names.find(|name| !is_identifier(name)).map_or(Ok(()), |name| Err(VerilatorError::BadName(name.clone())))
}

fn is_identifier(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain && !name.is_empty() && !name.as_bytes()[0].is_ascii_digit()
}

/// The C++ files in a folder with their sizes, in a fixed order.
fn sources(folder: &Path) -> Result<Vec<(PathBuf, u64)>, ToolError> {
    let entries = fs::read_dir(folder).map_err(ToolError::io("read", folder))?;
    let paths = entries.flatten().map(|entry| (entry.path(), entry.metadata().map_or(0, |data| data.len())));
    let mut sources: Vec<_> =
        paths.filter(|(path, _)| path.extension().is_some_and(|it| it == "cpp")).collect();
    sources.sort();
    Ok(sources)
}

/// Groups files, in order, into units of about [`UNIT_BYTES`].
fn units(sources: Vec<(PathBuf, u64)>) -> Vec<Vec<PathBuf>> {
    let mut units: Vec<Vec<PathBuf>> = Vec::new();
    let mut room = 0;
    for (path, bytes) in sources {
        match units.last_mut() {
            Some(unit) if bytes <= room => unit.push(path),
            _ => {
                units.push(vec![path]);
                room = UNIT_BYTES;
            }
        }
        room = room.saturating_sub(bytes);
    }
    units
}

fn inclusion(unit: &[PathBuf]) -> String {
    unit.iter().map(|path| format!("#include \"{}\"\n", path.display())).collect()
}
