//! A frame every so many cycles.
//!
//! A design whose sources run freely fills its memories little by little wherever a block is a trifle faster than the
//! next, so that its state repeats only after hundreds of frames. Sources that offer a frame every `period` cycles
//! and no sooner show soon whether the design keeps up: frames leave it at the same pace. (In a timed event graph,
//! a source no faster than the slowest cycle sets the pace of all: Baccelli, Cohen, Olsder, Quadrat,
//! "Synchronization and Linearity", 1992.)

use super::control::{Control, Occupancy};
use super::engine::Engine;
use crate::Stalls;
use mpqc_ir::design::Design;

/// Whether a design keeps up.
pub(crate) enum Pace {
    /// Frames leave it as they enter.
    Kept {
        /// Frames until then.
        frames: u64,
        /// How full its memories were, by node.
        occupancies: Vec<Option<Occupancy>>,
    },
    /// They do not.
    Missed {
        /// Cycles between the last two frames that left it; `None` where fewer than two did.
        distance: Option<u64>,
    },
}

/// Distances of frames that must be equal for the pace to be known.
const EVEN: usize = 3;

/// Runs a design with a frame every `period` cycles until frames leave it evenly, for at most `limit` frames.
pub(crate) fn pace(design: &Design, period: u64, limit: u64) -> Pace {
    let mut engine = Engine::new(design, Stalls::None, 1);
    let mut left = Vec::new();
    for frame in 1..=limit {
        while engine.cycle() < frame * period {
            engine.advance();
            if engine.has_completed(left.len() as u64 + 1) {
                left.push(engine.cycle());
            }
        }
        match even_distance(&left) {
            Some(distance) if distance <= period => {
                let occupancy = |node| engine.machine(node).occupancy();
                let occupancies = design.graph.node_indices().map(occupancy).collect();
                return Pace::Kept { frames: frame, occupancies };
            }
            Some(distance) => return Pace::Missed { distance: Some(distance) },
            None => engine.grant_frame(),
        }
    }
    let last = left.last_chunk::<2>();
    Pace::Missed { distance: last.map(|[before, last]| last - before) }
}

/// The distance of the last frames, once it no longer changes.
fn even_distance(left: &[u64]) -> Option<u64> {
    let last: Vec<u64> = left.windows(2).rev().take(EVEN).map(|pair| pair[1] - pair[0]).collect();
    (last.len() == EVEN && last.iter().all(|d| *d == last[0])).then(|| last[0])
}
