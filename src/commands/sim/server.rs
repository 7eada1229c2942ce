//! `mpqc sim --stdin-npy`: arrays of frames in, arrays of outputs out, until the pipe ends.

use crate::cli::Sim;
use crate::commands::Outcome;
use miette::{IntoDiagnostic, Result};
use mpqc::arrays::ArrayError;
use mpqc::npy::{NpyFrames, NpySink};
use mpqc::simulator::Simulator;
use mpqc_ir::design::Design;
use ndarray::ArrayD;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

/// Answers every array on stdin (one per model input, in turn) with one per model output on stdout, until stdin ends or
/// `--frames` frames were answered.
pub fn serve(args: &Sim, design: &Design) -> Result<Outcome> {
    let simulator = Simulator::new(design);
    let mut input = BufReader::with_capacity(1 << 20, io::stdin().lock());
    let mut output = io::BufWriter::new(io::stdout().lock());
    let (ports, mut left) = (design.host.prefix.inputs.len().max(1), args.frames.unwrap_or(u64::MAX));
    while left > 0 && !input.fill_buf().into_diagnostic()?.is_empty() {
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let arrays = (0..ports).map(|_| whole(&mut input, most)).collect::<Result<Vec<_>, ArrayError>>()?;
        let frames = arrays.iter().filter_map(|array| array.shape().first()).min().copied().unwrap_or(0);
        for answer in simulator.run(&arrays)? {
            let sink = NpySink::new(Path::new("stdout"), &mut output, frames, &answer.shape()[1..]);
            let mut sink = sink?;
            sink.write(&answer)?;
            sink.finish()?;
        }
        output.flush().into_diagnostic()?;
        left = left.saturating_sub(frames as u64);
    }
    Ok(Outcome::Good)
}

/// The next array, at most `most` frames of it.
fn whole(input: impl Read, most: usize) -> Result<ArrayD<f64>, ArrayError> {
    NpyFrames::new(Path::new("stdin"), input)?.next(most)
}
