//! What drives a design from outside: sources before its inputs, sinks behind its outputs.

use super::control::{Control, Handshakes};
use crate::Stalls;

/// Offers `left` more beats.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    left: u64,
    offers: bool,
    jitter: Option<Jitter>,
}

/// Takes beats.
#[derive(Clone, Debug)]
pub(crate) struct Sink {
    ready: bool,
    jitter: Option<Jitter>,
}

impl Source {
    /// Will offer `beats` beats at port `port`.
    pub fn new(beats: u64, port: usize, stalls: Stalls) -> Self {
        let jitter = Jitter::new(stalls, 2 * port as u64);
        let mut source = Source { left: beats, offers: false, jitter };
        source.offer();
        source
    }

    /// Forgets `beats` beats, as if they had been taken.
    pub fn skip(&mut self, beats: u64) {
        self.left -= beats;
    }

    /// Offers beats without end, if it may run out by now but has not yet missed one.
    pub fn refill(&mut self) {
        self.left = u64::MAX;
        self.offers |= self.jitter.is_none();
    }

    /// Offers `beats` more beats from now on.
    pub fn grant(&mut self, beats: u64) {
        self.left += beats;
        self.offers |= self.jitter.is_none();
    }

    fn offer(&mut self) {
        let wants = self.jitter.as_mut().is_none_or(Jitter::goes);
        self.offers = self.left > 0 && (self.offers || wants);
    }
}

impl Control for Source {
    fn valid(&self, _: usize) -> bool {
        self.offers
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        false
    }

    fn clock(&mut self, handshakes: Handshakes<'_>) {
        if handshakes.popped(0) {
            self.left -= 1;
            self.offers = false;
        }
        self.offer();
    }

    fn settled(&self) -> bool {
        self.jitter.is_none() || self.left == 0
    }

    fn state(&self, _: &mut Vec<u64>) {}
}

impl Sink {
    /// Takes beats at port `port`.
    pub fn new(port: usize, stalls: Stalls) -> Self {
        let mut jitter = Jitter::new(stalls, 2 * port as u64 + 1);
        Sink { ready: jitter.as_mut().is_none_or(Jitter::goes), jitter }
    }
}

impl Control for Sink {
    fn valid(&self, _: usize) -> bool {
        false
    }

    fn ready(&self, _: usize, _: bool) -> bool {
        self.ready
    }

    fn clock(&mut self, _: Handshakes<'_>) {
        self.ready = self.jitter.as_mut().is_none_or(Jitter::goes);
    }

    fn settled(&self) -> bool {
        self.jitter.is_none()
    }

    fn state(&self, _: &mut Vec<u64>) {}
}

/// Random bits in phases of different probability: long silences and long bursts reach states that
/// independent bits never do (queues that run full or empty).
#[derive(Clone, Debug)]
struct Jitter {
    /// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
    state: u64,
    /// Cycles left of the phase.
    phase: u64,
    /// Probability of `true`, in 256ths.
    chance: u64,
}

impl Jitter {
    /// Probabilities of the phases, in 256ths: never, rarely, half, mostly, always.
    const CHANCES: [u64; 5] = [0, 32, 128, 224, 256];
    /// A phase lasts between one cycle and one of these.
    const LENGTHS: [u64; 4] = [4, 16, 64, 256];
    /// One phase of sixteen may be as long as this: it fills what lies between two slow blocks.
    const LONGEST: u64 = 1024;

    fn new(stalls: Stalls, stream: u64) -> Option<Jitter> {
        let Stalls::Random { seed } = stalls else { return None };
        let mut jitter = Jitter { state: seed, phase: 0, chance: 0 };
        let mixed = jitter.bits() ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93);
        Some(Jitter { state: mixed, ..jitter })
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next random bit.
    fn goes(&mut self) -> bool {
        let bits = self.bits();
        if self.phase == 0 {
            let length = Self::LENGTHS[(bits >> 8) as usize % Self::LENGTHS.len()];
            let longest = if (bits >> 12).is_multiple_of(16) { Self::LONGEST } else { length };
            self.phase = 1 + (bits >> 16) % longest;
            self.chance = Self::CHANCES[(bits >> 32) as usize % Self::CHANCES.len()];
        }
        self.phase -= 1;
        bits % 256 < self.chance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_has_silences_and_bursts_and_both_values_often() {
        let mut jitter = Jitter::new(Stalls::Random { seed: 3 }, 0).expect("random stalls have a jitter");
        let bits: Vec<bool> = (0..20_000).map(|_| jitter.goes()).collect();
        let longest = |value| bits.split(|b| *b != value).map(<[bool]>::len).max();
        assert!(longest(true) > Some(500) && longest(false) > Some(500));
        assert!((5_000..15_000).contains(&bits.iter().filter(|b| **b).count()));
    }

    #[test]
    fn ports_stall_independently() {
        let run = |port| {
            let mut sink = Sink::new(port, Stalls::Random { seed: 1 });
            let jitter = sink.jitter.as_mut().expect("random stalls have a jitter");
            (0..200).map(|_| jitter.goes()).collect::<Vec<_>>()
        };
        assert_ne!(run(0), run(1));
    }
}
