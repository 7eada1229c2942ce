//! The chosen widths for people.

use super::Report;
use mpqc::quantize::{LayerRow, QuantizeReport};

/// Prints what was chosen, why, and what it takes.
pub(super) fn print(report: &Report<'_>) {
    let QuantizeReport { method: [sensitivity, cost, solver], .. } = &report.report;
    println!("{} → {}", report.model.display(), report.output.display());
    println!("sensitivity {sensitivity}, cost {cost}, solver {solver}");
    layers(&report.report);
    activations(&report.report);
    totals(&report.report);
    if let Some(all) = &report.accuracy {
        println!("accuracy on {} images:", all.frames);
        let rows = [
            ("float network", all.float),
            ("quantized network", all.quantized),
            ("specification (the written file)", all.specification),
            ("simulated hardware", all.hardware),
        ];
        rows.iter().for_each(|(name, share)| println!("  {name:<34} {:>6.2} %", 100.0 * share));
    }
    println!("Next:\n  mpqc compile {}", report.output.display());
}

fn layers(report: &QuantizeReport) {
    let built = report.layers.iter().any(|layer| layer.resources.is_some());
    print!("{:<24} {:>9} {:>11} {:>6} {:>4}", "weights of", "weights", "MACs", "bits", "×x");
    print!(" {:>10} {:>11} {:>10}", "loss", "1 bit less", "1 bit more");
    println!("{}", if built { "     LUT   DSP  BRAM18" } else { "" });
    for layer in &report.layers {
        let LayerRow { name, parameters, macs, activation_bits, loss, .. } = layer;
        print!(
            "{name:<24} {parameters:>9} {macs:>11} {:>6} {activation_bits:>4} {loss:>10.3e}",
            bits(&layer.bits)
        );
        let other =
            |sign: &str, loss: Option<f64>| loss.map_or("–".to_owned(), |loss| format!("{sign}{loss:.2e}"));
        print!(" {:>11} {:>10}", other("+", layer.one_fewer), other("−", layer.one_more));
        match layer.resources {
            Some(r) => println!(" {:>7} {:>5} {:>7}", r.lut, r.dsp, r.bram18),
            None => println!(),
        }
    }
}

/// One width, or the range of a channel's widths.
fn bits(bits: &[u32]) -> String {
    let (least, most) = (bits.iter().min().unwrap_or(&0), bits.iter().max().unwrap_or(&0));
    if least == most { least.to_string() } else { format!("{least}–{most}") }
}

fn activations(report: &QuantizeReport) {
    println!("{:<56} {:>4} {:>10}", "activations", "bits", "loss");
    for group in &report.activations {
        println!("{:<56} {:>4} {:>10.3e}", group.tensors.join(" = "), group.bits, group.loss);
    }
}

fn totals(report: &QuantizeReport) {
    println!("mean weight bits {:.3}, {:.1} KiB of weights", report.mean_weight_bits, report.weights_kib);
    if report.bound.is_finite() {
        let gap = 100.0 * (report.loss - report.bound) / report.loss.abs().max(f64::MIN_POSITIVE);
        let proved = if report.optimal {
            "proved the best of its table".to_owned()
        } else {
            format!("gap {gap:.3} %")
        };
        println!("loss {:.4e}, bound {:.4e}: {proved} ({} nodes)", report.loss, report.bound, report.nodes);
    }
    if let (Some(used), Some(usable), Some(fps)) = (report.resources, report.usable, report.fps) {
        println!(
            "built: {} of {} LUT, {} of {} FF, {} of {} DSP, {} of {} BRAM18 at {fps:.0} frames/s; {} designs tried",
            used.lut,
            usable.lut,
            used.ff,
            usable.ff,
            used.dsp,
            usable.dsp,
            used.bram18,
            usable.bram18,
            report.attempts.len()
        );
    }
    let s = report.seconds;
    println!(
        "seconds: calibration {:.1}, sensitivities {:.1}, costs {:.1}, allocation {:.1}",
        s.calibration, s.sensitivity, s.costs, s.allocation
    );
}
