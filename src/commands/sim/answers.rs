//! Outputs of all frames, a few at a time: memory does not grow with their number.

use crate::cli::Sim;
use crate::commands::bar;
use miette::{Result, miette};
use mpqc::arrays::{self, ArrayError, Difference, TOLERANCE, compare};
use mpqc::npy::{NpyFrames, NpyOutput};
use mpqc::report::Accuracy;
use mpqc::simulator::Simulator;
use mpqc_ir::design::Design;
use ndarray::ArrayD;

/// What the outputs of all frames say.
#[derive(Default)]
pub struct Answers {
    pub frames: u64,
    pub expected: Option<Difference>,
    pub accuracy: Option<Accuracy>,
    /// The outputs' files, written but without their names.
    pub files: Vec<NpyOutput>,
}

/// Runs the frames of `--input` and compares, counts and writes their outputs.
pub fn answers(args: &Sim, design: &Design) -> Result<Answers> {
    let mut inputs =
        args.input.iter().map(|path| NpyFrames::open(path)).collect::<Result<Vec<_>, ArrayError>>()?;
    let frames = inputs.iter().map(NpyFrames::left).min().unwrap_or(0);
    let frames = args.frames.map_or(frames, |most| frames.min(most as usize));
    let simulator = Simulator::new(design);
    let mut judge = Judge::new(args, frames)?;
    let bar = bar(frames as u64, "frames");
    let mut left = frames;
    while left > 0 {
        let count = left.min(Simulator::CHUNK);
        let chunk =
            inputs.iter_mut().map(|input| input.next(count)).collect::<Result<Vec<_>, ArrayError>>()?;
        judge.take(&simulator.run(&chunk)?)?;
        left -= count;
        bar.inc(count as u64);
    }
    bar.finish_and_clear();
    judge.answers()
}

/// What is done with outputs.
struct Judge<'a> {
    args: &'a Sim,
    frames: usize,
    files: Vec<NpyOutput>,
    expected: Option<NpyFrames<'static>>,
    difference: Difference,
    labels: Option<ArrayD<f64>>,
    score: arrays::Score,
    done: usize,
}

impl<'a> Judge<'a> {
    fn new(args: &'a Sim, frames: usize) -> Result<Self> {
        Ok(Judge {
            args,
            frames,
            files: Vec::new(),
            expected: args.expected.as_deref().map(NpyFrames::open).transpose()?,
            difference: Difference::default(),
            labels: args.labels.as_deref().map(arrays::read).transpose()?,
            score: arrays::Score::default(),
            done: 0,
        })
    }

    fn take(&mut self, outputs: &[ArrayD<f64>]) -> Result<()> {
        if self.done == 0 {
            self.files = self.create(outputs)?;
        }
        for (file, output) in self.files.iter_mut().zip(outputs) {
            file.write(output)?;
        }
        let Some(first) = outputs.first() else { return Ok(()) };
        let count = first.shape().first().copied().unwrap_or(0);
        if let Some(expected) = &mut self.expected {
            self.difference = self.difference.and(compare(first, &expected.next(count)?, TOLERANCE));
        }
        if let Some(labels) = &self.labels {
            self.score.count(first, labels.iter().skip(self.done));
        }
        self.done += count;
        Ok(())
    }

    fn create(&self, outputs: &[ArrayD<f64>]) -> Result<Vec<NpyOutput>> {
        if self.args.output.len() > outputs.len() {
            let help = "give one --output per model output";
            return Err(miette!(help = help, "the model has {} outputs", outputs.len()));
        }
        let files = self.args.output.iter().zip(outputs);
        let files = files.map(|(path, output)| NpyOutput::create(path, self.frames, &output.shape()[1..]));
        Ok(files.collect::<Result<_, ArrayError>>()?)
    }

    fn answers(mut self) -> Result<Answers> {
        let missing = match self.args.frames {
            None => self.expected.as_ref().map_or(0, NpyFrames::left),
            Some(_) => 0,
        };
        if missing > 0 {
            // More answers than questions: the arrays do not belong together.
            self.difference.different += missing;
            self.difference.largest = f64::INFINITY;
        }
        Ok(Answers {
            frames: self.frames as u64,
            files: self.files,
            expected: self.expected.map(|_| self.difference),
            accuracy: self.labels.map(|_| Accuracy {
                frames: self.score.frames,
                top1: self.score.top1(),
                top5: self.score.top5(),
            }),
        })
    }
}
