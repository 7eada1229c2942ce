//! Half-built streams: what a block offers before its consumer is known.

use mpqc_ir::design::Stream;
use mpqc_ir::number::IntType;
use petgraph::graph::NodeIndex;

/// A stream whose producer stands and whose consumer does not.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// The producing block.
    pub from: NodeIndex,
    /// Its output port.
    pub port: usize,
    /// Name of the stream.
    pub name: String,
    /// What is sent.
    pub layout: Layout,
    /// Cycles between two beats that the producer guarantees at least.
    pub interval: usize,
    /// When a frame passes here in an otherwise idle pipeline.
    pub span: Span,
}

/// Elements of a stream and their order; see [`Stream`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Type of an element.
    pub elem: IntType,
    /// Elements per beat.
    pub lanes: usize,
    /// Elements per vector.
    pub vector: usize,
    /// Vectors per frame.
    pub vectors: usize,
    /// Times that each vector is sent.
    pub repeats: usize,
}

impl Layout {
    /// Beats per frame.
    pub fn beats(&self) -> usize {
        self.vector.div_ceil(self.lanes) * self.vectors * self.repeats
    }
}

/// Bounds in cycles after a frame's first beat entered the design: no beat passes before `start`, and all have
/// passed at `end` when nothing stalls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Lower bound of the first beat's time.
    pub start: u64,
    /// Upper bound of the last beat's time.
    pub end: u64,
}

impl Span {
    /// A block that delays every beat by `least` to `most` cycles.
    pub fn delayed(self, least: u64, most: u64) -> Span {
        Span { start: self.start + least, end: self.end + most }
    }

    /// From the earlier start to the later end.
    pub fn join(self, other: Span) -> Span {
        Span { start: self.start.max(other.start), end: self.end.max(other.end) }
    }
}

impl Flow {
    /// The stream, once its consumer's port is known.
    pub fn stream(self, to: usize) -> Stream {
        let Layout { elem, lanes, vector, vectors, repeats } = self.layout;
        Stream { name: self.name, elem, lanes, vector, vectors, repeats, from: self.port, to }
    }
}
