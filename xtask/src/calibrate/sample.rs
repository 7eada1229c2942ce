//! One block of the grid, predicted and synthesized.

use mpqc::synthesis::{Options, Progress, compare};
use mpqc_ir::design::blocks::LutTerms;
use mpqc_ir::design::{Design, Resources, Target};
use mpqc_testbenches::synthesis::Counts;
use rayon::prelude::*;
use std::error::Error;
use std::fmt::Write;

/// A measured block.
pub struct Sample {
    /// What it is.
    pub kind: &'static str,
    /// Its parameters, as the grid names them.
    pub name: String,
    /// Its cost as the scheduler sees it.
    pub predicted: Resources,
    /// What Yosys makes of it.
    pub synthesized: Counts,
    /// What its LUTs are predicted from, where that is fitted.
    pub terms: Option<LutTerms>,
}

impl Sample {
    /// Relative error of the predicted LUTs; `None` where there are none.
    pub fn lut_error(&self) -> Option<f64> {
        let synthesized = self.synthesized.resources.lut as f64;
        (synthesized > 0.0).then(|| self.predicted.lut as f64 / synthesized - 1.0)
    }
}

/// Synthesizes the block of a kind in each design.
pub fn measure(
    kind: &'static str,
    designs: &[Design],
    target: &Target,
) -> Result<Vec<Sample>, Box<dyn Error>> {
    let measure = |design: &Design| one(kind, design, target).map_err(|error| error.to_string());
    Ok(designs.par_iter().with_max_len(1).map(measure).collect::<Result<Vec<Sample>, String>>()?)
}

fn one(kind: &'static str, design: &Design, target: &Target) -> Result<Sample, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path().join("design");
    mpqc_codegen::write(design, &folder, false)?;
    let node = design.graph.node_weights().find(|node| node.block.kind() == kind).ok_or("no such block")?;
    let options = Options {
        target: Some(target.clone()),
        reserve_lut: 0,
        blocks: vec![node.name.clone()],
        place_route: None,
    };
    let mut report = compare(design, &folder, &options, &|_: Progress| ())?;
    let block = report.blocks.pop().ok_or("nothing was synthesized")?;
    Ok(Sample {
        kind,
        name: design.name.clone(),
        predicted: block.predicted,
        synthesized: block.synthesized,
        terms: node.block.spec().lut_terms(),
    })
}

/// The samples as comma-separated values.
pub fn csv(samples: &[Sample]) -> String {
    let mut text = "# Written by `cargo xtask calibrate`: p_ is predicted, s_ synthesized.\n\
        kind,block,p_lut,s_lut,s_lut_cells,p_ff,s_ff,p_dsp,s_dsp,p_bram18,s_bram18,p_uram,s_uram\n"
        .to_owned();
    for sample in samples {
        let (p, s) = (&sample.predicted, &sample.synthesized.resources);
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{},{}",
            sample.kind,
            sample.name,
            p.lut,
            s.lut,
            sample.synthesized.lut_cells,
            p.ff,
            s.ff,
            p.dsp,
            s.dsp,
            p.bram18,
            s.bram18,
            p.uram,
            s.uram
        );
    }
    text
}
