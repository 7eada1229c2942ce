//! What a measurement says.

use super::control::Control;
use super::engine::Engine;
use super::wires::Channel;
use mpqc_ir::design::Design;
use petgraph::graph::NodeIndex;
use serde::{Deserialize, Serialize};

/// The cycles of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Frames of the run.
    pub frames: u64,
    /// Cycles from reset through the handshake of the last beat of the last frame.
    pub cycles: u64,
    /// Distance between completions of frames, once it no longer changes (where it goes on changing in a
    /// pattern of several frames: the pattern's mean, rounded up). With random stalls: the mean distance
    /// in this run, rounded up.
    pub cycles_per_frame: u64,
    /// Cycles from the first beat offered through the handshake of the last beat of frame 0, both included.
    pub latency_cycles: u64,
    /// Blocks, in the design's order.
    pub blocks: Vec<BlockTiming>,
    /// Streams, in the design's order.
    pub streams: Vec<StreamTiming>,
    /// Memories whose capacity the scheduler chooses.
    pub fifos: Vec<FifoTiming>,
}

/// What a block did in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockTiming {
    /// Instance name.
    pub name: String,
    /// Kind of block.
    pub kind: String,
    /// Handshakes on its busiest stream: cycles in which it worked.
    pub busy: u64,
    /// Cycles in which a result on offer was not taken (the most of its outputs).
    pub stalled_by_consumer: u64,
    /// Cycles in which it was ready and no beat was offered (the most of its inputs).
    pub starved: u64,
}

/// What happened on a stream in a run; the cycles that are missing from the run's had neither `valid` nor
/// `ready`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamTiming {
    /// The stream's name.
    pub name: String,
    /// Cycles with a handshake.
    pub beats: u64,
    /// Cycles with `valid` and without `ready`.
    pub stalled: u64,
    /// Cycles with `ready` and without `valid`.
    pub starved: u64,
}

/// How full a FIFO or a replay buffer was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FifoTiming {
    /// Instance name of the block.
    pub name: String,
    /// Name of the stream that it feeds.
    pub stream: String,
    /// Beats that it can hold.
    pub capacity: u64,
    /// The most beats that it held at once.
    pub high_water: u64,
}

/// What the blocks, streams and memories of a design did in a run; counts must be settled.
pub(super) fn observe(
    design: &Design,
    engine: &Engine,
) -> (Vec<BlockTiming>, Vec<StreamTiming>, Vec<FifoTiming>) {
    let nodes = || design.graph.node_indices();
    let blocks = nodes().map(|node| block(design, engine, node)).collect();
    let fifos = nodes().filter_map(|node| fifo(design, engine, node)).collect();
    let streams = design.graph.edge_weights().zip(&engine.wires.channels);
    let streams = streams.map(|(stream, channel)| stream_timing(&stream.name, channel)).collect();
    (blocks, streams, fifos)
}

fn block(design: &Design, engine: &Engine, node: NodeIndex) -> BlockTiming {
    let ports = engine.ports(node);
    let most = |ports: &[usize], count: usize| {
        ports.iter().map(|channel| engine.wires.channels[*channel].counts()[count]).max().unwrap_or(0)
    };
    BlockTiming {
        name: design.graph[node].name.clone(),
        kind: design.graph[node].block.kind().to_owned(),
        busy: most(&ports.inputs, 0).max(most(&ports.outputs, 0)),
        stalled_by_consumer: most(&ports.outputs, 1),
        starved: most(&ports.inputs, 2),
    }
}

fn fifo(design: &Design, engine: &Engine, node: NodeIndex) -> Option<FifoTiming> {
    let occupancy = engine.machine(node).occupancy()?;
    let stream = design.outputs_of(node).first().map(|edge| design.graph[*edge].name.clone());
    Some(FifoTiming {
        name: design.graph[node].name.clone(),
        stream: stream.unwrap_or_default(),
        capacity: occupancy.capacity,
        high_water: occupancy.high_water,
    })
}

fn stream_timing(name: &str, channel: &Channel) -> StreamTiming {
    let [beats, stalled, starved] = channel.counts();
    StreamTiming { name: name.into(), beats, stalled, starved }
}
