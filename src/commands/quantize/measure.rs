//! Accuracies side by side.

use miette::Result;
use mpqc::arrays::Score;
use mpqc::pipeline::{self, Frame};
use mpqc_ir::network::Network;
use mpqc_quant::{Met, labels, scores};
use mpqc_schedule::{Options, schedule};
use ndarray::ArrayD;
use serde::Serialize;
use std::path::Path;

/// Images that are not calibrated with, and their classes.
pub struct Test {
    /// One frame an entry.
    pub frames: Vec<Frame>,
    /// As many classes.
    pub labels: Vec<usize>,
}

/// The share of test images whose largest score is at the label.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Accuracies {
    /// Of the float network.
    pub float: f64,
    /// Of the quantized network, as it was chosen.
    pub quantized: f64,
    /// Of the file that was written, in the reference executor: the specification.
    pub specification: f64,
    /// Of the design that it compiles to, simulated.
    pub hardware: f64,
    /// How many images.
    pub frames: usize,
}

/// Reads test images.
pub fn read_test(network: &Network, images: &Path, classes: &Path) -> Result<Test> {
    let frames = pipeline::split(network, &[mpqc::arrays::read(images)?])?;
    let count = scores(network, &frames[..frames.len().min(1)])?.first().map_or(1, Vec::len);
    let labels = labels(&mpqc::arrays::read(classes)?, frames.len(), count)?;
    Ok(Test { frames, labels })
}

impl Test {
    /// The accuracy of a network.
    pub fn accuracy(&self, network: &Network) -> Result<f64> {
        Ok(self.top1(&pipeline::reference(network, &self.frames)?))
    }

    /// The accuracy of a design.
    pub fn simulated(&self, design: &mpqc_ir::design::Design) -> Result<f64> {
        Ok(self.top1(&pipeline::simulate(design, &self.frames)?))
    }

    /// Share of the frames whose largest score of the first output is at the label.
    fn top1(&self, outputs: &[ArrayD<f64>]) -> f64 {
        let mut score = Score::default();
        let labels: Vec<f64> = self.labels.iter().map(|label| *label as f64).collect();
        outputs.iter().take(1).for_each(|first| score.count(first, labels.iter()));
        score.top1()
    }
}

/// All four.
pub fn accuracies(
    float: &Network,
    met: &Met,
    written: &Network,
    options: &Options,
    test: &Test,
) -> Result<Accuracies> {
    let design = match &met.schedule {
        Some(schedule) => schedule.design.clone(),
        None => schedule(&pipeline::lower(written)?, options)?.design,
    };
    Ok(Accuracies {
        float: test.accuracy(float)?,
        quantized: test.accuracy(&met.network)?,
        specification: test.accuracy(written)?,
        hardware: test.simulated(&design)?,
        frames: test.frames.len(),
    })
}
