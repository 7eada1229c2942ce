//! Steady state: without stalls a design is a finite deterministic machine, so once its state at the end of
//! a frame was there before, all that follows repeats.

use super::engine::Engine;
use std::collections::HashMap;

/// The states at the ends of frames so far.
#[derive(Debug, Default)]
pub(super) struct Steady {
    seen: HashMap<Vec<u64>, Snapshot>,
}

#[derive(Debug)]
struct Snapshot {
    frame: u64,
    cycle: u64,
    counts: Vec<[u64; 3]>,
}

/// A stretch of a run that repeats exactly while no source runs out.
#[derive(Debug)]
pub(super) struct Period {
    pub frames: u64,
    pub cycles: u64,
    /// Growth of every channel's counts: beats, stalled, starved.
    growth: Vec<[u64; 3]>,
}

impl Steady {
    /// Frames after which a period is no longer looked for; states are kept until then.
    pub const MAX_FRAMES: u64 = 4096;

    /// Looks at the state after `frame` completed frames; the period, if the state was there before.
    pub fn visit(&mut self, engine: &mut Engine, frame: u64) -> Option<Period> {
        if frame > Self::MAX_FRAMES || engine.beats_left().contains(&0) {
            return None;
        }
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
    /// Repeats the period as often as no source runs out in it; how many frames that were.
    pub fn repeat(&self, engine: &mut Engine) -> u64 {
        let sources = engine.beats_left().into_iter().zip(&engine.inputs);
        let times =
            sources.filter_map(|(left, (channel, _))| (left - 1).checked_div(self.growth[*channel][0]));
        let times = times.min().unwrap_or(0);
        engine.skip(self.cycles * times, |channel| self.growth[channel].map(|count| count * times));
        self.frames * times
    }
}
