//! A fifth opinion: ONNX Runtime on random networks of `QuantizeLinear` and its relatives.
//!
//! The specification is exact arithmetic, ONNX Runtime's is float32: where a quotient lies so near to a tie that rounding
//! decides, the two may part by a code. Such a difference is explained if the specification, too, gives ONNX Runtime's value
//! once the scales of its quantizers move by a few units of float32; any other is a finding.

use mpqc::arrays::{self, TOLERANCE, compare};
use mpqc::pipeline::{self, Frame};
use mpqc_ir::design::testing::Random;
use mpqc_ir::import::{self, Options as ImportOptions};
use mpqc_ir::network::{Network, Op};
use mpqc_testbenches::random_network::{self, RandomNetwork, Scales};
use mpqc_testbenches::tools::{PythonPackage, interpreter};
use ndarray::{ArrayD, Axis};
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The runtime, with NumPy.
const RUNTIME: PythonPackage = PythonPackage {
    name: "the Python package onnxruntime",
    environment: "onnxruntime-venv",
    requirement: "onnxruntime==1.32.0",
};

const SCRIPT: &str = include_str!("run.py");

/// Dialects that ONNX Runtime knows, as descriptions name them.
const DIALECTS: [&str; 3] = ["QDQ", "Qdq", "QLinear"];

/// How far a scale moves at most, as a fraction: 64 units of float32's last place, for sums of products whose terms cancel.
const NEAR: f64 = 64.0 / (1 << 24) as f64;

/// How often all scales move.
const MOVES: u64 = 64;

/// What became of a case.
enum Opinion {
    /// The same outputs, to the rounding of float32 outputs.
    Equal,
    /// Other codes where rounding decides.
    Explained(String),
    /// Other outputs.
    Different(String),
    /// ONNX Runtime does not run it, in its words.
    Refused(String),
}

/// Runs `cases` networks from `seed` on; prints those that are not equal, and counts.
///
/// # Errors
/// Where ONNX Runtime cannot be installed or a file not be written.
pub fn run(seed: u64, cases: usize, scales: Scales, keep: Option<&Path>) -> Result<bool, Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let drawn = (seed..).map(|seed| (seed, random_network::draw_with(seed, scales)));
    let known = drawn.filter(|(_, case)| DIALECTS.iter().any(|it| case.description.contains(it)));
    let cases: Vec<(u64, RandomNetwork)> = known.take(cases).collect();
    for (seed, case) in &cases {
        std::fs::write(file(scratch.path(), *seed, "onnx"), &case.model)?;
        let frames: Vec<_> = case.frames.iter().map(|frame| frame.index_axis(Axis(0), 0)).collect();
        arrays::write(&file(scratch.path(), *seed, "npy"), &ndarray::stack(Axis(0), &frames)?)?;
    }
    infer(scratch.path())?;
    let (mut equal, mut explained, mut different, mut refused) = (0, 0, 0, 0);
    for (seed, case) in &cases {
        let opinion = opinion(scratch.path(), *seed, case)?;
        match &opinion {
            Opinion::Equal => equal += 1,
            Opinion::Explained(_) => explained += 1,
            Opinion::Different(_) => different += 1,
            Opinion::Refused(_) => refused += 1,
        }
        if !matches!(opinion, Opinion::Equal) {
            println!("seed {seed}: {opinion} ({})", case.description);
        }
        if let (Some(folder), Opinion::Different(_)) = (keep, &opinion) {
            std::fs::create_dir_all(folder)?;
            std::fs::write(file(folder, *seed, "onnx"), &case.model)?;
        }
    }
    println!("{equal} equal, {explained} explained by rounding, {different} different, {refused} not run");
    Ok(different == 0)
}

impl fmt::Display for Opinion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Opinion::Equal => f.write_str("equal"),
            Opinion::Explained(how) => write!(f, "explained by rounding, {how}"),
            Opinion::Different(how) => write!(f, "DIFFERENT, {how}"),
            Opinion::Refused(words) => write!(f, "not run: {words}"),
        }
    }
}

fn file(folder: &Path, seed: u64, end: &str) -> PathBuf {
    folder.join(format!("{seed}.{end}"))
}

/// Runs all models of a folder.
fn infer(folder: &Path) -> Result<(), Box<dyn Error>> {
    let python = |environment: &Path| Command::new(interpreter(environment));
    let try_out = |environment: &Path| RUNTIME.run(python(environment).args(["-c", "import onnxruntime"]));
    let environment = RUNTIME.install(&|line| eprintln!("  {line}"), &try_out)?;
    Ok(RUNTIME.run(python(&environment).args(["-c", SCRIPT]).arg(folder))?)
}

fn opinion(folder: &Path, seed: u64, case: &RandomNetwork) -> Result<Opinion, Box<dyn Error>> {
    if let Ok(words) = std::fs::read_to_string(file(folder, seed, "error")) {
        return Ok(Opinion::Refused(words));
    }
    let found = arrays::read(&file(folder, seed, "out.npy"))?;
    let network = import::import(&case.model, &ImportOptions::default())?;
    let frames: Vec<Frame> = case.frames.iter().map(|frame| vec![frame.clone()]).collect();
    let specified = pipeline::reference(&network, &frames)?.swap_remove(0);
    if found.shape() != specified.shape() {
        let shapes = format!("shapes {:?} and {:?}", found.shape(), specified.shape());
        return Ok(Opinion::Different(shapes));
    }
    let difference = compare(&found, &specified, TOLERANCE);
    if difference.different == 0 {
        return Ok(Opinion::Equal);
    }
    let how = format!("{} of {} elements", difference.different, difference.elements);
    Ok(match is_near(&network, &frames, &found, specified)? {
        true => Opinion::Explained(how),
        false => Opinion::Different(how),
    })
}

/// Whether every element of `found` is that of the specification, or of one whose quantizers' scales moved a little.
fn is_near(
    network: &Network,
    frames: &[Frame],
    found: &ArrayD<f64>,
    specified: ArrayD<f64>,
) -> Result<bool, Box<dyn Error>> {
    let equal = |other: &ArrayD<f64>| -> Vec<bool> {
        let is_equal = |(a, b): (&f64, &f64)| (a - b).abs() <= TOLERANCE * b.abs().max(1.0);
        found.iter().zip(other).map(is_equal).collect()
    };
    let mut met = equal(&specified);
    for seed in 0..MOVES {
        let moved = pipeline::reference(&moved(network, &mut Random(seed)), frames)?.swap_remove(0);
        met.iter_mut().zip(equal(&moved)).for_each(|(met, equal)| *met |= equal);
    }
    Ok(met.into_iter().all(|met| met))
}

/// The network with every quantizer's scales a little larger or smaller.
fn moved(network: &Network, random: &mut Random) -> Network {
    let mut moved = network.clone();
    for node in moved.graph.node_weights_mut() {
        if let Op::Quantize { quantizer, .. } = &mut node.op {
            let factor = 1.0 + NEAR * random.within(-1000, 1000) as f64 / 1000.0;
            quantizer.scale.values.iter_mut().for_each(|scale| *scale *= factor);
        }
    }
    moved
}
