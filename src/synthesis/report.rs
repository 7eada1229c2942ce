//! Predicted beside synthesized, and how far apart they are.

use super::Units;
use mpqc_ir::design::{Design, Resources, Target};
use mpqc_testbenches::synthesis::{Counts, Timing};
use serde::Serialize;

/// What `mpqc synth --json` prints and `synth.json` holds.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// Name of the design.
    pub design: String,
    /// Name of the target.
    pub target: String,
    /// The vendor's name of its device.
    pub part: String,
    /// Hash of the Yosys that counted.
    pub yosys: String,
    /// A line per block, producers before consumers.
    pub blocks: Vec<BlockReport>,
    /// What the top module takes beside its blocks; `None` where only some blocks were asked for.
    pub glue: Option<Counts>,
    /// The sums.
    pub total: Totals,
    /// What the device holds.
    pub available: Resources,
    /// LUTs of it that are kept for what surrounds the design.
    pub reserve_lut: u64,
    /// Whether the synthesized sums are within the rest.
    pub fits: bool,
    /// The clock that the target's designs are planned for, in MHz.
    pub clock_mhz: f64,
    /// Clocks after place and route, where that was asked for.
    pub clocks: Vec<Timing>,
}

/// Sums over all blocks, and the glue.
#[derive(Clone, Debug, Serialize)]
pub struct Totals {
    /// As the scheduler adds them up.
    pub predicted: Resources,
    /// As Yosys counts them.
    pub synthesized: Resources,
    /// Tables of logic, each counted once whatever its size.
    pub lut_cells: u64,
    /// Of a chip of one's own: its logic in gates of two inputs (NAND2).
    pub gates: u64,
    /// How far apart they are.
    pub error: Errors,
}

/// A block's costs.
#[derive(Clone, Debug, Serialize)]
pub struct BlockReport {
    /// Name of the block.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Its cost as the scheduler sees it.
    pub predicted: Resources,
    /// What Yosys makes of it.
    pub synthesized: Counts,
    /// How far apart they are.
    pub error: Errors,
}

/// Relative errors of a prediction: 0.1 is a tenth too much, -0.1 a tenth too little. `None` where something was predicted
/// and nothing is there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Errors {
    /// Of LUTs.
    pub lut: Option<f64>,
    /// Of flip-flops.
    pub ff: Option<f64>,
    /// Of DSP slices.
    pub dsp: Option<f64>,
    /// Of block memories.
    pub bram18: Option<f64>,
    /// Of UltraRAMs.
    pub uram: Option<f64>,
}

impl Errors {
    /// The errors of a prediction.
    pub fn new(predicted: &Resources, synthesized: &Resources) -> Self {
        let of = |count: fn(&Resources) -> u64| relative(count(predicted), count(synthesized));
        Errors {
            lut: of(|r| r.lut),
            ff: of(|r| r.ff),
            dsp: of(|r| r.dsp),
            bram18: of(|r| r.bram18),
            uram: of(|r| r.uram),
        }
    }
}

fn relative(predicted: u64, synthesized: u64) -> Option<f64> {
    match (predicted, synthesized) {
        (0, 0) => Some(0.0),
        (_, 0) => None,
        (predicted, synthesized) => Some(predicted as f64 / synthesized as f64 - 1.0),
    }
}

impl Report {
    /// Version of the format of `synth.json`.
    pub const VERSION: u32 = 1;

    /// Compares the blocks of `units` with their `counts`, the glue's last.
    pub fn new(
        design: &Design,
        target: &Target,
        reserve_lut: u64,
        units: &Units,
        counts: Vec<Counts>,
        yosys: &str,
    ) -> Self {
        let mut counts = counts.into_iter();
        let blocks: Vec<BlockReport> = units
            .blocks
            .iter()
            .zip(counts.by_ref())
            .map(|((node, _), counts)| {
                let node = &design.graph[*node];
                BlockReport::new(&node.name, node.block.kind(), node.block.spec().cost(target), counts)
            })
            .collect();
        let glue = counts.next();
        let total = Totals::new(&blocks, glue.as_ref());
        let mut budget = target.resources;
        budget.lut = budget.lut.saturating_sub(reserve_lut);
        Report {
            version: Self::VERSION,
            design: design.name.clone(),
            target: target.name.clone(),
            part: target.part.clone(),
            yosys: yosys.to_owned(),
            fits: total.synthesized.fits(&budget),
            blocks,
            glue,
            total,
            available: target.resources,
            reserve_lut,
            clock_mhz: target.clock_mhz,
            clocks: Vec::new(),
        }
    }

    /// Whether the design fits, and every clock that was measured is the planned one at least.
    pub fn is_good(&self) -> bool {
        self.fits && self.clocks.iter().all(|timing| timing.fmax_mhz >= self.clock_mhz)
    }
}

impl BlockReport {
    fn new(name: &str, kind: &str, predicted: Resources, synthesized: Counts) -> Self {
        let error = Errors::new(&predicted, &synthesized.resources);
        BlockReport { name: name.to_owned(), kind: kind.to_owned(), predicted, synthesized, error }
    }
}

impl Totals {
    fn new(blocks: &[BlockReport], glue: Option<&Counts>) -> Self {
        let counts = || blocks.iter().map(|block| &block.synthesized).chain(glue);
        let predicted = blocks.iter().map(|block| block.predicted).sum();
        let synthesized = counts().map(|counts| counts.resources).sum();
        let lut_cells = counts().map(|counts| counts.lut_cells).sum();
        let gates = counts().map(|counts| counts.gates).sum();
        Totals { error: Errors::new(&predicted, &synthesized), predicted, synthesized, lut_cells, gates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lut(lut: u64) -> Resources {
        Resources { lut, ..Resources::default() }
    }

    #[test]
    fn errors_are_relative_to_what_was_synthesized() {
        let error =
            Errors::new(&Resources { dsp: 3, bram18: 1, ..lut(115) }, &Resources { dsp: 4, ..lut(100) });
        assert!((error.lut.unwrap() - 0.15).abs() < 1e-12);
        assert_eq!((error.dsp, error.bram18, error.ff), (Some(-0.25), None, Some(0.0)));
    }

    #[test]
    fn totals_are_over_blocks_and_glue() {
        let counts = |luts, lut_cells| Counts { resources: lut(luts), lut_cells, ..Counts::default() };
        let blocks = [
            BlockReport::new("a", "fifo", lut(9), counts(10, 12)),
            BlockReport::new("b", "pad", lut(4), counts(7, 8)),
        ];
        let total = Totals::new(&blocks, Some(&counts(3, 3)));
        assert_eq!((total.predicted.lut, total.synthesized.lut, total.lut_cells), (13, 20, 23));
        assert!((total.error.lut.unwrap() + 0.35).abs() < 1e-12);
    }
}
