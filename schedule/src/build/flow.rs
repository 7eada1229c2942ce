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
    /// Cycles, roughly, from a frame's first beat at the design's input to its first beat here.
    pub start: u64,
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
    /// Elements per frame, each once.
    pub fn elements(&self) -> usize {
        self.vector * self.vectors
    }

    /// The same elements as vectors of `vector`; no beat may be padded.
    pub fn as_vectors_of(self, vector: usize) -> Layout {
        Layout { vector, vectors: self.elements() / vector, ..self }
    }

    /// Beats per frame.
    pub fn beats(&self) -> usize {
        self.vector.div_ceil(self.lanes) * self.vectors * self.repeats
    }
}

impl Flow {
    /// The stream, once its consumer's port is known.
    pub fn stream(self, to: usize) -> Stream {
        let Layout { elem, lanes, vector, vectors, repeats } = self.layout;
        Stream { name: self.name, elem, lanes, vector, vectors, repeats, from: self.port, to }
    }
}
