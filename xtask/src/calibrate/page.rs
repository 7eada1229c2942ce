//! The page of errors.

use super::sample::Sample;
use std::fmt::Write;

/// A line per sample, for the terminal.
pub fn lines(samples: &[Sample]) -> String {
    let line = |sample: &Sample| {
        let (p, s) = (&sample.predicted, &sample.synthesized.resources);
        let error = sample.lut_error().map_or(0.0, |error| 100.0 * error);
        let terms = sample.terms.as_ref().map(|terms| format!("{} {:?}", terms.exact, terms.fitted));
        format!(
            "{} {}: LUT {} / {} ({error:+.0} %), FF {} / {}, DSP {} / {}, BRAM18 {} / {} {}\n",
            sample.kind,
            sample.name,
            p.lut,
            s.lut,
            p.ff,
            s.ff,
            p.dsp,
            s.dsp,
            p.bram18,
            s.bram18,
            terms.unwrap_or_default()
        )
    };
    samples.iter().map(line).collect()
}

/// `docs/calibration.md`: errors by kind, then every sample.
pub fn page(samples: &[Sample]) -> String {
    let mut text = "# Calibration of the cost model\n\n\
        Written by `cargo xtask calibrate`; do not edit. Every block alone, synthesized as `mpqc synth` does \
        ([measure](measure.md)) for UltraScale+; errors are predicted / synthesized − 1. The coefficients in \
        `ir/data/lut_coefficients.csv` are fitted to these very blocks (relative errors, those beyond 5 % by their size instead of their square), so the \
        errors here are those of a fit, not of a forecast; `mpqc synth` and `mpqc bench` measure blocks of real networks.\n\n\
        | kind | blocks | LUT: median error | 90 % within | worst | FF: median | worst | DSP wrong | BRAM18 wrong |\n\
        |---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    let mut kinds: Vec<&str> = samples.iter().map(|sample| sample.kind).collect();
    kinds.dedup();
    for kind in kinds {
        let of_kind: Vec<&Sample> = samples.iter().filter(|sample| sample.kind == kind).collect();
        text.push_str(&row(kind, &of_kind));
    }
    text.push_str("\n## Every block\n| block | LUT predicted / synthesized | error | FF | DSP | BRAM18 |\n|---|---:|---:|---:|---:|---:|\n");
    for sample in samples {
        let (p, s) = (&sample.predicted, &sample.synthesized.resources);
        let error = sample.lut_error().map_or(String::new(), percent);
        let _ = writeln!(
            text,
            "| {} {} | {} / {} | {error} | {} / {} | {} / {} | {} / {} |",
            sample.kind, sample.name, p.lut, s.lut, p.ff, s.ff, p.dsp, s.dsp, p.bram18, s.bram18
        );
    }
    text
}

fn row(kind: &str, samples: &[&Sample]) -> String {
    let luts = Spread::new(samples.iter().filter_map(|sample| sample.lut_error()));
    let ff_error = |sample: &&Sample| {
        let ff = sample.synthesized.resources.ff as f64;
        (ff > 0.0).then(|| sample.predicted.ff as f64 / ff - 1.0)
    };
    let ffs = Spread::new(samples.iter().filter_map(ff_error));
    let wrong = |count: fn(&mpqc_ir::design::Resources) -> u64| {
        samples.iter().filter(|s| count(&s.predicted) != count(&s.synthesized.resources)).count()
    };
    format!(
        "| {kind} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        samples.len(),
        percent(luts.median),
        percent(luts.p90).replace('+', "±"),
        percent(luts.worst),
        percent(ffs.median),
        percent(ffs.worst),
        wrong(|r| r.dsp),
        wrong(|r| r.bram18)
    )
}

/// How errors spread.
struct Spread {
    median: f64,
    /// Nine of ten errors are not larger, whatever their sign.
    p90: f64,
    worst: f64,
}

impl Spread {
    fn new(errors: impl Iterator<Item = f64>) -> Self {
        let mut signed: Vec<f64> = errors.collect();
        signed.sort_by(f64::total_cmp);
        let mut sizes = signed.clone();
        sizes.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let at = |values: &[f64], part: f64| {
            let index = (part * values.len().saturating_sub(1) as f64).ceil() as usize;
            values.get(index).copied().unwrap_or(0.0)
        };
        Spread { median: at(&signed, 0.5), p90: at(&sizes, 0.9).abs(), worst: at(&sizes, 1.0) }
    }
}

fn percent(error: f64) -> String {
    format!("{:+.0} %", 100.0 * error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_keep_the_sign_of_the_worst() {
        let spread = Spread::new([0.1, -0.3, 0.0, 0.02, 0.05].into_iter());
        assert_eq!((spread.median, spread.worst), (0.02, -0.3));
        assert_eq!(Spread::new((0..11).map(|i| f64::from(i) / 10.0)).p90, 0.9);
    }
}
