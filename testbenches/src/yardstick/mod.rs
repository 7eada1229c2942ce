//! How fast the simulator is, with Verilator as the yardstick: same design, same stimulus, no traces.
//!
//! Verilator runs the frames once, its wires as private as its optimizer likes them, with the flags that simulate fastest
//! ([`Tuning::FastRun`](crate::verilator::Tuning::FastRun)). The simulator runs them as often as it takes for a stable figure, in one run of
//! function and timing. Outputs, cycles and latency of both are compared: a race between two that do different things
//! says nothing.

mod clock;
mod rtl;

pub use clock::{Seconds, timed};

use crate::lockstep::LockstepError;
use crate::verilator::Verilator;
use mpqc_ir::design::Design;
use mpqc_sim::Stalls;
use mpqc_sim::function::Evaluator;
use mpqc_sim::timing::{TimingError, measure};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A race between the simulator and Verilator.
pub struct Race<'a> {
    /// The design.
    pub design: &'a Design,
    /// Its folder, with `rtl/` and `mem/`.
    pub folder: &'a Path,
    /// Its Verilog files.
    pub files: Vec<PathBuf>,
    /// Integers of every input port in stream order, frame by frame: all that Verilator runs.
    pub frames: &'a [Vec<Vec<i64>>],
    /// Processor time that the simulator runs for, at least.
    pub seconds: f64,
}

/// How it went.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Frames that the simulator ran.
    pub frames: u64,
    /// Frames that Verilator ran.
    pub verilator_frames: u64,
    /// Cycles that Verilator ran, from reset through the last beat of the last frame.
    pub verilator_cycles: u64,
    /// The simulator's processor time for its frames: function, and exact cycles of all of them.
    pub ours_cpu_s: f64,
    /// And its wall time, on all cores.
    pub ours_wall_s: f64,
    /// Of the processor time, that of the timing.
    pub ours_timing_cpu_s: f64,
    /// Verilator's processor time for its frames.
    pub verilator_cpu_s: f64,
    /// And its wall time.
    pub verilator_wall_s: f64,
    /// Wall time of building Verilator's model (near zero from the cache).
    pub verilator_build_s: f64,
    /// The simulator's processor time a frame.
    pub ours_cpu_s_per_frame: f64,
    /// Verilator's processor time a frame in the steady state: that of a cycle, times the cycles of a frame. Filling the
    /// pipeline is not counted.
    pub verilator_cpu_s_per_frame: f64,
    /// Verilator's processor time per frame ÷ the simulator's.
    pub ratio: f64,
    /// The same for a run of as few frames as Verilator had, where nothing is gained from repetition.
    pub ratio_of_one_run: f64,
    /// Whether every output beat, the number of cycles and the latency were the same.
    pub equal: bool,
}

/// A race that had no end.
#[derive(Debug, thiserror::Error)]
pub enum RaceError {
    /// The RTL did not run.
    #[error(transparent)]
    Rtl(#[from] LockstepError),
    /// The simulator found that nothing moves.
    #[error(transparent)]
    Timing(#[from] TimingError),
}

/// What the simulator did.
struct Ours {
    frames: u64,
    total: Seconds,
    timing: Seconds,
    one_run: Seconds,
    outputs: Vec<Vec<Vec<i64>>>,
    cycles: u64,
    latency: u64,
    cycles_per_frame: u64,
}

impl Race<'_> {
    /// Runs both.
    ///
    /// # Errors
    /// Where Verilator or the compiler fails, or nothing moves.
    pub fn run(&self, verilator: &Verilator, progress: &dyn Fn(&str)) -> Result<Figures, RaceError> {
        progress("simulator");
        let ours = self.ours()?;
        progress("building Verilator's model");
        let (model, build) = timed(|| rtl::model(self, verilator));
        progress("Verilator");
        let (rtl, verilator) = {
            let mut model = model.map_err(LockstepError::from)?;
            let stimulus = rtl::Stimulus::new(self);
            let (run, seconds) = timed(|| rtl::run(&mut model, &stimulus));
            (run?, seconds)
        };
        let equal = rtl.beats == rtl::packed_outputs(self.design, &ours.outputs)
            && (rtl.cycles, rtl.latency) == (ours.cycles, ours.latency);
        Ok(self.figures(&ours, &rtl, verilator, build, equal))
    }

    fn figures(&self, ours: &Ours, rtl: &rtl::Run, it: Seconds, build: Seconds, equal: bool) -> Figures {
        let ours_frame = ours.total.cpu / ours.frames as f64;
        let rtl_frame = it.cpu / rtl.cycles as f64 * ours.cycles_per_frame as f64;
        Figures {
            frames: ours.frames,
            verilator_frames: self.frames.len() as u64,
            verilator_cycles: rtl.cycles,
            ours_cpu_s: ours.total.cpu,
            ours_wall_s: ours.total.wall,
            ours_timing_cpu_s: ours.timing.cpu,
            verilator_cpu_s: it.cpu,
            verilator_wall_s: it.wall,
            verilator_build_s: build.wall,
            ours_cpu_s_per_frame: ours_frame,
            verilator_cpu_s_per_frame: rtl_frame,
            ratio: rtl_frame / ours_frame,
            ratio_of_one_run: it.cpu / ours.one_run.cpu,
            equal,
        }
    }

    /// Frames that the simulator is given at once.
    const BATCH: usize = 64;

    /// The simulator: all frames, again and again, then the cycles of as many.
    fn ours(&self) -> Result<Ours, TimingError> {
        let given = self.frames.len() as u64;
        let (first, one_run) = timed(|| {
            let outputs = Evaluator::new(self.design).batch(self.frames);
            measure(self.design, given, Stalls::None).map(|timing| (outputs, timing))
        });
        let (outputs, timing) = first?;
        let (mut total_timing, mut frames) = (Seconds::default(), 0);
        let many: Vec<_> =
            self.frames.iter().cycle().take(Self::BATCH.max(self.frames.len())).cloned().collect();
        let (measured, total) = timed(|| {
            let evaluator = Evaluator::new(self.design);
            let begin = std::time::Instant::now();
            while frames == 0 || begin.elapsed().as_secs_f64() < self.seconds {
                drop(evaluator.batch(&many));
                frames += many.len() as u64;
            }
            let (measured, seconds) = timed(|| measure(self.design, frames, Stalls::None));
            total_timing = seconds;
            measured
        });
        Ok(Ours {
            frames,
            total,
            timing: total_timing,
            one_run,
            outputs,
            cycles: timing.cycles,
            latency: timing.latency_cycles,
            cycles_per_frame: measured?.cycles_per_frame,
        })
    }
}
