//! The loop over cycles.

use super::history::History;
use super::{Lockstep, LockstepError, Mismatch, Report, waves};
use crate::verilator::Model;
use mpqc_sim::timing::Engine;
use mpqc_sim::trace::{Beat, Source, Trace};

/// Cycles of reset before cycle 0.
const RESET_CYCLES: usize = 4;

/// Cycles after the last frame in which nothing more may come out.
const DRAIN_CYCLES: u64 = 32;

/// Cycles without any handshake that count as a deadlock; random stalls are far shorter.
const MAX_IDLE: u64 = 200_000;

/// Cycles between two reports of progress.
const PROGRESS_STEP: u64 = 1 << 14;

/// A run in progress.
struct Run<'a> {
    job: &'a Lockstep<'a>,
    model: Model,
    expected: Trace<'a>,
    sample: Vec<u32>,
    rtl: Vec<Beat>,
    history: History,
    handshakes: u64,
    idle: u64,
}

pub(super) fn run(job: &Lockstep, mut model: Model, progress: &dyn Fn(u64)) -> Result<Report, LockstepError> {
    model.reset(RESET_CYCLES)?;
    let engine = Engine::new(job.design, job.stalls, job.frames.len() as u64);
    let expected = Trace::new(job.design, engine, job.frames);
    let (rtl, sample) = (expected.beats().to_vec(), vec![0; model.sample_words()]);
    let history = History::new(sample.len());
    let mut run = Run { job, model, expected, sample, rtl, history, handshakes: 0, idle: 0 };
    let mut drained = 0;
    let mut mismatch = None;
    while drained < DRAIN_CYCLES && mismatch.is_none() {
        drained += u64::from(run.expected.engine.done());
        mismatch = run.cycle()?;
        if run.expected.engine.cycle().is_multiple_of(PROGRESS_STEP) {
            progress(run.expected.engine.cycle());
        }
    }
    if let (Some(_), Some(folder)) = (&mismatch, &job.waves) {
        waves::write(folder, job.design, run.expected.watches(), &run.history)?;
    }
    Ok(Report {
        frames: job.frames.len(),
        cycles: run.expected.engine.cycle(),
        streams: run.expected.watches().len(),
        handshakes: run.handshakes,
        mismatch,
    })
}

impl Run<'_> {
    /// One cycle of both sides; the difference, if there is one.
    fn cycle(&mut self) -> Result<Option<Mismatch>, LockstepError> {
        self.drive();
        self.model.settle()?;
        self.model.sample(&mut self.sample);
        self.unpack();
        self.history.record(self.expected.engine.cycle(), &self.rtl, self.expected.beats());
        if let Some((at, what)) = self.difference() {
            return Ok(Some(Mismatch::new(
                self.job.design,
                self.expected.watches(),
                at,
                what,
                &self.history,
            )));
        }
        self.count()?;
        self.model.tick()?;
        self.expected.advance();
        Ok(None)
    }

    /// The simulator's sources and sinks onto the pins. Idle pins lie, so that a design that looks at them without `valid` shows
    /// it: data is ones, `tlast` the opposite of what the next beat has.
    fn drive(&mut self) {
        let mut port = 0;
        let (mut sinks, sources) = (Vec::new(), self.expected.watches().iter().zip(self.expected.beats()));
        for (watch, beat) in sources {
            match watch.source {
                Source::Input(_) => {
                    let idle = vec![u32::MAX; beat.data.len()];
                    let last = self.expected.is_last(watch) == beat.valid;
                    self.model.set(port, &[u32::from(beat.valid)]);
                    self.model.set(port + 1, if beat.valid { &beat.data } else { &idle });
                    self.model.set(port + 2, &[u32::from(last)]);
                    port += 3;
                }
                Source::Output(_) => sinks.push(beat.ready),
                Source::Inside(_) => {}
            }
        }
        for (i, ready) in sinks.into_iter().enumerate() {
            self.model.set(port + i, &[u32::from(ready)]);
        }
    }

    fn unpack(&mut self) {
        for (i, beat) in self.rtl.iter_mut().enumerate() {
            let at = |probe: usize| self.model.offset(3 * i + probe);
            beat.valid = self.sample[at(0)] & 1 == 1;
            beat.ready = self.sample[at(1)] & 1 == 1;
            let words = beat.data.len();
            beat.data.copy_from_slice(&self.sample[at(2)..at(2) + words]);
        }
    }

    fn difference(&self) -> Option<(usize, String)> {
        let pairs = self.rtl.iter().zip(self.expected.beats()).enumerate();
        let mut found =
            pairs.filter_map(|(i, (rtl, sim))| what_differs(rtl, sim).map(|what| (i, what.to_owned())));
        found.next().or_else(|| self.last_differs())
    }

    /// `tlast` on the AXI outputs, and the sticky error of the inputs.
    fn last_differs(&self) -> Option<(usize, String)> {
        let mut probe = 3 * self.expected.watches().len();
        for (i, watch) in
            self.expected.watches().iter().enumerate().filter(|(_, w)| matches!(w.source, Source::Output(_)))
        {
            let last = self.sample[self.model.offset(probe)] & 1 == 1;
            if self.expected.beats()[i].valid && last != self.expected.is_last(watch) {
                return Some((i, "tlast".into()));
            }
            probe += 1;
        }
        let error = self.sample[self.model.offset(probe)] & 1 == 1;
        error.then(|| (0, "tlast_error, which rose although every frame ended with tlast".into()))
    }

    fn count(&mut self) -> Result<(), LockstepError> {
        let moved = self.expected.beats().iter().filter(|b| b.valid && b.ready).count() as u64;
        self.handshakes += moved;
        self.idle = if moved > 0 || self.expected.engine.done() { 0 } else { self.idle + 1 };
        if self.idle < MAX_IDLE {
            return Ok(());
        }
        let offered = self.expected.watches().iter().zip(self.expected.beats()).filter(|(_, b)| b.valid);
        let waiting = offered.map(|(w, _)| w.name.as_str()).collect::<Vec<_>>().join(", ");
        Err(LockstepError::Deadlock { idle: self.idle, cycle: self.expected.engine.cycle(), waiting })
    }
}

fn what_differs(rtl: &Beat, sim: &Beat) -> Option<&'static str> {
    if rtl.valid != sim.valid {
        return Some("valid");
    }
    if rtl.ready != sim.ready {
        return Some("ready");
    }
    (sim.valid && rtl.data != sim.data).then_some("data")
}
