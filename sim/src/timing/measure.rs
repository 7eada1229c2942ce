//! Measurement of a whole run.

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
    #[error("deadlock: no handshake in the {quiet} cycles before cycle {cycle}; {}", waiting.join(", "))]
    Deadlock {
        /// The cycle in which the run was given up.
        cycle: u64,
        /// Cycles without a handshake.
        quiet: u64,
        /// Who waits for whom, one sentence a block.
        waiting: Vec<String>,
    },
}

/// Runs `frames` frames and says how many cycles everything took.
///
/// Without stalls the run is stepped until its state repeats at the end of a frame; the frames from there to
/// the last ones, in which the sources have run out, are extrapolated, which is exact.
///
/// # Errors
/// [`TimingError::Deadlock`] where nothing moves any more.
pub fn measure(design: &Design, frames: u64, stalls: Stalls) -> Result<Timing, TimingError> {
    let mut run = Run::new(design, stalls, frames);
    let mut period = None;
    let mut steady = Steady::default();
    while !run.engine.done() {
        let completes = run.step()?;
        if completes && period.is_none() && stalls == Stalls::None {
            period = steady.visit(&mut run.engine, run.completed);
            run.completed += period.as_ref().map_or(0, |period| period.repeat(&mut run.engine));
        }
    }
    let cycles_per_frame = match (stalls, period) {
        (Stalls::Random { .. }, _) => run.mean_distance(),
        (Stalls::None, Some(period)) => per_frame(&period),
        (Stalls::None, None) => steady_distance(design)?,
    };
    Ok(run.report(cycles_per_frame))
}

/// Cycles per frame without stalls and without end.
fn steady_distance(design: &Design) -> Result<u64, TimingError> {
    let mut run = Run::new(design, Stalls::None, u64::MAX);
    let mut steady = Steady::default();
    while run.completed < Steady::MAX_FRAMES {
        if run.step()?
            && let Some(period) = steady.visit(&mut run.engine, run.completed)
        {
            return Ok(per_frame(&period));
        }
    }
    Ok(run.mean_distance())
}

fn per_frame(period: &Period) -> u64 {
    period.cycles.div_ceil(period.frames)
}

/// A run under way.
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

    fn watch_offer(&mut self) {
        if self.offered.is_none() && (0..self.engine.inputs.len()).any(|port| self.engine.input_valid(port)) {
            self.offered = Some(self.engine.cycle());
        }
    }

    /// One cycle; whether a frame completes in it.
    fn step(&mut self) -> Result<bool, TimingError> {
        self.quiet = if self.engine.shakes_hands() { 0 } else { self.quiet + 1 };
        if self.quiet > Self::QUIET {
            return Err(self.deadlock());
        }
        self.engine.advance();
        self.watch_offer();
        let completes = self.engine.has_completed(self.completed + 1);
        if completes {
            self.completed += 1;
            self.latest = self.engine.cycle();
            self.first = if self.completed == 1 { self.latest } else { self.first };
        }
        Ok(completes)
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
