//! What to run: `manifest.toml`.

use miette::{Diagnostic, NamedSource, SourceSpan};
use mpqc_ir::design::Resources;
use mpqc_schedule::{Limits, Options, targets};
use mpqc_sim::Stalls;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A manifest that cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ManifestError {
    /// The file is not there.
    #[error("cannot read `{path}`: {reason}")]
    #[diagnostic(code(bad_manifest), help("give a manifest; docs/regress.md tells its keys"))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It is not TOML with these keys.
    #[error("{reason}")]
    #[diagnostic(code(bad_manifest), help("docs/regress.md tells the keys"))]
    Syntax {
        /// What is wrong.
        reason: String,
        /// The manifest.
        #[source_code]
        text: NamedSource<String>,
        /// Where it is wrong.
        #[label]
        span: Option<SourceSpan>,
    },
    /// A case says something that cannot be.
    #[error("case `{case}`: {reason}")]
    #[diagnostic(code(bad_manifest))]
    Case {
        /// Name of the case.
        case: String,
        /// What is wrong.
        reason: String,
        /// The way out.
        #[help]
        help: String,
    },
}

/// Cases, and how much worse than their baseline they may be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Results to compare with, beside the manifest.
    #[serde(default = "default_baseline")]
    pub baseline: PathBuf,
    /// What of them may change how much.
    #[serde(default)]
    pub tolerance: Tolerance,
    /// What to run.
    #[serde(rename = "case")]
    pub cases: Vec<Case>,
}

fn default_baseline() -> PathBuf {
    "baseline.json".into()
}

/// How much worse a figure may be than in the baseline, as a fraction of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tolerance {
    /// Cycles per frame and latency.
    pub cycles: f64,
    /// LUTs, predicted and synthesized.
    pub lut: f64,
    /// Flip-flops.
    pub ff: f64,
    /// DSP slices.
    pub dsp: f64,
    /// Block memories and UltraRAMs.
    pub memory: f64,
    /// Fraction of the frames by which accuracy may fall.
    pub accuracy: f64,
    /// Whether other Verilog than the baseline's is a failure; else it is told.
    #[serde(rename = "same-files")]
    pub same_files: bool,
}

impl Default for Tolerance {
    fn default() -> Self {
        let (lut, ff) = (0.02, 0.02);
        Tolerance { cycles: 0.0, lut, ff, dsp: 0.0, memory: 0.0, accuracy: 0.0, same_files: false }
    }
}

/// A model on a target.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// Unique; MODEL-TARGET where it is missing.
    #[serde(default)]
    pub name: String,
    /// The ONNX model; as all paths, beside the manifest.
    pub model: PathBuf,
    /// Name or file of the target.
    pub target: String,
    /// Shapes of graph inputs in place of the file's, by name.
    #[serde(default)]
    pub input_shapes: std::collections::BTreeMap<String, Vec<usize>>,
    /// Frames per second to reach with the least hardware.
    pub fps: Option<f64>,
    /// Clock in MHz to plan for.
    pub clock: Option<f64>,
    /// Most LUTs.
    pub max_lut: Option<u64>,
    /// Most DSP slices.
    pub max_dsp: Option<u64>,
    /// Most block memories of 18 kbit.
    pub max_bram: Option<u64>,
    /// What the shell around the design takes.
    #[serde(default)]
    pub reserve: Reserve,
    /// Arrays of frames, one per model input.
    #[serde(default)]
    pub input: Vec<PathBuf>,
    /// What the first output must be.
    pub expected: Option<PathBuf>,
    /// Classes of the frames.
    pub labels: Option<PathBuf>,
    /// Frames in lock-step at most.
    #[serde(default = "default_frames")]
    pub frames: usize,
    /// Stall patterns to verify with: `none`, `random:SEED`; none of them, no verification.
    #[serde(default = "default_stalls")]
    pub stalls: Vec<String>,
    /// Whether to synthesize.
    #[serde(default)]
    pub synthesize: bool,
}

/// Resources that are kept free.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reserve {
    /// LUTs.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// DSP slices.
    pub dsp: u64,
    /// Block memories of 18 kbit.
    pub bram: u64,
    /// UltraRAMs.
    pub uram: u64,
}

fn default_frames() -> usize {
    4
}

fn default_stalls() -> Vec<String> {
    vec!["none".into(), "random:1".into()]
}

impl Manifest {
    /// Reads a manifest; its paths are then seen from where the command runs.
    ///
    /// # Errors
    /// Where the file cannot be read, has other keys, or two cases have one name.
    pub fn read(path: &Path) -> Result<Manifest, ManifestError> {
        let reason = |e: std::io::Error| ManifestError::Read { path: path.to_owned(), reason: e.to_string() };
        Manifest::parse(&std::fs::read_to_string(path).map_err(reason)?, path)
    }

    /// [`Manifest::read`] of a text that stands at `path`.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Manifest, ManifestError> {
        let mut manifest: Manifest = toml::from_str(text).map_err(|e| ManifestError::Syntax {
            reason: e.message().to_owned(),
            span: e.span().map(SourceSpan::from),
            text: NamedSource::new(path.display().to_string(), text.to_owned()),
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        manifest.baseline = folder.join(&manifest.baseline);
        manifest.cases.iter_mut().for_each(|case| case.settle(folder));
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let mut names = BTreeSet::new();
        for case in &self.cases {
            if !names.insert(&case.name) {
                let help = "give each case a `name` of its own";
                return Err(case.wrong("there are two of this name".into(), help));
            }
            case.options()?;
            case.patterns()?;
        }
        Ok(())
    }
}

impl Case {
    /// Paths from the manifest's folder, and a name.
    fn settle(&mut self, folder: &Path) {
        let here = |path: &mut PathBuf| *path = folder.join(&*path);
        if self.name.is_empty() {
            let model = self.model.file_stem().unwrap_or_default().to_string_lossy();
            self.name = format!("{model}-{}", self.target.replace(['/', '\\'], "_"));
        }
        here(&mut self.model);
        self.input.iter_mut().chain(&mut self.expected).chain(&mut self.labels).for_each(here);
        if self.target.ends_with(".toml") {
            self.target = folder.join(&self.target).display().to_string();
        }
    }

    fn wrong(&self, reason: String, help: &str) -> ManifestError {
        ManifestError::Case { case: self.name.clone(), reason, help: help.into() }
    }

    /// What is asked of the scheduler.
    ///
    /// # Errors
    /// Where the target is unknown.
    pub fn options(&self) -> Result<Options, ManifestError> {
        let target = targets::find_in(&self.target, &targets::folders())
            .map_err(|e| self.wrong(e.to_string(), "`mpqc targets` lists them"))?;
        let Reserve { lut, ff, dsp, bram, uram } = self.reserve;
        let limits = Limits {
            lut: self.max_lut,
            dsp: self.max_dsp,
            bram18: self.max_bram,
            reserve: Resources { lut, ff, dsp, bram18: bram, uram },
            ..Limits::default()
        };
        Ok(Options { fps: self.fps, clock_mhz: self.clock, limits, ..Options::new(target) })
    }

    /// The stall patterns.
    ///
    /// # Errors
    /// Where one is none.
    pub fn patterns(&self) -> Result<Vec<Stalls>, ManifestError> {
        let pattern = |text: &String| {
            text.parse()
                .map_err(|e: mpqc_sim::StallsError| self.wrong(e.to_string(), "write them as strings"))
        };
        self.stalls.iter().map(pattern).collect()
    }
}
