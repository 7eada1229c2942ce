//! How many beats and cycles a block's unit of work has: what its bounds are derived from.

use mpqc_ir::design::{Block, Design, Stream};
use mpqc_testbenches::formal::Reach;
use petgraph::graph::{EdgeIndex, NodeIndex};

/// Beats at each port, and cycles, of what a block does again and again: a vector where it makes one of one, else a frame.
pub struct Frames {
    /// Beats at each input.
    pub inputs: Vec<usize>,
    /// Beats at each output.
    pub outputs: Vec<usize>,
    /// Whether an output may begin before an input does: padding comes first, or another input.
    pub leads: bool,
    /// Cycles, if nothing stalls it.
    cycles: u64,
    /// Whether a ring of beats has addresses in relations that induction does not know.
    ring: bool,
    /// Whether the input is a port of the top module, whose `tlast` ends frames.
    from_outside: bool,
}

impl Frames {
    /// Those of a block. The outer side of an adapter has the beats of the inner one.
    pub fn of(design: &Design, node: NodeIndex) -> Frames {
        let streams = |edges: Vec<EdgeIndex>| edges.into_iter().map(|edge| &design.graph[edge]).collect();
        let (mut inputs, mut outputs): (Vec<&Stream>, Vec<&Stream>) =
            (streams(design.inputs_of(node)), streams(design.outputs_of(node)));
        if inputs.is_empty() {
            inputs.clone_from(&outputs);
        }
        if outputs.is_empty() {
            outputs.clone_from(&inputs);
        }
        let block = &design.graph[node].block;
        let units = units(block, &inputs, &outputs);
        let beats = |streams: &[&Stream]| streams.iter().map(|it| it.beats_per_frame() / units).collect();
        let leads = inputs.len() > 1 || matches!(block, Block::Pad(_) | Block::Window(_));
        let cycles = block.spec().cycles_per_frame().div_ceil(units as u64);
        let ring = matches!(block, Block::Window(_) | Block::Reorder(_));
        let from_outside = matches!(block, Block::AxisInput(_));
        Frames { inputs: beats(&inputs), outputs: beats(&outputs), leads, cycles, ring, from_outside }
    }

    /// Cycles in which a beat goes in or comes out, if both sides let it: cycles a beat of the busiest side, one in which a memory
    /// is read, and one in which a result is handed to the output buffer.
    pub fn patience(&self) -> u64 {
        let beats = self.inputs.iter().chain(&self.outputs).max().map_or(1, |beats| *beats as u64);
        self.cycles.div_ceil(beats) + 2
    }

    /// Whether padding of the next frame may be out already when a frame is.
    pub fn runs_on(&self) -> bool {
        self.leads && self.inputs.len() == 1
    }

    /// How far it can be proved that something moves.
    pub fn reach(&self) -> Reach {
        match self.ring {
            true => Reach::Bounded { depth: self.depth(self.patience()) },
            false => Reach::Induction { depth: self.patience() as usize + 2 },
        }
    }

    /// Cycles in which a frame goes through alone, and rests for `quiet` cycles after it.
    pub fn depth(&self, quiet: u64) -> usize {
        // A reset, and the latency, which is the same as the quiet.
        usize::try_from(self.cycles + 2 * quiet + 3).unwrap_or(usize::MAX)
    }

    /// What ends a frame of the inputs before all its beats are there: the outputs' is filled up.
    pub fn early(&self) -> &'static str {
        if self.from_outside { "s_axis_tlast" } else { "1'b0" }
    }
}

/// How many units there are in a frame.
fn units(block: &Block, inputs: &[&Stream], outputs: &[&Stream]) -> usize {
    let adapter = matches!(block, Block::AxisInput(_) | Block::AxisOutput(_));
    let whole = adapter || matches!(block, Block::Pad(_) | Block::Window(_) | Block::Reorder(_));
    let vectors = inputs[0].vectors;
    let even = inputs.iter().chain(outputs).all(|stream| stream.vectors == vectors);
    if even && !whole { vectors } else { 1 }
}
