//! Requantizers alone, at every value where a code changes.
//!
//! Random frames seldom bring a sum to the very value at which a threshold lies, so a threshold that is one off would pass.
//! Here each requantizer of a design stands between adapters of its own, and its input takes, channel by channel, the values
//! on either side of every change of the code, and both ends of its range.

use crate::api::Error;
use mpqc_codegen::emit;
use mpqc_ir::design::blocks::{AxisInput, AxisOutput};
use mpqc_ir::design::{Block, BlockNode, Design, Stream};
use mpqc_ir::int_network::Host;
use mpqc_ir::network::Network;
use mpqc_ir::number::IntType;
use mpqc_sim::Stalls;
use mpqc_sim::function::Evaluator;
use mpqc_testbenches::lockstep::{Lockstep, Mismatch};
use mpqc_testbenches::verilator::Verilator;
use petgraph::graph::{DiGraph, NodeIndex};
use serde::Serialize;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Values of a channel that are tried at most: enough for codes of 9 bits; one of 16 bits changes more often.
const MOST_VALUES: usize = 1024;

/// Values that a channel is tried with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Both ends of its type, and both sides of every change of the code, at most so many.
    Changes,
    /// All of its type: as codes depend on a value and its channel alone, a proof.
    All,
}

/// What became of the requantizers.
#[derive(Clone, Debug, Serialize)]
pub struct Boundaries {
    /// How many there are.
    pub requantizers: usize,
    /// Values that went through each of their channels, at most.
    pub values: usize,
    /// The first difference between RTL and simulator.
    pub mismatch: Option<Mismatch>,
}

/// A requantizer's numbers.
struct Requantizer<'a> {
    node: NodeIndex,
    input: IntType,
    output: IntType,
    lanes: usize,
    channels: usize,
    vectors: usize,
    code: Box<dyn Fn(usize, i64) -> i64 + 'a>,
}

/// Runs the requantizers of the Verilog in `folder` against those of `design`; nothing where it has none.
///
/// # Errors
/// Where the adapters cannot be written, or Verilator fails.
pub fn check(
    design: &Design,
    folder: &Path,
    verilator: &Verilator,
    values: Values,
) -> Result<Option<Boundaries>, Error> {
    let requantizers = requantizers(design);
    if requantizers.is_empty() {
        return Ok(None);
    }
    let alone = alone(design, &requantizers);
    let scratch = tempfile::tempdir().map_err(io(folder))?;
    let files = files(&alone, folder, scratch.path())?;
    let values: Vec<Vec<Vec<i64>>> = requantizers.iter().map(|it| it.values(values)).collect();
    let most = values.iter().flatten().map(Vec::len).max().unwrap_or(0);
    let frames = frames(&requantizers, &values);
    let job = Lockstep { design: &alone, folder, files, frames: &frames, stalls: Stalls::None, waves: None };
    let mismatch = job.run(verilator, &|_| {})?.mismatch;
    Ok(Some(Boundaries { requantizers: requantizers.len(), values: most, mismatch }))
}

/// The first code of the simulator's requantizers that is not the specification's, in words.
pub fn unspecified(design: &Design, values: Values) -> Option<String> {
    let requantizers = requantizers(design);
    let alone = alone(design, &requantizers);
    let values: Vec<_> = requantizers.iter().map(|it| it.values(values)).collect();
    let evaluator = Evaluator::new(&alone);
    frames(&requantizers, &values).iter().find_map(|frame| {
        let ports = requantizers.iter().zip(frame).zip(evaluator.outputs(frame));
        ports.enumerate().find_map(|(port, ((it, sums), codes))| {
            let expected = |i: usize| (it.code)(i % it.channels, sums[i]);
            let wrong = (0..sums.len()).find(|i| codes[*i] != expected(*i))?;
            Some(format!(
                "requantizer {port}: {} for {} of sum {}",
                codes[wrong],
                expected(wrong),
                sums[wrong]
            ))
        })
    })
}

/// Sums that the widest type has which a requantizer takes: what [`Values::All`] tries. 0 where there is no requantizer.
pub fn most_sums(design: &Design) -> u64 {
    requantizers(design).iter().map(|it| it.input.max.abs_diff(it.input.min) + 1).max().unwrap_or(0)
}

fn requantizers(design: &Design) -> Vec<Requantizer<'_>> {
    design.topological().into_iter().filter_map(|node| requantizer(design, node)).collect()
}

fn requantizer(design: &Design, node: NodeIndex) -> Option<Requantizer<'_>> {
    match &design.graph[node].block {
        Block::Thresholds(it) => Some(Requantizer {
            node,
            input: it.input,
            output: it.output,
            lanes: it.lanes,
            channels: it.channels,
            vectors: it.vectors,
            code: Box::new(|channel, x| it.table.code(channel, x, it.output)),
        }),
        Block::ScaleShift(it) => Some(Requantizer {
            node,
            input: it.input,
            output: it.output,
            lanes: it.lanes,
            channels: it.channels,
            vectors: it.vectors,
            code: Box::new(|channel, x| it.function.code(channel, x)),
        }),
        _ => None,
    }
}

impl Requantizer<'_> {
    /// Values to try, of each channel.
    fn values(&self, values: Values) -> Vec<Vec<i64>> {
        let of = |channel: usize| match values {
            Values::Changes => changes(self.input, |x| (self.code)(channel, x)),
            Values::All => all(self.input),
        };
        (0..self.channels).map(of).collect()
    }

    fn stream(&self, name: String, elem: IntType) -> Stream {
        let (lanes, vector, vectors) = (self.lanes, self.channels, self.vectors);
        Stream { name, elem, lanes, vector, vectors, repeats: 1, from: 0, to: 0 }
    }
}

/// Every value of a type.
fn all(ty: IntType) -> Vec<i64> {
    (ty.min..=ty.max).step_by(if ty.is_bipolar() { 2 } else { 1 }).collect()
}

/// Both ends of a type, and both sides of every change of a monotone function; at most [`MOST_VALUES`], spread out.
fn changes(ty: IntType, code: impl Fn(i64) -> i64) -> Vec<i64> {
    if ty.is_bipolar() {
        return all(ty);
    }
    let mut values = vec![ty.min, ty.max];
    let mut open = VecDeque::from([(ty.min, ty.max)]);
    while let Some((low, high)) = open.pop_front().filter(|_| values.len() < MOST_VALUES) {
        let middle = low.midpoint(high);
        match (code(low) == code(high), high - low) {
            (true, _) => {}
            (false, ..=1) => values.extend([low, high]),
            (false, _) => open.extend([(low, middle), (middle, high)]),
        }
    }
    values.sort_unstable();
    values.dedup();
    values
}

/// A design of these blocks, each between an input and an output.
fn alone(design: &Design, requantizers: &[Requantizer]) -> Design {
    let host = Host {
        prefix: Network::default(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        suffix: Network::default(),
    };
    let (name, target) = (design.name.clone(), design.target.clone());
    let mut alone =
        Design { name, target, graph: DiGraph::new(), inputs: Vec::new(), outputs: Vec::new(), host };
    for (i, it) in requantizers.iter().enumerate() {
        let from = it.stream(format!("alone_{i}_sums"), it.input);
        let to = it.stream(format!("alone_{i}_codes"), it.output);
        let beats_per_frame = from.beats_per_frame();
        let adapter = |side: &str, block: Block| {
            let name = format!("alone_{i}_{side}");
            BlockNode { name, origin: Vec::new(), block }
        };
        let source = AxisInput { elem: it.input, lanes: it.lanes, beats_per_frame };
        let sink = AxisOutput { elem: it.output, lanes: it.lanes, beats_per_frame };
        let source = alone.graph.add_node(adapter("in", source.into()));
        let block = alone.graph.add_node(design.graph[it.node].clone());
        let sink = alone.graph.add_node(adapter("out", sink.into()));
        alone.graph.add_edge(source, block, from);
        alone.graph.add_edge(block, sink, to);
        alone.inputs.push(source);
        alone.outputs.push(sink);
    }
    alone
}

/// The Verilog: of the blocks that of the folder, of the rest (the top module, adapters) what is new, in `scratch`.
fn files(alone: &Design, folder: &Path, scratch: &Path) -> Result<Vec<PathBuf>, Error> {
    let top = format!("rtl/{}.v", alone.name);
    let mut files = Vec::new();
    for file in emit(alone)?.into_iter().filter(|file| file.path.ends_with(".v")) {
        let there = folder.join(&file.path);
        if there.is_file() && file.path != top {
            files.push(there);
            continue;
        }
        let path = scratch.join(file.path.replace('/', "_"));
        std::fs::write(&path, &file.contents).map_err(io(&path))?;
        files.push(path);
    }
    Ok(files)
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    move |source| Error::Folder(mpqc_codegen::CodegenError::Io { path: path.to_owned(), source })
}

/// Frames that bring every channel's values to every requantizer; shorter lists begin again.
fn frames(requantizers: &[Requantizer], values: &[Vec<Vec<i64>>]) -> Vec<Vec<Vec<i64>>> {
    let needed = requantizers.iter().zip(values).map(|(it, values)| {
        let most = values.iter().map(Vec::len).max().unwrap_or(0);
        most.div_ceil(it.vectors)
    });
    let port = |frame: usize, it: &Requantizer, values: &[Vec<i64>]| {
        let vector = |v: usize| values.iter().map(move |of| of[(frame * it.vectors + v) % of.len()]);
        (0..it.vectors).flat_map(vector).collect()
    };
    let frame = |frame| requantizers.iter().zip(values).map(|(it, values)| port(frame, it, values)).collect();
    (0..needed.max().unwrap_or(0)).map(frame).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_every_change_are_tried() {
        let ty = IntType::quantizer(true, 6, false);
        let code = |x: i64| i64::from(x >= -3) + i64::from(x >= 5) + i64::from(x >= 6);
        assert_eq!(changes(ty, code), [-32, -4, -3, 4, 5, 6, 31]);
        assert_eq!(changes(ty, |x| -code(x)), [-32, -4, -3, 4, 5, 6, 31]);
        assert_eq!(changes(ty, |_| 3), [-32, 31]);
        assert_eq!(all(IntType::BIPOLAR), [-1, 1]);
        assert!(changes(IntType::quantizer(true, 20, false), |x| x).len() <= MOST_VALUES + 1);
    }
}
