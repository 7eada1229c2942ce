//! The road, one call a stage.

use mpqc_ir::design::Design;
use mpqc_ir::diagnostic::{Code, Diagnostic, Diagnostics};
use mpqc_ir::import;
use mpqc_ir::int_network::{HostRunner, IntNetwork};
use mpqc_ir::lower;
use mpqc_ir::network::{Network, Op};
use mpqc_ir::reference::{Executor, frames};
use mpqc_sim::Stalls;
use mpqc_sim::function::Evaluator;
use mpqc_sim::timing::{TimingError, measure};
use ndarray::ArrayD;
use rayon::prelude::*;
use std::path::Path;

/// One frame of the model's inputs, in the model's order.
pub type Frame = Vec<ArrayD<f64>>;

/// Reads and imports a model file.
pub fn import(path: &Path, input_shapes: Vec<(String, Vec<usize>)>) -> Result<Network, Diagnostics> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| {
        Diagnostic::new(Code::BrokenFile, &name, e.to_string(), "give the path of an .onnx file")
    })?;
    let folder = path.parent().map(Path::to_path_buf);
    let mut network = import::import(&bytes, &import::Options { folder, input_shapes })?;
    if let Some(stem) = path.file_stem() {
        network.name = stem.to_string_lossy().into_owned();
    }
    tracing::info!(nodes = network.graph.node_count(), bytes = bytes.len(), "imported {name}");
    Ok(network)
}

/// Lowers a network to integers.
pub fn lower(network: &Network) -> Result<IntNetwork, Diagnostics> {
    let integers = lower::lower(network)?;
    tracing::info!(
        operators = integers.graph.node_count(),
        macs = integers.macs(),
        "lowered {}",
        network.name
    );
    Ok(integers)
}

/// Names and frame shapes of a network's inputs.
pub fn input_shapes(network: &Network) -> Vec<(String, Vec<usize>)> {
    let shape = |node| network.graph.edges(node).next().map(|e| e.weight().shape.clone()).unwrap_or_default();
    network.inputs.iter().map(|n| (network.graph[*n].name.clone(), shape(*n))).collect()
}

/// Cuts input arrays (one per model input, `[N, …]`) into frames.
pub fn split(network: &Network, inputs: &[ArrayD<f64>]) -> Result<Vec<Frame>, Diagnostic> {
    let shapes =
        input_shapes(network).into_iter().map(|(name, shape)| (name, Some(shape))).collect::<Vec<_>>();
    split_named(&network.name, &shapes, inputs)
}

/// Frames of inputs with the given names and shapes; an input of unknown shape is read by nothing and has
/// the frames' number from its first axis.
fn split_named(
    model: &str,
    expected: &[(String, Option<Vec<usize>>)],
    inputs: &[ArrayD<f64>],
) -> Result<Vec<Frame>, Diagnostic> {
    if expected.len() != inputs.len() {
        let reason = format!("the model has {} inputs, {} arrays are given", expected.len(), inputs.len());
        return Err(Diagnostic::new(
            Code::BadInput,
            model,
            reason,
            "give one --input per model input, in order",
        ));
    }
    let own_shape = |array: &ArrayD<f64>| {
        let mut shape = array.shape().to_vec();
        shape.iter_mut().take(1).for_each(|n| *n = 1);
        shape
    };
    let shapes: Vec<_> =
        expected.iter().zip(inputs).map(|((_, s), a)| s.clone().unwrap_or_else(|| own_shape(a))).collect();
    let named: Vec<_> = expected
        .iter()
        .zip(&shapes)
        .zip(inputs)
        .map(|(((n, _), s), a)| (n.as_str(), s.as_slice(), a))
        .collect();
    frames::zip(&named)
}

/// Runs the specification: the network in float64.
pub fn reference(network: &Network, frames: &[Frame]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
    frames::stack(&Executor::new(network).run_batch(frames)?)
}

/// Runs the integer network, by plain loops, between the host parts.
pub fn execute(network: &IntNetwork, frames: &[Frame]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
    let host = HostRunner::new(&network.host);
    let outputs = |inputs: &Frame| host.decode(&network.execute(&host.encode(inputs)?), inputs);
    frames::stack(&frames.iter().map(outputs).collect::<Result<Vec<_>, _>>()?)
}

/// Runs the hardware's function between the host parts.
pub fn simulate(design: &Design, frames: &[Frame]) -> Result<Vec<ArrayD<f64>>, Diagnostic> {
    let host = HostRunner::new(&design.host);
    let evaluator = Evaluator::new(design);
    let frame = |inputs: &Frame| {
        let streams = evaluator.outputs(&host.encode(inputs)?);
        host.decode(&streams, inputs)
    };
    frames::stack(&frames.par_iter().map(frame).collect::<Result<Vec<_>, _>>()?)
}

/// The integers of each input port, frame by frame.
pub fn encode(design: &Design, frames: &[Frame]) -> Result<Vec<Vec<Vec<i64>>>, Diagnostic> {
    let host = HostRunner::new(&design.host);
    frames.par_iter().map(|inputs| host.encode(inputs)).collect()
}

/// Loads a design folder and checks that it holds a design.
pub fn open(folder: &Path) -> Result<Design, Diagnostic> {
    let name = folder.display().to_string();
    let help = "give a folder that `mpqc compile` wrote";
    let design = mpqc_codegen::read_design(folder)
        .map_err(|e| Diagnostic::new(Code::BadInput, name, e.to_string(), help))?;
    design.check()?;
    Ok(design)
}

/// The operators that run on the host, before and after the hardware.
pub fn host_operators(network: &IntNetwork) -> (Vec<String>, Vec<String>) {
    let names = |part: &Network| {
        let computes =
            |n: &&mpqc_ir::network::Node| !matches!(n.op, Op::Input { .. } | Op::Output | Op::Constant(_));
        part.graph.node_weights().filter(computes).map(|n| format!("{} `{}`", n.operator, n.name)).collect()
    };
    (names(&network.host.prefix), names(&network.host.suffix))
}

/// Cuts input arrays into frames by the shapes that a design's host part takes.
pub fn design_frames(design: &Design, inputs: &[ArrayD<f64>]) -> Result<Vec<Frame>, Diagnostic> {
    let host = &design.host;
    let known = |part: &Network, skip: usize| {
        let nodes: Vec<_> = part.inputs.iter().skip(skip).copied().collect();
        nodes
            .into_iter()
            .map(|n| part.graph.edges(n).next().map(|e| e.weight().shape.clone()))
            .collect::<Vec<_>>()
    };
    // A model input that the prefix does not read may be read by the suffix, or by nothing.
    let suffix = known(&host.suffix, host.outputs.len());
    let shapes = known(&host.prefix, 0).into_iter().zip(suffix).map(|(a, b)| a.or(b));
    let names = host.prefix.inputs.iter().map(|n| host.prefix.graph[*n].name.clone());
    let expected: Vec<(String, Option<Vec<usize>>)> = names.zip(shapes).collect();
    split_named(&design.name, &expected, inputs)
}

/// Frames that a verification runs at least, unless it is told.
const FEWEST_VERIFIED: u64 = 16;
/// Cycles that they take at least: stalls last up to 1,024.
const VERIFIED_CYCLES: u64 = 16_384;

/// Values of random frames, on all streams, that are held in memory at most: half a GiB.
const MOST_VALUES: u64 = 1 << 26;

/// Frames that a verification runs unless it is told: 16, and more of a small design, so that stalls have time to fill and empty its buffers.
///
/// # Errors
/// Where the design deadlocks.
pub fn verified_frames(design: &Design) -> Result<usize, TimingError> {
    let pace = measure(design, FEWEST_VERIFIED, Stalls::None)?.cycles_per_frame.max(1);
    Ok(VERIFIED_CYCLES.div_ceil(pace).clamp(FEWEST_VERIFIED, most_frames(design)) as usize)
}

/// Random frames that are held in memory at most, with their values on all streams, which are compared.
fn most_frames(design: &Design) -> u64 {
    let of_stream = |stream: &mpqc_ir::design::Stream| stream.beats_per_frame() * stream.lanes;
    let values = design.graph.edge_weights().map(of_stream).sum::<usize>().max(1);
    (MOST_VALUES / values as u64).max(FEWEST_VERIFIED)
}

/// `frames` frames of [`random_streams`], if there is memory for them.
///
/// # Errors
/// Where there are too many.
pub fn random_frames(design: &Design, frames: usize) -> Result<Vec<Vec<Vec<i64>>>, Diagnostic> {
    let most = most_frames(design);
    if frames as u64 > most {
        let why = format!("{frames} random frames are more than the {most} that are held in memory");
        return Err(Diagnostic::new(Code::BadInput, &design.name, why, "give fewer frames, or an input"));
    }
    Ok(random_streams(design, frames, 1))
}

/// Random integers of every input port's type, frame by frame.
pub fn random_streams(design: &Design, frames: usize, seed: u64) -> Vec<Vec<Vec<i64>>> {
    let mut random = mpqc_ir::design::testing::Random(seed);
    let mut port = |port: &mpqc_ir::int_network::InputPort| {
        (0..port.shape.elements()).map(|_| random.value(port.ty)).collect()
    };
    (0..frames).map(|_| design.host.inputs.iter().map(&mut port).collect()).collect()
}
