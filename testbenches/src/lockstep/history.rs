//! The last cycles of both sides.

use mpqc_sim::trace::Beat;
use std::collections::VecDeque;

/// Both sides of all watches in one cycle.
pub(super) struct Moment {
    pub cycle: u64,
    pub rtl: Vec<Beat>,
    pub sim: Vec<Beat>,
}

/// A ring of moments.
pub(super) struct History {
    moments: VecDeque<Moment>,
    depth: usize,
}

/// Words of data that the history may hold, over all moments: 32 MiB.
const MAX_WORDS: usize = 8 << 20;

/// No more moments than this are worth looking at.
const MAX_MOMENTS: usize = 4096;

impl History {
    /// A history for samples of `words` words a side.
    pub fn new(words: usize) -> Self {
        History { moments: VecDeque::new(), depth: (MAX_WORDS / (2 * words.max(1))).clamp(16, MAX_MOMENTS) }
    }

    pub fn record(&mut self, cycle: u64, rtl: &[Beat], sim: &[Beat]) {
        let mut moment = match self.moments.len() == self.depth {
            true => self.moments.pop_front(),
            false => None,
        }
        .unwrap_or_else(|| Moment { cycle, rtl: rtl.to_vec(), sim: sim.to_vec() });
        moment.cycle = cycle;
        moment.rtl.clone_from_slice(rtl);
        moment.sim.clone_from_slice(sim);
        self.moments.push_back(moment);
    }

    pub fn moments(&self) -> impl Iterator<Item = &Moment> {
        self.moments.iter()
    }
}
