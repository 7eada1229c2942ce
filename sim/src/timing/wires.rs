//! The wires between machines: `valid` and `ready` of every channel, and how long they were what.

use super::control::{Control, Ports, Tick};
use crate::bitset::BitSet;
use crate::blocks::Machine;

/// A stream, or an AXI end of the design.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    /// Machines at both ends.
    pub producer: usize,
    pub consumer: usize,
    pub valid: bool,
    pub ready: bool,
    /// Handshakes up to `since`.
    beats: u64,
    /// Cycles in which a beat waited for the consumer, up to `since`.
    stalled: u64,
    /// Cycles in which the consumer waited for a beat, up to `since`.
    starved: u64,
    /// The cycle in which `valid` or `ready` took its value.
    since: u64,
}

impl Channel {
    /// A channel on which nothing happens yet.
    pub fn new(producer: usize, consumer: usize) -> Self {
        Channel { producer, consumer, valid: false, ready: false, beats: 0, stalled: 0, starved: 0, since: 0 }
    }

    /// Accounts for the cycles before `cycle`.
    fn settle(&mut self, cycle: u64) {
        let cycles = cycle - self.since;
        self.since = cycle;
        match (self.valid, self.ready) {
            (true, true) => self.beats += cycles,
            (true, false) => self.stalled += cycles,
            (false, true) => self.starved += cycles,
            (false, false) => {}
        }
    }

    /// Whether a handshake happens in the present cycle.
    #[inline]
    fn fires(&self) -> bool {
        self.valid && self.ready
    }

    /// Handshakes before `cycle`, the present one.
    #[inline]
    pub fn beats(&self, cycle: u64) -> u64 {
        self.beats + if self.fires() { cycle - self.since } else { 0 }
    }

    /// Beats, stalled and starved cycles, where settled.
    pub fn counts(&self) -> [u64; 3] {
        [self.beats, self.stalled, self.starved]
    }
}

/// All channels, and who shakes hands in the present cycle.
#[derive(Clone, Debug)]
pub(crate) struct Wires {
    pub channels: Vec<Channel>,
    /// Channels that do.
    pub fired: BitSet,
    /// Machines at their ends.
    pub busy: BitSet,
    /// At how many of its channels each machine does.
    handshakes: Vec<u32>,
}

impl Wires {
    /// Wires over these channels between so many machines, all low.
    pub fn new(channels: Vec<Channel>, machines: usize) -> Self {
        let (fired, busy) = (BitSet::new(channels.len()), BitSet::new(machines));
        Wires { channels, fired, busy, handshakes: vec![0; machines] }
    }

    /// Takes over what a machine drives from `cycle` on: `valid` of its outputs and, unless it has several
    /// inputs, `ready` of its input.
    #[inline]
    pub fn drive(&mut self, tick: Tick, machine: &Machine, ports: &Ports, cycle: u64) {
        if let [channel, others @ ..] = &ports.outputs[..] {
            self.set(*channel, tick.valid, self.channels[*channel].ready, cycle);
            for (port, channel) in (1..).zip(others) {
                self.set(*channel, machine.valid(port), self.channels[*channel].ready, cycle);
            }
        }
        if let [channel] = ports.inputs[..] {
            self.set(channel, self.channels[channel].valid, tick.ready, cycle);
        }
    }

    /// Takes over `ready` of a machine of several inputs, after all `valid` are there.
    pub fn drive_join(&mut self, machine: &Machine, ports: &Ports, cycle: u64) {
        for (port, channel) in ports.inputs.iter().enumerate() {
            let others_valid = ports.inputs.iter().all(|c| c == channel || self.channels[*c].valid);
            let valid = self.channels[*channel].valid;
            self.set(*channel, valid, machine.ready(port, others_valid), cycle);
        }
    }

    #[inline]
    fn set(&mut self, i: usize, valid: bool, ready: bool, cycle: u64) {
        let channel = &mut self.channels[i];
        if (channel.valid, channel.ready) == (valid, ready) {
            return;
        }
        let fired = channel.fires();
        channel.settle(cycle);
        (channel.valid, channel.ready) = (valid, ready);
        let (fires, ends) = (channel.fires(), [channel.producer, channel.consumer]);
        if fires != fired {
            self.fired.set(i, fires);
            ends.into_iter().for_each(|machine| self.shake(machine, fires));
        }
    }

    /// Counts a channel of a machine that begins or ceases to shake hands.
    #[inline]
    fn shake(&mut self, machine: usize, begins: bool) {
        let count = &mut self.handshakes[machine];
        *count = if begins { *count + 1 } else { *count - 1 };
        self.busy.set(machine, *count > 0);
    }

    /// Brings the counts of beats, stalled and starved cycles up to `cycle`.
    pub fn settle(&mut self, cycle: u64) {
        self.channels.iter_mut().for_each(|channel| channel.settle(cycle));
    }

    /// Goes on as if `cycles` cycles had passed, in which the counts grew by `growth` (beats, stalled,
    /// starved) each. Counts must have been settled at the present cycle.
    pub fn skip(&mut self, cycles: u64, growth: impl Fn(usize) -> [u64; 3]) {
        for (i, channel) in self.channels.iter_mut().enumerate() {
            let [beats, stalled, starved] = growth(i);
            channel.beats += beats;
            channel.stalled += stalled;
            channel.starved += starved;
            channel.since += cycles;
        }
    }
}
