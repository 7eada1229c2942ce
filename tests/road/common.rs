//! What the tests on real networks share.

use mpqc::pipeline::{self, Frame};
use mpqc_ir::design::Design;
use mpqc_ir::network::Network;
use mpqc_schedule::{Options, Schedule, schedule, targets};
use mpqc_testbenches::tools::{self, Tool};
use mpqc_testbenches::verilator::Verilator;
use ndarray::ArrayD;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `$MPQC_SHARED` or `../shared` beside the project; says so where it is not there.
pub fn shared() -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("MPQC_SHARED").map_or_else(default, PathBuf::from);
    if folder.join("models").is_dir() {
        return Some(folder);
    }
    println!("skipped, no ../shared");
    None
}

/// Verilator, installed if it is missing.
pub fn verilator() -> Verilator {
    if let Ok(found) = tools::verilator() {
        return found;
    }
    tools::install(Tool::Verilator, &|line| eprintln!("{line}")).expect("Verilator installs");
    tools::verilator().expect("Verilator is installed")
}

/// Installs a tool if it is missing.
pub fn installed(tool: Tool) {
    let found = tools::doctor().into_iter().any(|report| report.tool == tool && report.path.is_some());
    if !found {
        tools::install(tool, &|line| eprintln!("{line}")).expect("the tool installs");
    }
}

/// Runs the command in the project's folder.
pub fn mpqc(arguments: &[&str]) -> Output {
    let root = env!("CARGO_MANIFEST_DIR");
    Command::new(env!("CARGO_BIN_EXE_mpqc"))
        .args(arguments)
        .current_dir(root)
        .output()
        .expect("the command runs")
}

/// What it printed.
pub fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("one JSON object on stdout")
}

/// A model with everything that it becomes.
pub struct Compiled {
    pub network: Network,
    pub schedule: Schedule,
}

impl Compiled {
    /// Compiles for ultra96, as `mpqc compile` does.
    pub fn new(model: &Path) -> Self {
        Self::with_shapes(model, Vec::new())
    }

    /// Compiles a network for inputs of other shapes than the file's.
    pub fn with_shapes(model: &Path, input_shapes: Vec<(String, Vec<usize>)>) -> Self {
        Self::with(model, input_shapes, None)
    }

    /// Compiles for so many frames a second.
    pub fn for_rate(model: &Path, fps: f64) -> Self {
        Self::with(model, Vec::new(), Some(fps))
    }

    fn with(model: &Path, input_shapes: Vec<(String, Vec<usize>)>, fps: Option<f64>) -> Self {
        let network = pipeline::import(model, input_shapes).expect("imports");
        let integers = pipeline::lower(&network).expect("lowers");
        let target = targets::find("ultra96").expect("a known target");
        let schedule = schedule(&integers, &Options { fps, ..Options::new(target) }).expect("schedules");
        Compiled { network, schedule }
    }

    pub fn design(&self) -> &Design {
        &self.schedule.design
    }

    /// Frames of an array file.
    pub fn frames(&self, input: &Path) -> Vec<Frame> {
        pipeline::split(&self.network, &[read(input)]).expect("the input fits the model")
    }
}

/// An npy file as float64.
pub fn read(path: &Path) -> ArrayD<f64> {
    mpqc::arrays::read(path).expect("an array file")
}

/// Every file of a design's folder.
pub fn files_of(design: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for part in ["rtl", "mem", "."] {
        let entries = std::fs::read_dir(design.join(part)).expect("a folder");
        let paths = entries.map(|e| e.expect("an entry").path());
        for path in paths.filter(|path| path.is_file()) {
            let name = path.strip_prefix(design).expect("inside").to_owned();
            files.push((name, std::fs::read(&path).expect("readable")));
        }
    }
    files.sort();
    files
}
