//! A design's cost as predicted beside what synthesis makes of its Verilog, block by block.

mod error;
mod report;
mod units;

pub use error::Error;
pub use report::{BlockReport, Errors, Report, Totals};
pub use units::{Units, units};

use mpqc_ir::design::{Design, Target};
use mpqc_testbenches::synthesis::{Flow, Part, PlaceRoute, Synthesizer};
use std::path::Path;

/// What to compare.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The device, in place of the one that the design was made for.
    pub target: Option<Target>,
    /// LUTs that are kept for what surrounds the design.
    pub reserve_lut: u64,
    /// Only these blocks, by name; all and the glue between them if there is none.
    pub blocks: Vec<String>,
    /// Place and route the design, or each of the named blocks, with this seed.
    pub place_route: Option<u32>,
}

/// Synthesizes the blocks of a design in its folder and compares their costs; `progress` is told of the number of units,
/// and then, each time that some are done, of how many.
///
/// # Errors
/// Where a block is unknown, a file of the folder is missing, Yosys is missing or refuses the Verilog.
pub fn compare(
    design: &Design,
    folder: &Path,
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, Error> {
    let target = options.target.as_ref().unwrap_or(&design.target);
    let place_route = options.place_route.map(|seed| PlaceRoute::new(Part::parse(&target.part)?, seed));
    let place_route = place_route.transpose()?;
    let synthesizer = Synthesizer::new(Flow::new(target))?;
    let units = units(design, folder, &options.blocks)?;
    let all: Vec<_> = units.blocks.iter().map(|(_, unit)| unit.clone()).chain(units.glue.clone()).collect();
    let placed = place_route.as_ref().map_or(Ok(Vec::new()), |_| units.placed(design, folder))?;
    progress(Progress::Units(all.len() + placed.len()));
    let counts = synthesizer.run(&all, &|done| progress(Progress::Done(done)))?;
    let mut report =
        Report::new(design, target, options.reserve_lut, &units, counts, synthesizer.fingerprint());
    for (name, unit) in &placed {
        let timing = place_route.as_ref().map(|it| it.run(&synthesizer, unit, name)).transpose()?;
        report.clocks.extend(timing);
        progress(Progress::Done(1));
    }
    Ok(report)
}

/// How far a comparison is.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// There are so many units.
    Units(usize),
    /// So many more are done.
    Done(usize),
}

/// Writes a report into a design's folder as `synth.json`, whole or not at all.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(report: &Report, folder: &Path) -> Result<(), Error> {
    let path = folder.join("synth.json");
    let write = || {
        let text = serde_json::to_string_pretty(report)?;
        mpqc_sim::whole::write_whole(&path, (text + "\n").as_bytes())
    };
    write().map_err(|source| Error::Io { path: path.clone(), source })
}
