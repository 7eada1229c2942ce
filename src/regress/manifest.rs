//! The manifest: what to compile and check, and how much may change.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A list of designs, from a TOML file. Paths are relative to the file's folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Where design folders are written.
    #[serde(default = "default_output")]
    pub output: PathBuf,
    /// The stored figures to compare with.
    #[serde(default = "default_baseline")]
    pub baseline: PathBuf,
    /// How much may change.
    #[serde(default)]
    pub tolerance: Tolerance,
    /// The designs.
    #[serde(rename = "design")]
    pub designs: Vec<Entry>,
}

/// How much of a figure's value it may grow by; 0.02 is 2 %.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Cycles per frame and latency.
    #[serde(default)]
    pub cycles: f64,
    /// LUTs, flip-flops, DSP slices and memories, predicted and synthesized.
    #[serde(default)]
    pub resources: f64,
    /// Whether other Verilog than the stored one fails; else it is only told.
    #[serde(default)]
    pub same_files: bool,
}

/// A model for a target.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is called in reports [default: MODEL-TARGET].
    pub name: Option<String>,
    /// The ONNX model.
    pub model: PathBuf,
    /// Target: a name of `mpqc targets`, or a `.toml` file.
    pub target: String,
    /// Frames per second to reach with the least hardware.
    pub fps: Option<f64>,
    /// Without `fps`: how much hardware.
    #[serde(default)]
    pub fold: Fold,
    /// Arrays of the model's inputs (`.npy`); random frames without.
    #[serde(default)]
    pub input: Vec<PathBuf>,
    /// The first output of these inputs.
    pub expected: Option<PathBuf>,
    /// Whether the Verilog goes through lock-step.
    #[serde(default = "yes")]
    pub verify: bool,
    /// Whether the Verilog is synthesized.
    #[serde(default)]
    pub synth: bool,
}

/// How much hardware a design gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fold {
    /// As fast as the target allows.
    #[default]
    Auto,
    /// Fully parallel.
    Max,
    /// The smallest.
    Min,
}

fn default_output() -> PathBuf {
    "out".into()
}

fn default_baseline() -> PathBuf {
    "regress-baseline.json".into()
}

fn yes() -> bool {
    true
}

/// Why there is no manifest.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    #[diagnostic(code(manifest), help("give the path of a manifest; docs/trust.md shows one"))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a manifest.
    #[error("{} is not a manifest: {source}", path.display())]
    #[diagnostic(code(manifest), help("docs/trust.md lists the keys"))]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// Two designs have the same name, and would have the same folder.
    #[error("two designs are called `{0}`")]
    #[diagnostic(code(manifest), help("give one of them a `name`"))]
    Twice(String),
    /// A name that is no file name.
    #[error("`{0}` cannot be the name of a folder")]
    #[diagnostic(code(manifest), help("use letters, digits, `-`, `_` and `.`"))]
    Name(String),
}

impl Manifest {
    /// Reads a manifest and makes its paths relative to the current folder.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ManifestError::Io { path: path.to_owned(), source })?;
        let manifest = Manifest::parse(&text)
            .map_err(|source| ManifestError::Toml { path: path.to_owned(), source: Box::new(source) })?;
        let manifest = manifest.moved(path.parent().unwrap_or(Path::new("")));
        manifest.check_names()?;
        Ok(manifest)
    }

    /// Reads the text of a manifest; its paths stay as they are.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    fn moved(mut self, folder: &Path) -> Self {
        self.output = folder.join(&self.output);
        self.baseline = folder.join(&self.baseline);
        for design in &mut self.designs {
            let paths = design.input.iter_mut().chain(design.expected.as_mut()).chain([&mut design.model]);
            paths.for_each(|path| *path = folder.join(&path));
            if design.target.ends_with(".toml") {
                design.target = folder.join(&design.target).display().to_string();
            }
        }
        self
    }

    fn check_names(&self) -> Result<(), ManifestError> {
        let mut names = std::collections::BTreeSet::new();
        for name in self.designs.iter().map(Entry::name) {
            let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
            if !name.chars().all(plain) || name.starts_with('.') || name.is_empty() {
                return Err(ManifestError::Name(name));
            }
            if !names.insert(name.clone()) {
                return Err(ManifestError::Twice(name));
            }
        }
        Ok(())
    }
}

impl Entry {
    /// What it is called.
    pub fn name(&self) -> String {
        let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let made = || format!("{}-{}", stem(&self.model), stem(Path::new(&self.target)));
        self.name.clone().unwrap_or_else(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Manifest, ManifestError> {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("m.toml");
        std::fs::write(&path, text).expect("written");
        Manifest::read(&path)
    }

    const TWO: &str = "[[design]]\nmodel = \"a.onnx\"\ntarget = \"ultra96\"\n[[design]]\nmodel = \"a.onnx\"\ntarget = \"zcu104\"\nfold = \"min\"\n";

    #[test]
    fn names_and_paths_are_made() {
        let manifest = read(TWO).expect("a manifest");
        assert_eq!(manifest.designs.iter().map(Entry::name).collect::<Vec<_>>(), ["a-ultra96", "a-zcu104"]);
        assert!(manifest.designs[0].model.ends_with("a.onnx") && manifest.designs[0].model.is_absolute());
        assert!(manifest.designs[0].verify && manifest.designs[1].fold == Fold::Min);
    }

    #[test]
    fn mistakes_are_named() {
        assert!(matches!(read(&TWO.replace("zcu104", "ultra96")), Err(ManifestError::Twice(_))));
        assert!(matches!(read(&TWO.replace("fold", "fodl")), Err(ManifestError::Toml { .. })));
        assert!(matches!(read(&format!("{TWO}name = \"../x\"\n")), Err(ManifestError::Name(_))));
        assert!(matches!(Manifest::read(Path::new("/nowhere/m.toml")), Err(ManifestError::Io { .. })));
    }
}
