//! Steady state: without stalls a design is a finite deterministic machine, so once its state was there before, all
//! that follows repeats.

use super::engine::Engine;
use std::collections::HashMap;

/// The states at checkpoints so far: several in a frame, at fixed counts of beats of the first output.
#[derive(Clone, Debug)]
pub(super) struct Steady {
    seen: HashMap<Vec<u64>, Snapshot>,
    /// Beats of a frame.
    frame: u64,
    /// Beats between checkpoints.
    stride: u64,
    /// Beats at the next checkpoint.
    next: u64,
}

#[derive(Clone, Debug)]
struct Snapshot {
    frame: u64,
    cycle: u64,
    counts: Vec<[u64; 3]>,
}

/// A stretch of a run that repeats exactly while no source runs out.
#[derive(Clone, Debug)]
pub(super) struct Period {
    pub frames: u64,
    pub cycles: u64,
    /// Growth of every channel's counts: beats, stalled, starved.
    growth: Vec<[u64; 3]>,
}

impl Steady {
    /// Checkpoints of a frame: the more, the less is stepped beyond the first repetition.
    const CHECKPOINTS: u64 = 16;
    /// States that are kept with that many of a frame; then one at the end of each.
    const FINE: usize = 1024;
    /// States after which a period is no longer looked for.
    const MAX_STATES: usize = 4096;
    /// Cycles after which it is not: those of a large design in which a memory fills by a few beats a frame.
    const MAX_CYCLES: u64 = 1 << 26;

    /// Before the first cycle of a run.
    pub fn new(engine: &Engine) -> Self {
        let frame = engine.outputs.first().map_or(1, |(_, beats)| *beats);
        let stride = frame.div_ceil(Self::CHECKPOINTS);
        Steady { seen: HashMap::new(), frame, stride, next: stride }
    }

    /// Whether looking any longer is given up.
    #[inline]
    pub fn gives_up(&self, engine: &Engine) -> bool {
        self.seen.len() >= Self::MAX_STATES || engine.cycle() >= Self::MAX_CYCLES
    }

    /// Looks at the state after a cycle in which `completed` frames were complete; the period, if this is a checkpoint
    /// whose state was there before.
    #[inline]
    pub fn visit(&mut self, engine: &mut Engine, completed: u64) -> Option<Period> {
        let beats = engine.outputs.first().map_or(0, |(channel, _)| engine.passed(*channel));
        if beats < self.next || self.gives_up(engine) || engine.ends() {
            return None;
        }
        let stride = if self.seen.len() < Self::FINE { self.stride } else { self.frame };
        self.next = (beats + stride).min((beats / self.frame + 1) * self.frame);
        self.compare(engine, completed)
    }

    fn compare(&mut self, engine: &mut Engine, frame: u64) -> Option<Period> {
        let now = Snapshot { frame, cycle: engine.cycle(), counts: engine.counts() };
        let state = engine.state(frame);
        let Some(then) = self.seen.get(&state) else {
            self.seen.insert(state, now);
            return None;
        };
        let growth =
            now.counts.iter().zip(&then.counts).map(|(n, t)| [n[0] - t[0], n[1] - t[1], n[2] - t[2]]);
        let (frames, cycles) = (frame - then.frame, now.cycle - then.cycle);
        tracing::debug!(frame, frames, cycles, "steady state");
        Some(Period { frames, cycles, growth: growth.collect() })
    }
}

impl Period {
    /// Repeats the period as often as no source runs out in it and the last frame does not end; how many frames that
    /// were.
    pub fn repeat(&self, engine: &mut Engine) -> u64 {
        let ends = engine.beats_left();
        let times = ends.filter_map(|(channel, left)| (left - 1).checked_div(self.growth[channel][0]));
        let times = times.min().unwrap_or(0);
        engine.skip(self.cycles * times, |channel| self.growth[channel].map(|count| count * times));
        self.frames * times
    }
}
