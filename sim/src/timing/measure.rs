//! Measurement of a whole run.

use super::control::{Control, Occupancy};
use super::engine::Engine;
use super::report::{Timing, observe};
use super::steady::{Period, Steady};
use crate::Stalls;
use mpqc_ir::design::Design;
use petgraph::graph::NodeIndex;

/// Why a run has no end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimingError {
    /// Work is left and nothing moves.
    #[error("deadlock: no handshake from cycle {} on; {}", cycle - quiet + 1, waiting.join(", "))]
    Deadlock {
        /// The cycle in which the run was given up.
        cycle: u64,
        /// Cycles without a handshake, up to this one.
        quiet: u64,
        /// Who waits for whom, one sentence a block.
        waiting: Vec<String>,
    },
}

/// Runs `frames` frames and says how many cycles everything took.
///
/// Without stalls the run is stepped until its state repeats; the frames from there to the last ones, in which the
/// sources have run out, are extrapolated, which is exact.
///
/// # Errors
/// [`TimingError::Deadlock`] where nothing moves any more.
pub fn measure(design: &Design, frames: u64, stalls: Stalls) -> Result<Timing, TimingError> {
    let mut run = Run::new(design, stalls, frames);
    let rate = match stalls {
        Stalls::None => Some(run.find_rate()?),
        Stalls::Random { .. } => None,
    };
    while !run.engine.done() {
        run.step()?;
    }
    let cycles_per_frame = rate.map_or_else(|| run.mean_distance(), Rate::cycles_per_frame);
    Ok(run.report(cycles_per_frame))
}

/// The rate of a design without stalls and without end, and how full its memories were until it was found: everything
/// after that repeats.
pub(crate) fn steady_rate(design: &Design) -> Result<(Rate, Vec<Option<Occupancy>>), TimingError> {
    let mut run = Run::new(design, Stalls::None, u64::MAX);
    let mut steady = Steady::new(&run.engine);
    let rate = run.endless_rate(&mut steady)?;
    Ok((rate, design.graph.node_indices().map(|node| run.engine.machine(node).occupancy()).collect()))
}

/// Frames in cycles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    frames: u64,
    cycles: u64,
}

impl Rate {
    fn of(period: &Period) -> Rate {
        Rate { frames: period.frames, cycles: period.cycles }
    }

    /// Faster than anything.
    pub fn unlimited() -> Rate {
        Rate { frames: 1, cycles: 0 }
    }

    /// Whether it is at least as fast.
    pub fn reaches(self, other: Rate) -> bool {
        let product = |cycles: u64, frames: u64| u128::from(cycles) * u128::from(frames);
        product(self.cycles, other.frames) <= product(other.cycles, self.frames)
    }

    /// Mean distance of frames, rounded up.
    fn cycles_per_frame(self) -> u64 {
        self.cycles.div_ceil(self.frames)
    }
}

/// A run under way.
#[derive(Clone)]
struct Run<'d> {
    design: &'d Design,
    engine: Engine,
    /// Frames that have left all outputs.
    completed: u64,
    /// Cycles in which the first and the latest of them did.
    first: u64,
    latest: u64,
    /// The cycle in which a source first offered a beat.
    offered: Option<u64>,
    /// Cycles since the last handshake.
    quiet: u64,
}

impl<'d> Run<'d> {
    /// Cycles without a handshake that mean deadlock: more than any pipeline is long, and than a random
    /// stall lasts.
    const QUIET: u64 = 10_000;

    fn new(design: &'d Design, stalls: Stalls, frames: u64) -> Self {
        let engine = Engine::new(design, stalls, frames);
        let mut run = Run { design, engine, completed: 0, first: 0, latest: 0, offered: None, quiet: 0 };
        run.watch_offer();
        run
    }

    /// Goes on without stalls until the rate is known, and over all periods that no source ends in.
    fn find_rate(&mut self) -> Result<Rate, TimingError> {
        let mut steady = Steady::new(&self.engine);
        if let Some(period) = self.until_steady(&mut steady)? {
            self.completed += period.repeat(&mut self.engine);
            return Ok(Rate::of(&period));
        }
        // From here on the end of the run would be felt.
        Run { engine: self.engine.clone().endless(), ..self.clone() }.endless_rate(&mut steady)
    }

    /// The rate if the sources have no end.
    fn endless_rate(&mut self, steady: &mut Steady) -> Result<Rate, TimingError> {
        let period = self.until_steady(steady)?;
        Ok(period
            .map_or_else(|| Rate { frames: 1, cycles: self.mean_distance() }, |period| Rate::of(&period)))
    }

    /// Steps until a period is found, the run ends at a source or a sink, or looking is given up.
    fn until_steady(&mut self, steady: &mut Steady) -> Result<Option<Period>, TimingError> {
        while !self.engine.ends() && !steady.gives_up(&self.engine) {
            self.step()?;
            if let Some(period) = steady.visit(&mut self.engine, self.completed) {
                return Ok(Some(period));
            }
        }
        Ok(None)
    }

    fn watch_offer(&mut self) {
        if self.offered.is_none() && (0..self.engine.inputs.len()).any(|port| self.engine.input_valid(port)) {
            self.offered = Some(self.engine.cycle());
        }
    }

    /// One cycle.
    fn step(&mut self) -> Result<(), TimingError> {
        self.quiet = if self.engine.shakes_hands() { 0 } else { self.quiet + 1 };
        if self.quiet > Self::QUIET || (self.quiet > 0 && self.engine.is_frozen()) {
            return Err(self.deadlock());
        }
        self.engine.advance();
        self.watch_offer();
        if self.engine.has_completed(self.completed + 1) {
            self.completed += 1;
            self.latest = self.engine.cycle();
            self.first = if self.completed == 1 { self.latest } else { self.first };
        }
        Ok(())
    }

    /// Mean distance between completions, rounded up; with fewer than two, the cycles so far.
    fn mean_distance(&self) -> u64 {
        match self.completed {
            0 | 1 => self.engine.cycle(),
            n => (self.latest - self.first).div_ceil(n - 1),
        }
    }

    fn report(mut self, cycles_per_frame: u64) -> Timing {
        self.engine.settle();
        let (blocks, streams, fifos) = observe(self.design, &self.engine);
        Timing {
            frames: self.completed,
            cycles: self.engine.cycle(),
            cycles_per_frame,
            latency_cycles: self.first.saturating_sub(self.offered.unwrap_or(0)),
            blocks,
            streams,
            fifos,
        }
    }

    fn deadlock(&self) -> TimingError {
        let waiting = self.design.graph.node_indices().filter_map(|node| self.waiting(node)).collect();
        TimingError::Deadlock { cycle: self.engine.cycle(), quiet: self.quiet, waiting }
    }

    /// For what a block waits: an offer that is not taken, or a missing beat while another is there.
    fn waiting(&self, node: NodeIndex) -> Option<String> {
        let ports = self.engine.ports(node);
        let channel = |c: &usize| &self.engine.wires.channels[*c];
        let name = |machine: usize| match self.design.graph.node_weight(NodeIndex::new(machine)) {
            Some(node) => node.name.as_str(),
            None => "an end of the design",
        };
        let of = &self.design.graph[node].name;
        if let Some(c) = ports.outputs.iter().map(channel).find(|c| c.valid && !c.ready) {
            return Some(format!("{of} waits for {} to take a beat", name(c.consumer)));
        }
        let offered = ports.inputs.iter().map(channel).any(|c| c.valid);
        let missing = ports.inputs.iter().map(channel).find(|c| !c.valid);
        let c = missing.filter(|_| offered)?;
        Some(format!("{of} waits for a beat of {}", name(c.producer)))
    }
}
