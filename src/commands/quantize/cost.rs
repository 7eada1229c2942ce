//! `mpqc cost`: what every layer takes at every pair of widths.

use super::super::{Outcome, import, print_json, read_arrays, spinner};
use super::requests::on_chip;
use crate::cli::Cost;
use miette::Result;
use mpqc::pipeline::{self, Frame};
use mpqc_ir::design::Resources;
use mpqc_ir::design::testing::Random;
use mpqc_ir::network::Network;
use mpqc_quant::{FEWEST_FRAMES, Hardware, Table, prepare};
use ndarray::ArrayD;

pub fn run(args: &Cost) -> Result<Outcome> {
    let network = import(&args.model)?;
    let frames = match args.calib.is_empty() {
        true => noise(&network),
        false => pipeline::split(&network, &read_arrays(&args.calib)?)?,
    };
    let bar = spinner("what every layer takes at every width");
    let subject = prepare(&network, mpqc_quant::Options::default(), &frames)?;
    let candidates = subject.candidates(&args.weight_bits, &args.activation_bits)?;
    let hardware = Hardware { options: on_chip(&args.target, args.fps)? };
    let table = hardware.table(&subject, &candidates)?;
    bar.finish_and_clear();
    match args.json.json {
        true => print_json(&table)?,
        false => print(&table),
    }
    Ok(Outcome::Good)
}

/// Frames of noise: scales do not matter to what a layer takes, as far as they are not powers of two.
fn noise(network: &Network) -> Vec<Frame> {
    let mut random = Random(1);
    let mut array =
        |shape: &Vec<usize>| ArrayD::from_shape_fn(shape.as_slice(), |_| random.within(0, 255) as f64);
    let shapes = pipeline::input_shapes(network);
    (0..FEWEST_FRAMES).map(|_| shapes.iter().map(|(_, shape)| array(shape)).collect()).collect()
}

/// Of every layer and pair of widths the way with the fewest LUTs, and the one with the fewest DSP slices.
fn print(table: &Table) {
    println!(
        "{:<24} {:>7} {:>6} {:>22} {:>22} {:>5}",
        "layer", "weights", "acts", "fewest LUT (DSP, BRAM)", "fewest DSP (LUT, BRAM)", "ways"
    );
    for layer in &table.layers {
        for (w, activations) in &layer.ways {
            for (a, ways) in activations {
                let least = |of: fn(&Resources) -> u64| ways.iter().min_by_key(|way| of(way)).copied();
                let (lut, dsp) =
                    (least(|way| way.lut).unwrap_or_default(), least(|way| way.dsp).unwrap_or_default());
                let lut = format!("{} ({}, {})", lut.lut, lut.dsp, lut.bram18);
                let dsp = format!("{} ({}, {})", dsp.dsp, dsp.lut, dsp.bram18);
                println!("{:<24} {w:>7} {a:>6} {lut:>22} {dsp:>22} {:>5}", layer.name, ways.len());
            }
        }
    }
    println!("beside the layers, by bits of all activations:");
    for (bits, r) in &table.beside {
        println!("{bits:>38} {} LUT, {} FF, {} DSP, {} BRAM18", r.lut, r.ff, r.dsp, r.bram18);
    }
}
