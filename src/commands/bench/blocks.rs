//! `mpqc bench blocks`: layers beside FINN's.

use crate::cli::Json;
use crate::commands::{Outcome, print_json, spinner};
use miette::Result;
use mpqc::bench::{blocks, figures};
use mpqc_ir::design::Resources;

/// Measures.
pub fn run(json: &Json) -> Result<Outcome> {
    let bar = spinner("synthesizing");
    let mut rows = Vec::new();
    for layer in figures()?.layer {
        bar.set_message(format!("W{}A{} PE {} SIMD {}", layer.bits[0], layer.bits[1], layer.pe, layer.simd));
        rows.extend(blocks::run(&layer)?);
    }
    bar.finish_and_clear();
    match json.json {
        true => print_json(&rows)?,
        false => print(&rows),
    }
    Ok(Outcome::Good)
}

fn print(rows: &[blocks::Row]) {
    println!("layers of 64 × 64: LUT of ours / FINN's, DSP of ours / FINN's (– not measured)\n");
    println!("| layer | products/DSP | array alone | with weights | requantizer | whole | DSP | BRAM18 |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for row in rows {
        let finn = &row.finn;
        let pair = |ours: &Resources, part: usize| match finn.lut[part] {
            0 => format!("{} / –", ours.lut),
            theirs => format!("{} / {theirs}", ours.lut),
        };
        println!(
            "| W{}A{} PE {} SIMD {} | {} | {} | {} | {} ({}) | {} | {} / {} | {} / {} |",
            finn.bits[0],
            finn.bits[1],
            finn.pe,
            finn.simd,
            row.products,
            pair(&row.array, 0),
            pair(&row.with_weights, 1),
            pair(&row.requantized, 2),
            row.requantizer,
            pair(&row.whole, 3),
            row.whole.dsp,
            finn.dsp,
            row.whole.bram18,
            finn.bram18
        );
    }
}
