//! The engine: all blocks of a design, cycle by cycle.

use super::control::{Control, Handshakes, Ports, Tick};
use super::ends::{Sink, Source};
use super::wires::{Channel, Wires};
use crate::Stalls;
use crate::bitset::BitSet;
use crate::blocks::Machine;
use mpqc_ir::design::Design;
use petgraph::graph::{EdgeIndex, NodeIndex};

/// The timing of a design: `valid` and `ready` of every stream in every cycle, as `docs/blocks.md` fixes
/// them, without data.
///
/// Cycle 0 is the first one after reset. A block is only visited in cycles in which it shakes hands or
/// moves something inside, so that an idle block costs nothing.
#[derive(Clone, Debug)]
pub struct Engine {
    machines: Vec<Machine>,
    ports: Vec<Ports>,
    /// Machines of several inputs: their `ready` depends on their producers' `valid`.
    joins: Vec<usize>,
    pub(super) wires: Wires,
    /// What each machine drives.
    ticks: Vec<Tick>,
    /// Machines that change without a handshake.
    awake: BitSet,
    /// Machines that the present clock edge changes.
    active: BitSet,
    /// Channels that shake hands in the cycle that it ends.
    fired: BitSet,
    /// Channel, and beats per frame, of each input and output port.
    pub(super) inputs: Vec<(usize, u64)>,
    pub(super) outputs: Vec<(usize, u64)>,
    frames: u64,
    cycle: u64,
}

impl Engine {
    /// A design after reset, before `frames` frames.
    pub fn new(design: &Design, stalls: Stalls, frames: u64) -> Engine {
        Builder::of(design).source_and_sinks(design, stalls, frames).engine(frames)
    }

    /// Whether stream `s` offers a beat in the present cycle.
    pub fn valid(&self, s: EdgeIndex) -> bool {
        self.wires.channels[s.index()].valid
    }

    /// Whether the consumer of stream `s` takes a beat in the present cycle.
    pub fn ready(&self, s: EdgeIndex) -> bool {
        self.wires.channels[s.index()].ready
    }

    /// Handshakes so far on stream `s`: the index, over all frames, of the beat on offer.
    pub fn beat(&self, s: EdgeIndex) -> u64 {
        self.passed(s.index())
    }

    /// `s_axis_tvalid` of input port `port`.
    pub fn input_valid(&self, port: usize) -> bool {
        self.wires.channels[self.inputs[port].0].valid
    }

    /// `s_axis_tready` of input port `port`.
    pub fn input_ready(&self, port: usize) -> bool {
        self.wires.channels[self.inputs[port].0].ready
    }

    /// Handshakes so far at input port `port`.
    pub fn input_beat(&self, port: usize) -> u64 {
        self.passed(self.inputs[port].0)
    }

    /// `m_axis_tvalid` of output port `port`.
    pub fn output_valid(&self, port: usize) -> bool {
        self.wires.channels[self.outputs[port].0].valid
    }

    /// `m_axis_tready` of output port `port`.
    pub fn output_ready(&self, port: usize) -> bool {
        self.wires.channels[self.outputs[port].0].ready
    }

    /// Handshakes so far at output port `port`.
    pub fn output_beat(&self, port: usize) -> u64 {
        self.passed(self.outputs[port].0)
    }

    /// Clock edges so far: the number of the present cycle.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// Whether the last beat of the last frame has left every output.
    pub fn done(&self) -> bool {
        self.has_completed(self.frames)
    }

    /// One clock edge.
    pub fn advance(&mut self) {
        self.active.union_of(&self.awake, &self.wires.busy);
        self.fired.copy_from(&self.wires.fired);
        self.cycle += 1;
        for m in self.active.iter() {
            let (machine, ports) = (&mut self.machines[m], &self.ports[m]);
            let tick = machine.tick(Handshakes::new(&self.fired, ports));
            if tick != self.ticks[m] || ports.outputs.len() > 1 {
                self.ticks[m] = tick;
                self.awake.set(m, !tick.settled);
                self.wires.drive(tick, machine, ports, self.cycle);
            }
        }
        for m in &self.joins {
            self.wires.drive_join(&self.machines[*m], &self.ports[*m], self.cycle);
        }
    }

    /// Handshakes so far on a channel.
    #[inline]
    pub(super) fn passed(&self, channel: usize) -> u64 {
        self.wires.channels[channel].beats(self.cycle)
    }

    /// Whether `frames` frames have left every output.
    pub(super) fn has_completed(&self, frames: u64) -> bool {
        self.outputs.iter().all(|(c, beats)| self.passed(*c) >= beats.saturating_mul(frames))
    }

    /// Whether any handshake happens in the present cycle.
    pub(super) fn shakes_hands(&self) -> bool {
        !self.wires.fired.is_empty()
    }

    /// Whether the present clock edge changes nothing, and so none ever will.
    pub(super) fn is_frozen(&self) -> bool {
        !self.shakes_hands() && self.awake.is_empty()
    }

    /// Whether a source or a sink has had all beats of the run.
    #[inline]
    pub(super) fn ends(&self) -> bool {
        let has_ended = |(c, beats): &(usize, u64)| self.passed(*c) >= beats.saturating_mul(self.frames);
        self.inputs.iter().any(has_ended) || self.outputs.iter().any(has_ended)
    }

    /// The same as if its sources had no end; before the first cycle that differs.
    pub(super) fn endless(mut self) -> Engine {
        self.frames = u64::MAX;
        self.feed(|source, _| source.refill());
        self
    }

    /// Lets every source offer one frame more.
    pub(super) fn grant_frame(&mut self) {
        self.frames += 1;
        self.feed(Source::grant);
    }

    /// Changes what the sources (each with the beats of a frame) have left, from the present cycle on.
    fn feed(&mut self, change: impl Fn(&mut Source, u64)) {
        let mut beats = self.inputs.clone().into_iter().map(|(_, beats)| beats);
        for m in 0..self.machines.len() {
            if let Machine::Source(source) = &mut self.machines[m] {
                change(source, beats.next().unwrap_or(0));
                let machine = &self.machines[m];
                self.ticks[m] = machine.drives();
                self.wires.drive(self.ticks[m], machine, &self.ports[m], self.cycle);
            }
        }
        for m in &self.joins {
            self.wires.drive_join(&self.machines[*m], &self.ports[*m], self.cycle);
        }
    }

    /// Control state of everything, relative to `frames` completed frames: equal states have equal futures
    /// as long as no source runs out.
    pub(super) fn state(&self, frames: u64) -> Vec<u64> {
        let mut state = Vec::with_capacity(4 * self.machines.len());
        self.machines.iter().for_each(|machine| machine.state(&mut state));
        let ends = self.inputs.iter().chain(&self.outputs);
        state.extend(ends.map(|(c, beats)| self.passed(*c).wrapping_sub(beats * frames)));
        state
    }

    /// Brings the counts of stalled and starved cycles up to the present.
    pub(super) fn settle(&mut self) {
        self.wires.settle(self.cycle);
    }

    /// Beats, stalled and starved cycles of every channel up to the present.
    pub(super) fn counts(&mut self) -> Vec<[u64; 3]> {
        self.settle();
        self.wires.channels.iter().map(Channel::counts).collect()
    }

    /// The machine of a block.
    pub(super) fn machine(&self, block: NodeIndex) -> &Machine {
        &self.machines[block.index()]
    }

    /// The channels of a block.
    pub(super) fn ports(&self, block: NodeIndex) -> &Ports {
        &self.ports[block.index()]
    }

    /// The channels at the design's ends, each with the beats of the run that have not passed.
    pub(super) fn beats_left(&self) -> impl Iterator<Item = (usize, u64)> {
        let ends = self.inputs.iter().chain(&self.outputs);
        ends.map(|(c, beats)| (*c, beats.saturating_mul(self.frames) - self.passed(*c)))
    }

    /// Goes on as if `cycles` more cycles had passed and every channel's counts had grown by `growth`
    /// (beats, stalled, starved); counts must be settled.
    pub(super) fn skip(&mut self, cycles: u64, growth: impl Fn(usize) -> [u64; 3]) {
        let sources = self.machines.iter_mut().filter_map(|m| match m {
            Machine::Source(source) => Some(source),
            _ => None,
        });
        for (source, (channel, _)) in sources.zip(&self.inputs) {
            source.skip(growth(*channel)[0]);
        }
        self.wires.skip(cycles, growth);
        self.cycle += cycles;
    }
}

/// An engine in the making. Machines are the design's nodes, sources, sinks; channels its edges, input
/// ends, output ends; each in the order of their indices.
struct Builder {
    machines: Vec<Machine>,
    ports: Vec<Ports>,
    channels: Vec<Channel>,
    inputs: Vec<(usize, u64)>,
    outputs: Vec<(usize, u64)>,
}

impl Builder {
    fn of(design: &Design) -> Builder {
        let graph = &design.graph;
        let index = |edges: Vec<EdgeIndex>| edges.into_iter().map(EdgeIndex::index).collect();
        let ports =
            |node| Ports { inputs: index(design.inputs_of(node)), outputs: index(design.outputs_of(node)) };
        Builder {
            machines: graph.node_weights().map(|node| Machine::new(&node.block)).collect(),
            ports: graph.node_indices().map(ports).collect(),
            channels: graph
                .raw_edges()
                .iter()
                .map(|e| Channel::new(e.source().index(), e.target().index()))
                .collect(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    fn source_and_sinks(mut self, design: &Design, stalls: Stalls, frames: u64) -> Builder {
        let beats =
            |edges: Vec<EdgeIndex>| edges.first().map_or(1, |e| design.graph[*e].beats_per_frame() as u64);
        for (port, node) in design.inputs.iter().enumerate() {
            let per_frame = beats(design.outputs_of(*node));
            let source = Source::new(per_frame.saturating_mul(frames), port, stalls);
            let (machine, channel) = self.end(Machine::Source(source));
            self.channels.push(Channel::new(machine, node.index()));
            self.ports[machine].outputs.push(channel);
            self.ports[node.index()].inputs.push(channel);
            self.inputs.push((channel, per_frame));
        }
        for (port, node) in design.outputs.iter().enumerate() {
            let per_frame = beats(design.inputs_of(*node));
            let (machine, channel) = self.end(Machine::Sink(Sink::new(port, stalls)));
            self.channels.push(Channel::new(node.index(), machine));
            self.ports[machine].inputs.push(channel);
            self.ports[node.index()].outputs.push(channel);
            self.outputs.push((channel, per_frame));
        }
        self
    }

    /// Adds the machine of an end; its index and that of the channel to come.
    fn end(&mut self, machine: Machine) -> (usize, usize) {
        self.machines.push(machine);
        self.ports.push(Ports::default());
        (self.machines.len() - 1, self.channels.len())
    }

    fn engine(self, frames: u64) -> Engine {
        let count = self.machines.len();
        let mut engine = Engine {
            joins: (0..count).filter(|m| self.ports[*m].inputs.len() > 1).collect(),
            fired: BitSet::new(self.channels.len()),
            wires: Wires::new(self.channels, count),
            ticks: self.machines.iter().map(Control::drives).collect(),
            awake: BitSet::new(count),
            active: BitSet::new(count),
            machines: self.machines,
            ports: self.ports,
            inputs: self.inputs,
            outputs: self.outputs,
            frames,
            cycle: 0,
        };
        engine.reset();
        engine
    }
}

impl Engine {
    /// Drives all wires of cycle 0.
    fn reset(&mut self) {
        for (m, machine) in self.machines.iter().enumerate() {
            self.awake.set(m, !machine.settled());
            self.wires.drive(self.ticks[m], machine, &self.ports[m], 0);
        }
        for m in &self.joins {
            self.wires.drive_join(&self.machines[*m], &self.ports[*m], 0);
        }
    }
}
