//! `cargo xtask calibrate`: blocks of every kind synthesized, what they take beside what is predicted, and the
//! coefficients of the cost model fitted to it.

mod fit;
mod grid;
mod page;
mod sample;

use mpqc_schedule::targets;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Only this kind of block: nothing is written.
    #[arg(long)]
    kind: Option<String>,
}

/// Measures the grid, and writes samples, coefficients and the page of errors.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let target = targets::find("ultra96")?;
    let mut samples = Vec::new();
    for (kind, designs) in grid::grid() {
        if args.kind.as_deref().is_none_or(|wanted| wanted == kind) {
            let measured = sample::measure(kind, &designs, &target)?;
            eprint!("{}", page::lines(&measured));
            samples.extend(measured);
        }
    }
    if args.kind.is_none() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let write = |path: &str, text: String| -> Result<(), Box<dyn Error>> {
            let path: PathBuf = root.join(path);
            Ok(mpqc_sim::whole::write_whole(&path, text.as_bytes())?)
        };
        write("ir/data/calibration.csv", sample::csv(&samples))?;
        write("ir/data/lut_coefficients.csv", fit::csv(&fit::fit(&samples)))?;
        write("docs/calibration.md", page::page(&samples))?;
    }
    Ok(true)
}
