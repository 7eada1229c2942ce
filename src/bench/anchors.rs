//! Whole networks on the target of the published figures.

use super::Error;
use crate::pipeline;
use crate::synthesis::{self, Errors};
use mpqc_ir::design::{Design, Resources};
use mpqc_schedule::{Options, Schedule, schedule, targets};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The device of the figures.
pub const TARGET: &str = "ultra96";

/// LUTs that stay free for the shell around a design.
pub const RESERVE_LUT: u64 = 12_000;

/// What others reach on a network.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Name of the model, without its ending.
    pub network: String,
    /// Most cycles per frame that are good enough.
    pub bar: u64,
    /// What to reach for.
    pub reach: u64,
    /// Cycles per frame of the anchor.
    pub cycles: Option<u64>,
    /// Frames per second of the anchor, where its cycles are not known.
    pub fps: Option<f64>,
    /// Its LUTs, where they are known.
    pub lut: Option<u64>,
    /// Whose figure it is.
    pub source: String,
}

impl Anchor {
    /// How many times faster `cycles` per frame at `fps` is.
    fn ratio(&self, cycles: u64, fps: f64) -> Option<f64> {
        let by_cycles = self.cycles.map(|theirs| theirs as f64 / cycles.max(1) as f64);
        by_cycles.or(self.fps.map(|theirs| fps / theirs))
    }
}

/// A network's line.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The published figure.
    #[serde(flatten)]
    pub anchor: Anchor,
    /// Our cycles per frame.
    pub our_cycles: u64,
    /// Our frames per second at the target's clock.
    pub our_fps: f64,
    /// Ours over the anchor's: cycles, or frames per second where its cycles are not known.
    pub ratio: Option<f64>,
    /// What the scheduler predicts.
    pub predicted: Resources,
    /// What synthesis counts; `None` where it was not asked for.
    pub synthesized: Option<Resources>,
    /// How far apart they are.
    pub error: Option<Errors>,
    /// What the design may take.
    pub usable: Resources,
    /// Whether what is known of its resources (synthesized, else predicted) is within that.
    pub fits: bool,
    /// The resource of which the largest share is used.
    pub scarcest: &'static str,
    /// Seconds from the model file to the design, FIFO sizes included.
    pub schedule_seconds: f64,
}

impl Row {
    /// Whether it is within the bar and the device.
    pub fn is_good(&self) -> bool {
        self.fits && self.our_cycles <= self.anchor.bar
    }
}

/// The folder of the models: the one given, `$MPQC_SHARED/models`, or `../shared/models`.
///
/// # Errors
/// [`Error::NoModels`] where it is not there.
pub fn models(given: Option<&Path>) -> Result<PathBuf, Error> {
    let shared = || std::env::var_os("MPQC_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let folder = given.map_or_else(|| shared().join("models"), Path::to_path_buf);
    if folder.is_dir() { Ok(folder) } else { Err(Error::NoModels(folder)) }
}

/// Compiles a network for the target as fast as fits, and synthesizes it if told to.
///
/// # Errors
/// Where a stage of the road fails, or synthesis.
pub fn run(anchor: &Anchor, models: &Path, synthesize: bool) -> Result<Row, Error> {
    let started = Instant::now();
    let network = pipeline::import(&models.join(format!("{}.onnx", anchor.network)), Vec::new())?;
    let mut options = Options::new(targets::find(TARGET)?);
    options.limits.reserve.lut = RESERVE_LUT;
    let schedule = schedule(&pipeline::lower(&network)?, &options)?;
    let schedule_seconds = started.elapsed().as_secs_f64();
    let synthesized = if synthesize { Some(synthesized(&schedule.design)?) } else { None };
    Ok(row(anchor, &schedule, synthesized, schedule_seconds))
}

fn row(anchor: &Anchor, schedule: &Schedule, synthesized: Option<Resources>, schedule_seconds: f64) -> Row {
    let Schedule { cycles_per_frame, fps, resources, usable, .. } = *schedule;
    let known = synthesized.unwrap_or(resources);
    Row {
        ratio: anchor.ratio(cycles_per_frame, fps),
        anchor: anchor.clone(),
        our_cycles: cycles_per_frame,
        our_fps: fps,
        predicted: resources,
        synthesized,
        error: synthesized.map(|it| Errors::new(&resources, &it)),
        usable,
        fits: known.fits(&usable),
        scarcest: scarcest(&known, &usable),
        schedule_seconds,
    }
}

fn synthesized(design: &Design) -> Result<Resources, Error> {
    let parent = tempfile::tempdir()?;
    let folder = parent.path().join("design");
    mpqc_codegen::write(design, &folder, false)?;
    let options = synthesis::Options { reserve_lut: RESERVE_LUT, ..synthesis::Options::default() };
    Ok(synthesis::compare(design, &folder, &options, &|_| ())?.total.synthesized)
}

fn scarcest(used: &Resources, usable: &Resources) -> &'static str {
    let shares = [
        ("LUT", used.lut, usable.lut),
        ("FF", used.ff, usable.ff),
        ("DSP", used.dsp, usable.dsp),
        ("BRAM18", used.bram18, usable.bram18),
        ("URAM", used.uram, usable.uram),
    ];
    let share = |(_, used, usable): &(&str, u64, u64)| *used as f64 / (*usable).max(1) as f64;
    shares.iter().max_by(|a, b| share(a).total_cmp(&share(b))).map_or("", |it| it.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(cycles: Option<u64>, fps: Option<f64>) -> Anchor {
        Anchor { network: "n".into(), bar: 100, reach: 50, cycles, fps, lut: None, source: "s".into() }
    }

    #[test]
    fn ratios_are_of_cycles_where_they_are_known() {
        assert_eq!(anchor(Some(200), None).ratio(100, 3e6), Some(2.0));
        assert_eq!(anchor(None, Some(1e6)).ratio(100, 3e6), Some(3.0));
    }

    #[test]
    fn the_scarcest_resource_has_the_largest_share() {
        let used = Resources { lut: 50, ff: 100, dsp: 9, bram18: 1, uram: 0 };
        let usable = Resources { lut: 100, ff: 400, dsp: 10, bram18: 10, uram: 0 };
        assert_eq!(scarcest(&used, &usable), "DSP");
    }
}
