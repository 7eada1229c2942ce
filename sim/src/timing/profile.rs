//! When what happens: one frame's way through the pipeline, when memories are full, and what sets the pace.

use super::control::Control;
use super::engine::Engine;
use super::report::Timing;
use crate::Stalls;
use mpqc_ir::design::{BlockNode, Design};
use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::{Deserialize, Serialize};

/// A frame that passes an empty pipeline, and the frames behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Cycles of the first frame: its latency.
    pub cycles: u64,
    /// Cycles of a bin of [`Lane::busy`].
    pub bin: u64,
    /// Blocks, in the design's order.
    pub lanes: Vec<Lane>,
    /// Memories that were full, while [`Profile::FRAMES`] frames passed.
    pub full: Vec<Full>,
    /// Blocks that wait for each other in a ring, or the one that waits for nobody: they set the pace.
    pub critical: Vec<String>,
}

/// What a block does for one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// Instance name.
    pub name: String,
    /// Kind of block.
    pub kind: String,
    /// Handshakes of its busiest stream, bin after bin.
    pub busy: Vec<u32>,
}

/// A memory that was full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Full {
    /// Instance name of the block.
    pub name: String,
    /// Beats that it can hold.
    pub capacity: u64,
    /// Cycles in which it held as many.
    pub cycles: u64,
    /// First and last cycle of the first, and of the longest stretch.
    pub first: [u64; 2],
    /// As above.
    pub longest: [u64; 2],
}

/// A stretch that may go on.
struct Watch {
    node: NodeIndex,
    since: Option<u64>,
    stretches: Vec<[u64; 2]>,
}

impl Profile {
    /// Frames over which memories are watched, if they take no more than [`Profile::MAX_CYCLES`].
    pub const FRAMES: u64 = 4;
    /// Cycles after which watching ends.
    pub const MAX_CYCLES: u64 = 4_000_000;
    /// Cycles without a handshake that mean that nothing will move.
    const QUIET: u64 = 10_000;

    /// Runs a design, without stalls at its ends; `steady` are the cycles of a long run.
    pub fn new(design: &Design, steady: &Timing, bins: usize) -> Profile {
        let cycles = steady.latency_cycles.max(1);
        let bin = cycles.div_ceil(bins.max(1) as u64);
        Profile {
            cycles,
            bin,
            lanes: lanes(design, cycles, bin),
            full: full(design),
            critical: critical(design, steady),
        }
    }
}

/// What every block does in each bin of a run of one frame. Beats of padding that go on to the next frame are left out.
fn lanes(design: &Design, cycles: u64, bin: u64) -> Vec<Lane> {
    let mut engine = Engine::new(design, Stalls::None, 1);
    let mut lanes: Vec<(Lane, Option<EdgeIndex>, u64)> =
        design.graph.node_indices().map(|node| lane(design, node)).collect();
    while engine.cycle() < cycles {
        (0..bin.min(cycles - engine.cycle())).for_each(|_| engine.advance());
        for (lane, stream, before) in &mut lanes {
            let beats = |e: EdgeIndex| engine.beat(e).min(design.graph[e].beats_per_frame() as u64);
            let now = stream.map_or(0, beats);
            lane.busy.push((now - *before) as u32);
            *before = now;
        }
    }
    lanes.into_iter().map(|(lane, _, _)| lane).collect()
}

/// A block with nothing done, its busiest stream, and no beat of that.
fn lane(design: &Design, node: NodeIndex) -> (Lane, Option<EdgeIndex>, u64) {
    let own = [design.inputs_of(node), design.outputs_of(node)].concat();
    let busiest = own.into_iter().max_by_key(|edge| design.graph[*edge].beats_per_frame());
    let BlockNode { name, block, .. } = &design.graph[node];
    (Lane { name: name.clone(), kind: block.kind().to_owned(), busy: Vec::new() }, busiest, 0)
}

/// When memories are full, while several frames pass.
fn full(design: &Design) -> Vec<Full> {
    let mut engine = Engine::new(design, Stalls::None, Profile::FRAMES);
    let occupied = |engine: &Engine, node: NodeIndex| {
        engine.machine(node).occupancy().is_some_and(|it| it.level >= it.capacity)
    };
    let nodes = design.graph.node_indices().filter(|node| engine.machine(*node).occupancy().is_some());
    let mut watches: Vec<Watch> =
        nodes.map(|node| Watch { node, since: None, stretches: Vec::new() }).collect();
    let mut quiet = 0;
    while !engine.done() && engine.cycle() < Profile::MAX_CYCLES && quiet < Profile::QUIET {
        for watch in &mut watches {
            watch.look(engine.cycle(), occupied(&engine, watch.node));
        }
        quiet = if engine.shakes_hands() { 0 } else { quiet + 1 };
        engine.advance();
    }
    let end = engine.cycle();
    watches.iter_mut().filter_map(|watch| watch.report(design, &engine, end)).collect()
}

impl Watch {
    fn look(&mut self, cycle: u64, is_full: bool) {
        match (self.since, is_full) {
            (None, true) => self.since = Some(cycle),
            (Some(since), false) => {
                self.stretches.push([since, cycle - 1]);
                self.since = None;
            }
            _ => {}
        }
    }

    fn report(&mut self, design: &Design, engine: &Engine, end: u64) -> Option<Full> {
        self.look(end, false);
        let length = |[from, to]: &[u64; 2]| to - from + 1;
        Some(Full {
            name: design.graph[self.node].name.clone(),
            capacity: engine.machine(self.node).occupancy()?.capacity,
            cycles: self.stretches.iter().map(length).sum(),
            first: *self.stretches.first()?,
            longest: *self.stretches.iter().max_by_key(|it| length(it))?,
        })
    }
}

/// The block that needs all cycles between frames, if there is one. Otherwise follows waits from the last block: to the producer of a stream on which it starved longest, or to the consumer of one
/// on which it was stalled longest, until it comes to a block that waits for nobody, or to one that it has seen. Filling
/// and draining the pipeline is no waiting, and neither is a fiftieth of the run.
fn critical(design: &Design, steady: &Timing) -> Vec<String> {
    let needs = |node: &NodeIndex| design.graph[*node].block.spec().cycles_per_frame();
    let slowest = design.graph.node_indices().max_by_key(needs);
    if let Some(node) = slowest.filter(|node| needs(node) >= steady.cycles_per_frame) {
        return vec![design.graph[node].name.clone()];
    }
    let filling = steady.cycles.saturating_sub(steady.frames * steady.cycles_per_frame);
    let patience = filling + steady.cycles / 50;
    let stream = |edge: EdgeIndex| &steady.streams[edge.index()];
    let mut path: Vec<NodeIndex> = design.outputs.first().copied().into_iter().collect();
    while let Some(node) = path.last().copied() {
        let starved = design.graph.edges_directed(node, Direction::Incoming);
        let starved = starved.map(|edge| (stream(edge.id()).starved, edge.source()));
        let stalled = design.graph.edges_directed(node, Direction::Outgoing);
        let stalled = stalled.map(|edge| (stream(edge.id()).stalled, edge.target()));
        let Some((_, next)) = starved.chain(stalled).max().filter(|(waits, _)| *waits > patience) else {
            path.drain(..path.len() - 1);
            break;
        };
        if let Some(seen) = path.iter().position(|it| *it == next) {
            path.drain(..seen);
            break;
        }
        path.push(next);
    }
    path.into_iter().map(|node| design.graph[node].name.clone()).collect()
}
