//! `mpqc bench anchors`: whole networks beside published figures.

use crate::cli::AnchorArgs;
use crate::commands::{Outcome, print_json, spinner};
use miette::Result;
use mpqc::bench::anchors::{self, RESERVE_LUT, Row, TARGET};
use mpqc::bench::{Error, figures};
use mpqc_ir::design::Resources;

/// Measures.
pub fn run(args: &AnchorArgs) -> Result<Outcome> {
    let all = figures()?.anchor;
    let known: Vec<String> = all.iter().map(|anchor| anchor.network.clone()).collect();
    if let Some(name) = args.networks.iter().find(|name| !known.contains(name)) {
        return Err(Error::NoFigures { name: name.clone(), known }.into());
    }
    let models = anchors::models(args.models.as_deref())?;
    let bar = spinner("compiling");
    let mut rows = Vec::new();
    for anchor in all.iter().filter(|it| args.networks.is_empty() || args.networks.contains(&it.network)) {
        bar.set_message(anchor.network.clone());
        rows.push(anchors::run(anchor, &models, !args.no_synth)?);
    }
    bar.finish_and_clear();
    match args.json.json {
        true => print_json(&rows)?,
        false => print(&rows),
    }
    Ok(Outcome::of(rows.iter().all(Row::is_good)))
}

fn print(rows: &[Row]) {
    println!("{TARGET}, {RESERVE_LUT} LUT kept for the shell; resources predicted / synthesized\n");
    println!(
        "| network | bar | reach | cycles/frame | fps | anchor | ratio | LUT | FF | DSP | BRAM18 | fits | scarcest | s |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|---:|");
    for row in rows {
        let pair = |count: fn(&Resources) -> u64| match &row.synthesized {
            Some(synthesized) => format!("{} / {}", count(&row.predicted), count(synthesized)),
            None => count(&row.predicted).to_string(),
        };
        let theirs = row.anchor.cycles.map(|cycles| cycles.to_string());
        let theirs = theirs.or(row.anchor.fps.map(|fps| format!("{fps:.0} fps"))).unwrap_or_default();
        let within = if row.our_cycles <= row.anchor.bar { "" } else { " (over)" };
        println!(
            "| {} | {} | {} | {}{within} | {:.0} | {theirs} | {} | {} | {} | {} | {} | {} | {} | {:.1} |",
            row.anchor.network,
            row.anchor.bar,
            row.anchor.reach,
            row.our_cycles,
            row.our_fps,
            row.ratio.map_or(String::new(), |ratio| format!("{ratio:.2}×")),
            pair(|r| r.lut),
            pair(|r| r.ff),
            pair(|r| r.dsp),
            pair(|r| r.bram18),
            if row.fits { "yes" } else { "NO" },
            row.scarcest,
            row.schedule_seconds
        );
    }
}
