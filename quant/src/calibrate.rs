//! What values the points of a network have, over a set of frames.

use crate::affine::{Affine, fit};
use crate::model::Model;
use crate::options::{Options, Range, Scales};
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::number::IntType;
use mpqc_ir::reference::{Executor, Run};
use ndarray::ArrayD;
use rayon::prelude::*;

/// Values that are kept of a point, over all frames together.
const KEPT: usize = 1 << 16;
/// Fewest frames that say something about ranges.
pub const FEWEST_FRAMES: usize = 8;

/// Frames to calibrate with: one array for each input of the network.
pub type Frames = [Vec<ArrayD<f64>>];

/// The values of a point.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// A sample, the same share of every frame, and the extremes.
    pub sample: Vec<f64>,
    /// Whether there are negative ones.
    pub signed: bool,
    /// Smallest and largest, where all are integers.
    pub integers: Option<(i64, i64)>,
}

/// The values of every point of a model.
///
/// # Errors
/// `bad-input` for too few frames, and what the executor says of their shapes.
pub fn observe(model: &Model, frames: &Frames) -> Result<Vec<Values>, Diagnostic> {
    if frames.len() < FEWEST_FRAMES {
        let reason = format!("{} frames to calibrate with", frames.len());
        let help = format!("give {FEWEST_FRAMES} at least; some hundred are better");
        return Err(Diagnostic::new(Code::BadInput, "calib", reason, help));
    }
    let executor = Executor::new(&model.network);
    let each = KEPT.div_ceil(frames.len());
    let of_frame = |(index, frame): (usize, &Vec<ArrayD<f64>>)| {
        let run = executor.keep(frame)?;
        Ok(model.points.iter().map(|point| seen(&run, &point.tensor, each, index)).collect())
    };
    let parts: Vec<Vec<Seen>> =
        frames.par_iter().enumerate().map(of_frame).collect::<Result<_, Diagnostic>>()?;
    let together = |point: usize| parts.iter().map(|part| &part[point]).fold(Values::default(), add);
    let all: Vec<Values> = (0..model.points.len()).map(together).collect();
    let broken =
        all.iter().zip(&model.points).find(|(values, _)| values.sample.iter().any(|v| !v.is_finite()));
    match broken {
        None => Ok(all),
        Some((_, point)) => {
            let reason = "the float network gives values here that are no numbers";
            let help = "check the data's scaling, and the network in the framework that it comes from";
            Err(Diagnostic::new(Code::BadInput, &point.tensor, reason, help))
        }
    }
}

/// Of one frame.
struct Seen {
    sample: Vec<f64>,
    low: f64,
    high: f64,
    whole: bool,
}

fn seen(run: &Run<'_>, tensor: &str, each: usize, frame: usize) -> Seen {
    let Some(values) = run.tensor(tensor) else {
        return Seen { sample: Vec::new(), low: 0.0, high: 0.0, whole: false };
    };
    let step = values.len().div_ceil(each).max(1);
    // Another phase in every frame: a fixed one would see the same channels only.
    let sample = values.iter().copied().skip(frame % step).step_by(step).collect();
    let ends = |(low, high): (f64, f64), v: &f64| (v.min(low), v.max(high));
    let (low, high) = values.iter().fold((0.0, 0.0), ends);
    Seen { sample, low, high, whole: values.iter().all(|v| v.fract() == 0.0) }
}

fn add(mut all: Values, part: &Seen) -> Values {
    let first = all.sample.is_empty();
    let (low, high) = all.integers.unwrap_or((0, 0));
    let joined = (low.min(part.low as i64), high.max(part.high as i64));
    all.integers = (part.whole && (first || all.integers.is_some())).then_some(joined);
    all.signed |= part.low < 0.0;
    all.sample.extend_from_slice(&part.sample);
    all.sample.extend([part.low, part.high]);
    all
}

impl Values {
    /// The quantizer of a width. Integers that fit are kept as they are.
    pub fn quantizer(&self, bits: u32, options: &Options) -> Affine {
        if let Some((low, high)) = self.integers {
            let ty = IntType::quantizer(self.signed, bits, false);
            if ty.contains(low) && ty.contains(high) && bits > 1 {
                return Affine { scale: 1.0, zero: 0, ty };
            }
        }
        fit(&self.sample, self.signed, bits, options.activations)
    }

    /// Bits that keep every value as it is, where they are integers.
    pub fn own_bits(&self) -> Option<u32> {
        self.integers.map(|(low, high)| IntType::smallest(low, high).bits)
    }

    /// Mean squared error of a quantizer beside the mean square of the values.
    pub fn noise(&self, affine: &Affine) -> f64 {
        let power: f64 = self.sample.iter().map(|v| v * v).sum();
        if power > 0.0 { affine.squared_error(&self.sample) / power } else { 0.0 }
    }
}

/// The quantizers of a group at a width: every point's own, with scales that differ by powers of two, so that sums of
/// codes need shifts only.
pub fn group_quantizers(
    model: &Model,
    values: &[Values],
    group: usize,
    bits: u32,
    options: &Options,
) -> Vec<Affine> {
    let points = &model.groups[group];
    let own: Vec<Affine> = points.iter().map(|point| values[*point].quantizer(bits, options)).collect();
    let base = own[0].scale;
    let tied = |affine: Affine| {
        let exponent = (affine.scale / base).log2();
        let up =
            matches!(options.activations.range, Range::MinMax) || options.activations.scales == Scales::Pow2;
        let exponent = if up { (exponent - 1e-9).ceil() } else { exponent.round() };
        Affine { scale: base * exponent.exp2(), ..affine }
    };
    own.into_iter().map(tied).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(all: &[f64]) -> Values {
        let whole = all.iter().all(|v| v.fract() == 0.0);
        let (low, high) = all.iter().fold((0.0, 0.0), |(l, h): (f64, f64), v| (v.min(l), v.max(h)));
        add(Values::default(), &Seen { sample: all.to_vec(), low, high, whole })
    }

    #[test]
    fn integers_that_fit_are_kept() {
        let grey = values(&[0.0, 3.0, 16.0]);
        assert_eq!(grey.own_bits(), Some(5));
        let kept = grey.quantizer(5, &Options::default());
        assert_eq!((kept.scale, kept.round(16.0)), (1.0, 16.0));
        assert!(grey.quantizer(3, &Options::default()).scale > 1.0);
        assert_eq!(values(&[0.0, 0.5]).own_bits(), None);
    }

    #[test]
    fn noise_falls_with_the_bits() {
        let all = values(&(0..100).map(|i| f64::from(i) / 7.0 - 5.0).collect::<Vec<_>>());
        let noise = |bits| all.noise(&all.quantizer(bits, &Options::default()));
        assert!(all.signed && noise(6) < 0.1 * noise(3) && noise(3) < 0.2);
    }
}
