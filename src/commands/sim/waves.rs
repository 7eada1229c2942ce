//! `mpqc sim --wave`.

use crate::cli::Sim;
use crate::commands::bar;
use miette::{IntoDiagnostic, Result};
use mpqc::arrays::ArrayError;
use mpqc::npy::NpyFrames;
use mpqc::pipeline;
use mpqc::simulator::Simulator;
use mpqc_ir::design::Design;
use mpqc_sim::timing::Engine;
use mpqc_sim::trace::{Trace, Waves};
use std::path::Path;

/// Frames of a trace where their number is not given: each is kept with all its streams.
const FRAMES: usize = 2;

/// Integers of the first frames: of `--input`, else random ones.
pub fn frames(args: &Sim, design: &Design, most: usize) -> Result<Vec<Vec<Vec<i64>>>> {
    let most = args.frames.map_or(most, |frames| frames as usize);
    if args.input.is_empty() {
        return Ok(pipeline::random_frames(design, most)?);
    }
    let open = |path: &std::path::PathBuf| NpyFrames::open(path)?.next(most);
    let arrays = args.input.iter().map(open).collect::<Result<Vec<_>, ArrayError>>()?;
    Ok(Simulator::new(design).encode(&pipeline::design_frames(design, &arrays)?)?)
}

/// Writes the waves of the cycles that `--from` and `--to` name.
pub fn write(args: &Sim, design: &Design, path: &Path) -> Result<()> {
    let frames = frames(args, design, FRAMES)?;
    let mut engine = Engine::new(design, args.stall.stall, frames.len() as u64);
    let bar = bar(args.to.unwrap_or(0), "cycles");
    while engine.cycle() < args.from && !engine.done() {
        engine.advance();
    }
    let mut trace = Trace::new(design, engine, &frames);
    let mut waves = Waves::create(path, design, trace.watches(), trace.engine.cycle()).into_diagnostic()?;
    while !trace.engine.done() && args.to.is_none_or(|to| trace.engine.cycle() <= to) {
        waves.record(trace.engine.cycle(), trace.beats()).into_diagnostic()?;
        trace.advance();
        bar.set_position(trace.engine.cycle());
    }
    bar.finish_and_clear();
    waves.finish().into_diagnostic()
}
