//! From Verilog to a shared library: translate, compile, link, cache.

use super::{
    Build, LintReport, Model, Tuning, Verilator, VerilatorError,
    cache::{Key, Sharing},
    lint::printed,
    runtime::Runtime,
};
use crate::tools::ToolError;
use rayon::prelude::*;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Style is the lint gate's matter: here warnings do not stop the translation.
const FLAGS: &[&str] = &["--cc", "-O3", "-Wno-fatal", "--prefix", "Vmodel"];
/// What unknown values are: drawn at run time, from a seed that may be zero, so that one library serves all seeds; or
/// whatever is fastest.
fn unknown(tuning: Tuning) -> &'static [&'static str] {
    match tuning {
        Tuning::QuickBuild => &["--x-assign", "unique", "--x-initial", "unique"],
        Tuning::FastRun => &["--x-assign", "fast", "--x-initial", "fast", "--no-assert"],
    }
}

/// What ties the shim to the class of one model.
const GLUE: &str = include_str!("glue.cpp");
/// Bytes of C++ that go into one translation unit: enough to amortize the headers, little enough to share out.
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
        let this = self.tuned(build.tuning);
        let name = format!("{}-{}.so", build.top, this.key(build)?);
        self.cache.product(&name, Sharing::Race, |folder| {
            this.translate(build, folder)?;
            let runtime = this.runtime()?;
            let mut objects = this.compile(folder, &runtime)?;
            objects.extend(runtime.objects);
            let library = folder.join("model.so");
            this.compiler.library(&objects, &library)?;
            Ok(library)
        })
    }

    /// A hash of the C++ that Verilator makes of a design: equal only for the same model.
    ///
    /// # Errors
    /// [`VerilatorError`]: the Verilog cannot be translated.
    pub fn translation(&self, build: &Build) -> Result<String, VerilatorError> {
        check_names(build)?;
        let folder = tempfile::tempdir().map_err(ToolError::io("create", std::env::temp_dir()))?;
        self.translate(build, folder.path())?;
        // Where the Verilog and the C++ lie is told in places of the C++, but is no part of the model.
        let places = [folder.path(), &build.work_dir].map(|place| place.display().to_string());
        let mut key = Key::default();
        for (path, _) in sources(folder.path())? {
            let text = fs::read_to_string(&path).map_err(ToolError::io("read", &path))?;
            key.add(places.iter().fold(text, |text, place| text.replace(place.as_str(), "")).as_bytes());
        }
        Ok(key.text())
    }

    /// With the compiler that a build asks for.
    fn tuned(&self, tuning: Tuning) -> Self {
        match tuning {
            Tuning::QuickBuild => self.clone(),
            Tuning::FastRun => Self { compiler: self.compiler.clone().tuned(), ..self.clone() },
        }
    }

    /// Runs Verilator into `folder`.
    pub(super) fn translate(&self, build: &Build, folder: &Path) -> Result<(), VerilatorError> {
        let control = folder.join("probes.vlt");
        fs::write(&control, control_file(build)).map_err(ToolError::io("write", &control))?;
        let mut command = self.command();
        command
            .args(FLAGS)
            .args(unknown(build.tuning))
            .args(["--top-module", &build.top])
            .arg("--Mdir")
            .arg(folder);
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

    /// Compiles what Verilator left in `folder`, and the glue: one translation unit if it is small, else several at once.
    fn compile(&self, folder: &Path, runtime: &Runtime) -> Result<Vec<PathBuf>, VerilatorError> {
        let glue = folder.join("glue.cpp");
        fs::write(&glue, GLUE).map_err(ToolError::io("write", &glue))?;
        let includes = [vec![folder.to_path_buf()], self.includes()].concat();
        let units = units(sources(folder)?);
        units
            .par_iter()
            .enumerate()
            .map(|(index, unit)| {
                let source = folder.join(format!("unit{index}.cc"));
                let object = source.with_extension("o");
                fs::write(&source, inclusion(unit)).map_err(ToolError::io("write", &source))?;
                self.compiler.object(&source, &object, &includes, Some(&runtime.prelude))?;
                Ok(object)
            })
            .collect()
    }

    fn key(&self, build: &Build) -> Result<String, VerilatorError> {
        let mut key = Key::default();
        key.add(self.runtime_key().as_bytes());
        key.add([FLAGS, unknown(build.tuning)].concat().join(" ").as_bytes());
        key.add(GLUE.as_bytes());
        key.add(build.top.as_bytes());
        key.add(control_file(build).as_bytes());
        for file in &build.files {
            key.add(&fs::read(file).map_err(ToolError::io("read", file))?);
        }
        Ok(key.text())
    }
}

/// Makes ports and probes findable by name at run time, and nothing else. Verilator encodes two underscores in a row;
/// older releases want the encoded name here, newer ones the plain one, and both ignore what they do not know.
fn control_file(build: &Build) -> String {
    let ports = [&build.clock, &build.reset].into_iter().chain(build.inputs.iter().map(|port| &port.name));
    let names = ports.chain(build.probes.iter().map(|probe| &probe.name));
    let line = |name: &str| format!("public_flat_rd -module \"{}\" -var \"{name}\"\n", build.top);
    let lines = names.flat_map(|name| {
        let encoded = name.contains("__").then(|| line(&name.replace("__", "___05F")));
        [Some(line(name)), encoded].into_iter().flatten()
    });
    std::iter::once("`verilator_config\n".to_owned()).chain(lines).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_designs_are_one_unit_and_large_ones_keep_every_file() {
        let of = |sizes: &[u64]| {
            let sources =
                sizes.iter().enumerate().map(|(index, bytes)| (format!("{index}.cpp").into(), *bytes));
            units(sources.collect()).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(of(&[1000; 8]), [8]);
        assert_eq!(of(&[UNIT_BYTES, 1, UNIT_BYTES - 1, 2 * UNIT_BYTES, 5]), [1, 2, 1, 1]);
    }

    #[test]
    fn names_that_could_leave_the_cache_or_break_the_control_file_are_refused() {
        assert!(["aclk", "_a0", "A__b"].into_iter().all(is_identifier));
        assert!(["", "0a", "a b", "../a", "a\"", "a\\", "é"].into_iter().all(|name| !is_identifier(name)));
    }
}
