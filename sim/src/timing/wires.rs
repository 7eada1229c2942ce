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
    /// Handshakes so far.
    pub beats: u64,
    /// Cycles in which a beat waited for the consumer, up to `since`.
    pub stalled: u64,
    /// Cycles in which the consumer waited for a beat, up to `since`.
    pub starved: u64,
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
            (true, false) => self.stalled += cycles,
            (false, true) => self.starved += cycles,
            _ => {}
        }
    }
}

/// All channels, and the set of those that shake hands in the present cycle.
#[derive(Clone, Debug)]
pub(crate) struct Wires {
    pub channels: Vec<Channel>,
    pub fired: BitSet,
}

impl Wires {
    /// Wires over these channels, all low.
    pub fn new(channels: Vec<Channel>) -> Self {
        Wires { fired: BitSet::new(channels.len()), channels }
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
        channel.settle(cycle);
        (channel.valid, channel.ready) = (valid, ready);
        self.fired.set(i, valid && ready);
    }

    /// Counts the handshakes of the present cycle and puts the machines at both ends into `active`.
    #[inline]
    pub fn count(&mut self, active: &mut BitSet) {
        for i in self.fired.iter() {
            let channel = &mut self.channels[i];
            channel.beats += 1;
            active.set(channel.producer, true);
            active.set(channel.consumer, true);
        }
    }

    /// Brings the counts of stalled and starved cycles up to `cycle`.
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
