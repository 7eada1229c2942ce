//! What the engine asks of a block's control state.

use crate::bitset::BitSet;

/// The handshakes of the present cycle, as one block sees them.
#[derive(Clone, Copy)]
pub(crate) struct Handshakes<'a> {
    fired: &'a BitSet,
    ports: &'a Ports,
}

/// The channels of a block, by port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ports {
    pub inputs: Vec<usize>,
    pub outputs: Vec<usize>,
}

impl<'a> Handshakes<'a> {
    /// The view of a block with these ports on the channels that shake hands.
    pub fn new(fired: &'a BitSet, ports: &'a Ports) -> Self {
        Handshakes { fired, ports }
    }

    /// Whether the block takes a beat at input `port`.
    #[inline]
    pub fn taken(&self, port: usize) -> bool {
        self.ports.inputs.get(port).is_some_and(|channel| self.fired.contains(*channel))
    }

    /// Whether the consumer at output `port` takes the beat that the block offers.
    #[inline]
    pub fn popped(&self, port: usize) -> bool {
        self.ports.outputs.get(port).is_some_and(|channel| self.fired.contains(*channel))
    }
}

/// Beats in a memory that was sized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occupancy {
    pub capacity: u64,
    pub level: u64,
    pub high_water: u64,
}

impl Occupancy {
    /// Nothing in so many beats.
    pub fn empty(capacity: u64) -> Occupancy {
        Occupancy { capacity, level: 0, high_water: 0 }
    }

    /// Holds so many from now on.
    #[inline]
    pub fn hold(&mut self, level: u64) {
        self.level = level;
        self.high_water = self.high_water.max(level);
    }
}

/// What a block drives after a clock edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub settled: bool,
    /// Of its first output.
    pub valid: bool,
    /// Of its first input, if it has no other or all others offer a beat.
    pub ready: bool,
}

/// Control state of a block: all that decides when it shakes hands.
pub(crate) trait Control {
    /// Whether output `output` offers a beat; of registered state alone.
    fn valid(&self, output: usize) -> bool;

    /// Whether input `input` takes a beat; of registered state and, where the block joins streams, of
    /// whether all its other inputs offer one.
    fn ready(&self, input: usize, others_valid: bool) -> bool;

    /// The clock edge.
    fn clock(&mut self, handshakes: Handshakes<'_>);

    /// Whether a clock edge without a handshake would change nothing.
    fn settled(&self) -> bool;

    /// The clock edge, and what follows from it.
    #[inline]
    fn tick(&mut self, handshakes: Handshakes<'_>) -> Tick {
        self.clock(handshakes);
        self.drives()
    }

    /// What it drives now.
    #[inline]
    fn drives(&self) -> Tick {
        Tick { settled: self.settled(), valid: self.valid(0), ready: self.ready(0, true) }
    }

    /// Appends the whole state: equal words now mean equal handshakes ever after, given the same
    /// surroundings. Always the same number of words.
    fn state(&self, into: &mut Vec<u64>);

    /// How full a memory was whose size the scheduler chooses.
    fn occupancy(&self) -> Option<Occupancy> {
        None
    }
}
