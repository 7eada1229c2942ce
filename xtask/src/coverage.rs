//! `cargo xtask coverage`: lines and bits of generated Verilog that the table of blocks reaches, by template.

use mpqc::pipeline;
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::cases;
use mpqc_testbenches::coverage::{Coverage, Point};
use mpqc_testbenches::icarus::Run;
use mpqc_testbenches::tools;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

/// Frames that go through each design.
const FRAMES: usize = 12;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Only every so many-th design.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    step: u64,
    /// Least share of lines that must be reached, in per cent.
    #[arg(long, default_value_t = 95.0)]
    at_least: f64,
    /// List the lines that are not reached.
    #[arg(long)]
    missed: bool,
    /// Seconds that a step of a design may take: its translation, its compilation, its run. Else it is left out, and told.
    #[arg(long, default_value_t = 120)]
    seconds: u64,
}

/// Points with their templates.
type Points = Vec<(String, Point)>;

/// Reached and all: lines, bits.
#[derive(Clone, Copy, Default)]
struct Counts {
    lines: [usize; 2],
    bits: [usize; 2],
}

/// Runs the designs; prints a table.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let (verilator, scratch) = (tools::verilator()?, tempfile::tempdir()?);
    let coverage = Coverage::new(&verilator, scratch.path(), Duration::from_secs(args.seconds))?;
    let designs: Vec<Design> = cases().into_iter().step_by(usize::try_from(args.step)?).collect();
    let found = designs.par_iter().map(|design| {
        let found = reached(&coverage, design).map_err(|e| format!("{}: {e}", design.name))?;
        eprintln!("{}{}", design.name, if found.is_some() { "" } else { ": left out, it took too long" });
        Ok(found)
    });
    let found: Vec<Option<Points>> = found.collect::<Result<_, String>>()?;
    let counted = found.iter().flatten().count();
    // A line of a library module is one line, in whatever design it is reached; a generated module is a file of its own.
    let mut points: BTreeMap<(String, String, bool, u32, String), u64> = BTreeMap::new();
    for (template, point) in found.into_iter().flatten().flatten() {
        let key = (template, point.module, point.toggle, point.line, point.what);
        *points.entry(key).or_default() += point.count;
    }
    let mut table: BTreeMap<&str, Counts> = BTreeMap::new();
    for ((template, module, toggle, line, what), count) in &points {
        for row in [template, "all"] {
            table.entry(row).or_default().add(*toggle, *count > 0);
        }
        if args.missed && !toggle && *count == 0 {
            println!("missed: {template}: {module}:{line}: {what}");
        }
    }
    let share = print(&table);
    println!("{counted} designs, {} left out", designs.len() - counted);
    Ok(share * 100.0 >= args.at_least && counted > 0)
}

/// Points of a design, each with the template that wrote its module; nothing where a step takes too long.
fn reached(coverage: &Coverage, design: &Design) -> Result<Option<Points>, Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().join("design");
    mpqc_codegen::write(design, &folder, false)?;
    let files = mpqc_codegen::rtl_files(&folder)?;
    let frames = pipeline::random_streams(design, FRAMES, 1);
    let run = Run { design, folder: &folder, files: &files, frames: &frames, stalls: true, rude: true };
    let build = scratch.path().join("build");
    std::fs::create_dir(&build)?;
    let points = coverage.run(&run, &build)?;
    let of_template = |point: Point| (template(design, &point.module), point);
    Ok(points.map(|points| points.into_iter().map(of_template).collect()))
}

/// The template of a module: the block's kind, `top`, or the library module's name.
fn template(design: &Design, module: &str) -> String {
    let Some(rest) = module.strip_prefix(&design.name) else { return module.to_owned() };
    let name = rest.trim_start_matches('_');
    let block = design.graph.node_weights().filter(|node| name.starts_with(&node.name));
    let longest = block.max_by_key(|node| node.name.len());
    longest.map_or("top".to_owned(), |node| node.block.kind().to_owned())
}

impl Counts {
    fn add(&mut self, toggle: bool, reached: bool) {
        let counts = if toggle { &mut self.bits } else { &mut self.lines };
        counts[0] += usize::from(reached);
        counts[1] += 1;
    }
}

fn share([reached, all]: [usize; 2]) -> f64 {
    if all == 0 { 1.0 } else { reached as f64 / all as f64 }
}

/// The table; the share of all lines.
fn print(table: &BTreeMap<&str, Counts>) -> f64 {
    println!("| template | lines reached | of | | bits toggled | of | |\n|---|---|---|---|---|---|---|");
    for (template, Counts { lines, bits }) in table {
        let percent = |counts| format!("{:.1} %", 100.0 * share(counts));
        println!(
            "| {template} | {} | {} | {} | {} | {} | {} |",
            lines[0],
            lines[1],
            percent(*lines),
            bits[0],
            bits[1],
            percent(*bits)
        );
    }
    table.get("all").map_or(0.0, |all| share(all.lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_lines_of_a_few_designs_are_reached() {
        let args = Args { step: 40, at_least: 95.0, missed: true, seconds: 120 };
        assert!(run(&args).expect("the campaign runs"), "generated lines that nothing reaches");
    }
}
