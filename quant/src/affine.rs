//! Uniform quantizers of a set of values: scale, zero point and codes for a width.

use crate::options::{Form, Range, Scales, Style};
use mpqc_ir::number::IntType;

/// A scale, a zero point and the codes that there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Step between codes, a float32.
    pub scale: f64,
    /// Code of zero.
    pub zero: i64,
    /// The codes.
    pub ty: IntType,
}

impl Affine {
    /// The code of a value.
    pub fn code(&self, value: f64) -> i64 {
        if self.ty.is_bipolar() {
            return if value >= 0.0 { 1 } else { -1 };
        }
        let code = (value / self.scale).round_ties_even() + self.zero as f64;
        code.clamp(self.ty.min as f64, self.ty.max as f64) as i64
    }

    /// The value that a value becomes.
    pub fn round(&self, value: f64) -> f64 {
        self.scale * (self.code(value) - self.zero) as f64
    }

    /// Sum of the squared errors of some values.
    pub fn squared_error(&self, values: &[f64]) -> f64 {
        values.iter().map(|v| (v - self.round(*v)).powi(2)).sum()
    }
}

/// Scales that are looked at between nothing and all of the range, for the least squared error.
const STEPS: u32 = 50;
/// The smallest of them, as a part of all.
const LEAST: f64 = 0.2;
/// Bins of a histogram for entropies.
const BINS: usize = 2048;

/// The quantizer of `bits` for values. `signed` says whether negative codes are needed; one signed bit is ±1 times the mean
/// magnitude. Values that are all zero get scale 1.
pub fn fit(values: &[f64], signed: bool, bits: u32, style: Style) -> Affine {
    if signed && bits == 1 {
        let mean = values.iter().map(|v| v.abs()).sum::<f64>() / values.len().max(1) as f64;
        return Affine { scale: usable(mean, style.scales, f64::round), zero: 0, ty: IntType::BIPOLAR };
    }
    let ends = ends(values, style.range);
    let whole = spanning(ends, signed, bits, style);
    match style.range {
        Range::MinMax | Range::Percentile(_) => whole,
        Range::Mse => best(whole, |a| a.squared_error(values), ends, signed, bits, style),
        Range::Entropy => {
            let histogram = Histogram::new(values);
            best(whole, |a| histogram.divergence(a), ends, signed, bits, style)
        }
    }
}

/// The quantizer of the smallest loss among those that span parts of the range.
fn best(
    whole: Affine,
    loss: impl Fn(&Affine) -> f64,
    (low, high): (f64, f64),
    signed: bool,
    bits: u32,
    style: Style,
) -> Affine {
    let (mut best, mut least, mut last) = (whole, loss(&whole), whole);
    for step in 1..STEPS {
        let part = 1.0 - f64::from(step) * (1.0 - LEAST) / f64::from(STEPS);
        let affine = spanning((low * part, high * part), signed, bits, style);
        if affine == last {
            continue;
        }
        last = affine;
        let found = loss(&affine);
        if found < least {
            (best, least) = (affine, found);
        }
    }
    best
}

/// The smallest and the largest value that are to be spanned, zero between them.
fn ends(values: &[f64], range: Range) -> (f64, f64) {
    let Range::Percentile(percent) = range else {
        return values.iter().fold((0.0, 0.0), |(low, high), v| (v.min(low), v.max(high)));
    };
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |part: f64| {
        let last = sorted.len().saturating_sub(1) as f64;
        sorted.get((part * last).round() as usize).copied().unwrap_or(0.0)
    };
    let part = (percent / 100.0).clamp(0.5, 1.0);
    (at(1.0 - part).min(0.0), at(part).max(0.0))
}

/// The quantizer whose codes span a range.
fn spanning((low, high): (f64, f64), signed: bool, bits: u32, style: Style) -> Affine {
    let narrow = style.form == Form::Narrow;
    let up = |exponent: f64| (exponent - 1e-9).ceil();
    if style.form == Form::Asymmetric && signed {
        let ty = IntType::quantizer(false, bits, false);
        let scale = usable((high - low) / ty.max as f64, style.scales, up);
        let zero = (-low / scale).round().clamp(0.0, ty.max as f64) as i64;
        return Affine { scale, zero, ty };
    }
    let ty = IntType::quantizer(signed, bits, narrow && (signed || bits > 1));
    let step = (high / ty.max.max(1) as f64).max(if signed { low / ty.min as f64 } else { 0.0 });
    Affine { scale: usable(step, style.scales, up), zero: 0, ty }
}

/// A float32 above zero; a power of two where asked for, its exponent rounded as told.
fn usable(step: f64, scales: Scales, exponent: fn(f64) -> f64) -> f64 {
    let step = match scales {
        Scales::Free => step,
        Scales::Pow2 => exponent(step.log2()).exp2(),
    };
    let step = f64::from(step as f32);
    if step.is_normal() && step > 0.0 { step } else { 1.0 }
}

/// How often values fall into bins of equal width.
struct Histogram {
    low: f64,
    width: f64,
    counts: Vec<f64>,
}

impl Histogram {
    fn new(values: &[f64]) -> Histogram {
        let (low, high) = ends(values, Range::MinMax);
        let width = if high > low { (high - low) / BINS as f64 } else { 1.0 };
        let mut counts = vec![0.0; BINS];
        for value in values {
            counts[(((value - low) / width) as usize).min(BINS - 1)] += 1.0;
        }
        Histogram { low, width, counts }
    }

    /// Kullback-Leibler divergence of the histogram from the one that a quantizer leaves, where every code's count is
    /// spread over the bins that became the code.
    fn divergence(&self, affine: &Affine) -> f64 {
        let first = affine.ty.min;
        let codes: Vec<usize> = (0..BINS)
            .map(|bin| (affine.code(self.low + (bin as f64 + 0.5) * self.width) - first) as usize)
            .collect();
        let levels = affine.ty.levels() as usize + 1;
        let (mut mass, mut bins) = (vec![0.0; levels], vec![0.0; levels]);
        let inside = |bin: usize| {
            let value = self.low + (bin as f64 + 0.5) * self.width;
            (value - affine.round(value)).abs() <= affine.scale
        };
        for (bin, code) in codes.iter().enumerate() {
            mass[*code] += self.counts[bin];
            bins[*code] += f64::from(u8::from(self.counts[bin] > 0.0 && inside(bin)));
        }
        let total: f64 = self.counts.iter().sum();
        let term = |bin: usize| {
            let p = self.counts[bin] / total;
            let q = if inside(bin) { mass[codes[bin]] / bins[codes[bin]].max(1.0) / total } else { 0.0 };
            if p == 0.0 { 0.0 } else { p * (p / q.max(1e-9)).ln() }
        };
        (0..BINS).map(term).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn style(form: Form, scales: Scales, range: Range) -> Style {
        Style { form, scales, range }
    }

    #[test]
    fn codes_span_the_range() {
        let values = [-1.0, 0.25, 0.5, 3.0];
        let symmetric = fit(&values, true, 3, style(Form::Symmetric, Scales::Free, Range::MinMax));
        assert_eq!((symmetric.scale, symmetric.round(3.0), symmetric.round(-9.0)), (1.0, 3.0, -4.0));
        let narrow = fit(&values, true, 3, style(Form::Narrow, Scales::Free, Range::MinMax));
        assert_eq!(narrow.round(-9.0), -3.0);
        let asymmetric = fit(&values, true, 2, style(Form::Asymmetric, Scales::Pow2, Range::MinMax));
        assert_eq!((asymmetric.scale, asymmetric.zero, asymmetric.round(9.0)), (2.0, 1, 4.0));
    }

    #[test]
    fn one_bit_is_the_sign_times_the_mean() {
        let affine = fit(&[-1.0, 2.0, 3.0], true, 1, Style::default());
        assert_eq!((affine.round(0.1), affine.round(-7.0)), (2.0, -2.0));
    }

    #[test]
    fn outliers_are_clipped_where_that_pays() {
        let mut values: Vec<f64> = (0..1000).map(|i| f64::from(i) / 1000.0).collect();
        values.push(4.0);
        let error = |range| {
            fit(&values, false, 3, style(Form::Symmetric, Scales::Free, range)).squared_error(&values)
        };
        assert!(error(Range::Mse) < 0.8 * error(Range::MinMax));
        let top = |range| {
            let affine = fit(&values, false, 3, style(Form::Symmetric, Scales::Free, range));
            affine.round(9.0)
        };
        assert!(
            top(Range::Percentile(99.8)) < 1.01 && top(Range::Entropy) < 3.99 && top(Range::MinMax) > 3.99
        );
    }

    proptest! {
        #[test]
        fn more_bits_lose_no_more_and_powers_of_two_are(values in prop::collection::vec(-5.0f64..5.0, 4..60)) {
            let error = |bits, scales| {
                let affine = fit(&values, true, bits, style(Form::Symmetric, scales, Range::Mse));
                prop_assert!(scales == Scales::Free || affine.scale.log2().fract() == 0.0);
                Ok(affine.squared_error(&values))
            };
            prop_assert!(error(8, Scales::Free)? <= error(4, Scales::Free)? + 1e-12);
            prop_assert!(error(8, Scales::Pow2)? <= error(3, Scales::Pow2)? + 1e-12);
        }
    }
}
