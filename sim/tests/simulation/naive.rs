//! The blocks of `docs/blocks.md` once more, as plainly as can be, with the data inside: queues of beats.
//! A beat is the elements that it really holds, without padding.

mod spatial;

use self::spatial::Spatial;
use mpqc_ir::design::blocks::{MacArray, Replay, ScaleShift, Thresholds, WidthConverter};
use mpqc_ir::design::{Block, Design};
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::collections::VecDeque;

/// Elements of a beat.
pub type Beat = Vec<i64>;

/// An output buffer or a FIFO.
struct Queue {
    beats: VecDeque<Beat>,
    depth: usize,
}

impl Queue {
    fn new(depth: usize) -> Self {
        Queue { beats: VecDeque::new(), depth }
    }

    fn can_accept(&self) -> bool {
        self.beats.len() < self.depth
    }

    fn edge(&mut self, push: Option<Beat>, pop: bool) {
        if pop {
            self.beats.pop_front().expect("only an offered beat is taken");
        }
        self.beats.extend(push);
        assert!(self.beats.len() <= self.depth, "a buffer overflows");
    }
}

/// State of a block.
enum State {
    Buffers(Vec<Queue>),
    Pipeline {
        stages: VecDeque<Option<Beat>>,
        output: Queue,
        work: Box<dyn FnMut(Vec<Beat>) -> Option<Beat>>,
    },
    Up {
        spec: WidthConverter,
        lanes: Beat,
        slot: usize,
        beat: usize,
        output: Queue,
    },
    Down {
        spec: WidthConverter,
        input: Queue,
        shift: VecDeque<Beat>,
    },
    Replay {
        spec: Replay,
        stored: VecDeque<Beat>,
        off: usize,
        position: usize,
        pass: usize,
        output: Option<Beat>,
    },
    Spatial(Box<dyn Spatial>),
}

impl State {
    fn new(block: &Block) -> State {
        let depth = block.spec().output_depth() as usize;
        if let Some(block) = spatial::of(block) {
            return State::Spatial(block);
        }
        match block.clone() {
            Block::AxisInput(_) | Block::AxisOutput(_) => State::Buffers(vec![Queue::new(2)]),
            Block::Fifo(fifo) => State::Buffers(vec![Queue::new(fifo.depth)]),
            Block::Fork(fork) => State::Buffers((0..fork.ways).map(|_| Queue::new(2)).collect()),
            Block::Replay(spec) => {
                State::Replay { spec, stored: VecDeque::new(), off: 0, position: 0, pass: 0, output: None }
            }
            Block::WidthConverter(spec) if spec.is_up() => {
                State::Up { spec, lanes: Vec::new(), slot: 0, beat: 0, output: Queue::new(depth) }
            }
            Block::WidthConverter(spec) => {
                let input = Queue::new(if spec.last_ratio() == 1 { 2 } else { 1 });
                State::Down { spec, input, shift: VecDeque::new() }
            }
            Block::MacArray(mac) => State::pipeline(mac.stages(), depth, dot(mac)),
            Block::Thresholds(block) => State::pipeline(block.stages(), depth, thresholds(block)),
            Block::ScaleShift(block) => State::pipeline(3, depth, scale(block)),
            Block::Add(add) => {
                let sum = move |(a, b): (&i64, &i64)| add.gains[0] * a + add.gains[1] * b;
                State::pipeline(1, depth, move |x| Some(x[0].iter().zip(&x[1]).map(sum).collect()))
            }
            Block::ArgMax(block) => State::pipeline(1, depth, argmax(block)),
            Block::Depthwise(block) => State::pipeline(2, depth, spatial::depthwise(block)),
            Block::Pad(_)
            | Block::Window(_)
            | Block::LineBuffer(_)
            | Block::Pool(_)
            | Block::Concat(_)
            | Block::Reorder(_) => unreachable!("the module `spatial` has these"),
        }
    }

    fn pipeline(stages: usize, depth: usize, work: impl FnMut(Vec<Beat>) -> Option<Beat> + 'static) -> State {
        State::Pipeline { stages: vec![None; stages].into(), output: Queue::new(depth), work: Box::new(work) }
    }

    /// The beat on offer.
    fn offer(&self, port: usize) -> Option<&Beat> {
        match self {
            State::Buffers(queues) => queues[port].beats.front(),
            State::Pipeline { output, .. } | State::Up { output, .. } => output.beats.front(),
            State::Down { shift, .. } => shift.front(),
            State::Replay { output, .. } => output.as_ref(),
            State::Spatial(block) => block.offer(),
        }
    }

    /// Whether input `port` takes a beat; of pipelines that join, if the other inputs offer one.
    fn ready(&self, port: usize) -> bool {
        match self {
            State::Buffers(queues) => queues.iter().all(Queue::can_accept),
            State::Pipeline { stages, output, .. } => match stages.back() {
                Some(last) => last.is_none() || output.can_accept(),
                None => output.can_accept(),
            },
            State::Up { spec, slot, beat, output, .. } => {
                let completes = *slot == spec.ratio() - 1 || *beat == spec.in_beats() - 1;
                !completes || output.can_accept()
            }
            State::Down { input, .. } => input.can_accept(),
            State::Replay { spec, stored, .. } => stored.len() < spec.capacity,
            State::Spatial(block) => block.ready(port),
        }
    }

    /// The clock edge: the beat taken at every input and outputs popped.
    fn edge(&mut self, mut each: Vec<Option<Beat>>, popped: &[bool]) {
        if let State::Spatial(block) = self {
            return block.edge(&mut each, popped[0]);
        }
        let taken: Option<Vec<Beat>> = each.into_iter().collect();
        let enable = self.ready(0);
        let first = |taken: Option<Vec<Beat>>| taken.map(|mut beats| beats.swap_remove(0));
        match self {
            State::Buffers(queues) => {
                let beat = first(taken);
                queues.iter_mut().zip(popped).for_each(|(queue, pop)| queue.edge(beat.clone(), *pop));
            }
            State::Pipeline { stages, output, work } => {
                let result = taken.and_then(work);
                if enable {
                    stages.push_front(result);
                    let leaving = stages.pop_back().flatten();
                    output.edge(leaving, popped[0]);
                } else {
                    output.edge(None, popped[0]);
                }
            }
            State::Up { spec, lanes, slot, beat, output } => {
                let mut push = None;
                if let Some(arriving) = first(taken) {
                    lanes.extend(arriving);
                    (*slot, *beat) = (*slot + 1, *beat + 1);
                    if *slot == spec.ratio() || *beat == spec.in_beats() {
                        (push, *slot) = (Some(std::mem::take(lanes)), 0);
                    }
                    *beat %= spec.in_beats();
                }
                output.edge(push, popped[0]);
            }
            State::Down { spec, input, shift } => {
                let free = shift.is_empty() || (shift.len() == 1 && popped[0]);
                let next = input.beats.front().filter(|_| free).cloned();
                input.edge(first(taken), next.is_some());
                if popped[0] {
                    shift.pop_front();
                }
                shift.extend(next.iter().flat_map(|beat| beat.chunks(spec.out_lanes)).map(<[i64]>::to_vec));
            }
            State::Replay { spec, stored, off, position, pass, output } => {
                let last_pass = *pass == spec.repeats - 1;
                let load = stored.get(*off).filter(|_| output.is_none() || popped[0]).cloned();
                if popped[0] {
                    *output = None;
                }
                if load.is_some() {
                    *output = load;
                    *position = (*position + 1) % spec.beats;
                    if last_pass {
                        stored.pop_front();
                    } else {
                        *off = *position;
                    }
                    *pass = (*pass + usize::from(*position == 0)) % spec.repeats;
                }
                stored.extend(first(taken));
                assert!(stored.len() <= spec.capacity, "a replay buffer overflows");
            }
            State::Spatial(_) => unreachable!("it has returned"),
        }
    }
}

fn dot(mac: MacArray) -> impl FnMut(Vec<Beat>) -> Option<Beat> {
    let (mut sf, mut nf, mut sums) = (0, 0, vec![0; mac.pe]);
    move |x| {
        for (row, sum) in (nf * mac.pe..mac.outputs()).zip(&mut sums) {
            *sum +=
                (0..).zip(&x[0]).map(|(lane, x)| mac.weights[[row, sf * mac.simd + lane]] * x).sum::<i64>();
        }
        sf = (sf + 1) % mac.synapse_fold();
        let rows = mac.pe.min(mac.outputs() - nf * mac.pe);
        (sf == 0).then(|| {
            nf = (nf + 1) % mac.neuron_fold();
            std::mem::replace(&mut sums, vec![0; mac.pe])[..rows].to_vec()
        })
    }
}

/// Applies a function of channel and value to every beat of a stream of `beats` beats a vector.
fn per_channel(
    lanes: usize,
    beats: usize,
    f: impl Fn(usize, i64) -> i64,
) -> impl FnMut(Vec<Beat>) -> Option<Beat> {
    let mut beat = 0;
    move |x| {
        let first = beat * lanes;
        beat = (beat + 1) % beats;
        Some((first..).zip(&x[0]).map(|(channel, value)| f(channel, *value)).collect())
    }
}

fn thresholds(block: Thresholds) -> impl FnMut(Vec<Beat>) -> Option<Beat> {
    let step = if block.output.is_bipolar() { 2 } else { 1 };
    per_channel(block.lanes, block.beats(), move |channel, value| {
        let row = if block.table.table.nrows() == 1 { 0 } else { channel };
        let value = if block.table.falling[row] { -value - 1 } else { value };
        block.table.base + step * block.table.table.row(row).iter().filter(|t| value >= **t).count() as i64
    })
}

fn scale(block: ScaleShift) -> impl FnMut(Vec<Beat>) -> Option<Beat> {
    per_channel(block.lanes, block.beats(), move |channel, value| {
        let f = &block.function;
        let of = |constants: &[i64]| i128::from(constants[channel % constants.len()]);
        let shifted = (i128::from(value) * of(&f.mul) + of(&f.add)).div_euclid(1 << f.shift);
        shifted.clamp(f.min.into(), f.max.into()) as i64
    })
}

fn argmax(block: mpqc_ir::design::blocks::ArgMax) -> impl FnMut(Vec<Beat>) -> Option<Beat> {
    let mut vector = Vec::new();
    move |x| {
        vector.extend_from_slice(&x[0]);
        if vector.len() < block.channels {
            return None;
        }
        let mut rest: Vec<Option<i64>> = vector.drain(..).map(Some).collect();
        let f = &block.function;
        let mut best = || {
            let value = rest.iter().flatten().copied().max().expect("k is at most the channels");
            let index = rest.iter().position(|v| *v == Some(value)).expect("the maximum is there");
            rest[index] = None;
            if f.k == 1 && !f.with_value { index as i64 } else { value * (1 << f.index_bits) + index as i64 }
        };
        Some((0..f.k).map(|_| best()).collect())
    }
}

/// A design of naive blocks.
pub struct Naive<'d> {
    design: &'d Design,
    states: Vec<State>,
}

impl<'d> Naive<'d> {
    /// After reset.
    pub fn new(design: &'d Design) -> Self {
        Naive { design, states: design.graph.node_weights().map(|node| State::new(&node.block)).collect() }
    }

    /// The beat on offer on a stream.
    pub fn offer(&self, s: EdgeIndex) -> Option<&Beat> {
        let (from, _) = self.design.graph.edge_endpoints(s).expect("the stream is the design's");
        self.states[from.index()].offer(self.design.graph[s].from)
    }

    /// Whether a stream's consumer takes a beat: in a pipeline that joins, if all other streams offer one.
    pub fn ready(&self, s: EdgeIndex) -> bool {
        let (_, to) = self.design.graph.edge_endpoints(s).expect("the stream is the design's");
        let state = &self.states[to.index()];
        let mut others = self.design.inputs_of(to).into_iter().filter(|other| *other != s);
        let alone = matches!(state, State::Spatial(_)) || others.all(|other| self.offer(other).is_some());
        state.ready(self.design.graph[s].to) && alone
    }

    /// Whether an input port takes a beat.
    pub fn input_ready(&self, port: usize) -> bool {
        self.states[self.design.inputs[port].index()].ready(0)
    }

    /// The beat that an output port offers.
    pub fn output(&self, port: usize) -> Option<&Beat> {
        self.states[self.design.outputs[port].index()].offer(0)
    }

    /// One clock edge, with what the sources offer and which sinks are ready.
    pub fn edge(&mut self, offers: &[Option<Beat>], sinks: &[bool]) {
        let graph = &self.design.graph;
        let handshake = |s: &EdgeIndex| self.offer(*s).filter(|_| self.ready(*s)).cloned();
        let taken = |node: NodeIndex| match self.design.inputs.iter().position(|input| *input == node) {
            Some(port) => vec![offers[port].clone().filter(|_| self.input_ready(port))],
            None => self.design.inputs_of(node).iter().map(handshake).collect(),
        };
        let popped = |node: NodeIndex| match self.design.outputs.iter().position(|output| *output == node) {
            Some(port) => vec![sinks[port] && self.output(port).is_some()],
            None => self.design.outputs_of(node).iter().map(|s| handshake(s).is_some()).collect(),
        };
        let edges: Vec<_> = graph.node_indices().map(|node| (taken(node), popped(node))).collect();
        for (state, (taken, popped)) in self.states.iter_mut().zip(edges) {
            state.edge(taken, &popped);
        }
    }
}
