//! Constants through quantizers: real numbers to integer codes, exactly.

use crate::network::{QuantizedAs, Quantizer};
use crate::number::{Rounding, exact};
use crate::tensor::AxisParam;
use ndarray::{ArrayD, Dimension};
use num_traits::ToPrimitive;

/// The relative error that `x / scale + zero_point` may have in float64, with room to spare (2^−50).
const ERROR: f64 = 1.0 / (1u64 << 50) as f64;

/// The code of every element. Scales are above 0 and all numbers finite, which the importer has checked.
/// The zero point is added before rounding (QONNX) or after it (ONNX), as [`QuantizedAs`] says.
pub(super) fn codes(values: &ArrayD<f64>, quantizer: &Quantizer, output: QuantizedAs) -> ArrayD<i64> {
    let mut codes = ArrayD::zeros(values.raw_dim());
    for ((index, code), value) in codes.indexed_iter_mut().zip(values) {
        let at = |param: &AxisParam| param.at_element(index.slice());
        let (scale, zero_point) = (at(&quantizer.scale), at(&quantizer.zero_point));
        let rounded = match output {
            QuantizedAs::Codes => round(quantizer.rounding, *value, scale, 0.0) + zero_point,
            QuantizedAs::Real => round(quantizer.rounding, *value, scale, zero_point),
        };
        *code = rounded.clamp(at(&quantizer.min), at(&quantizer.max)) as i64;
    }
    codes
}

/// `round(x / scale + zero_point)`: in float64 where its error cannot matter, else in exact rationals (weights
/// that lie exactly on a tie are common).
fn round(rounding: Rounding, x: f64, scale: f64, zero_point: f64) -> f64 {
    let quotient = x / scale;
    let code = quotient + zero_point;
    let error = ERROR * (quotient.abs() + zero_point.abs());
    if code.is_finite() && !rounding.uncertain(code, error.max(f64::MIN_POSITIVE)) && error < 0.25 {
        return nearest(rounding, code);
    }
    let code = exact(x) / exact(scale) + exact(zero_point);
    rounding.exact(&code).to_f64().unwrap_or(f64::NAN)
}

/// Rounds a number that is not near any boundary of the mode.
fn nearest(rounding: Rounding, code: f64) -> f64 {
    match rounding {
        Rounding::Floor => code.floor(),
        Rounding::Ceil => code.ceil(),
        Rounding::Up => code.signum() * code.abs().ceil(),
        Rounding::Down => code.trunc(),
        _ => code.round(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::IxDyn;

    fn quantizer(scale: f64, rounding: Rounding) -> Quantizer {
        let param = AxisParam::scalar;
        Quantizer { scale: param(scale), zero_point: param(0.0), min: param(-8.0), max: param(7.0), rounding }
    }

    fn code(value: f64, quantizer: &Quantizer) -> i64 {
        codes(&ArrayD::from_elem(IxDyn(&[1]), value), quantizer, QuantizedAs::Real)[[0]]
    }

    #[test]
    fn ties_are_exact() {
        let scale = f64::from(0.1f32);
        for (steps, even) in [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-2.5, -2)] {
            assert_eq!(code(steps * scale, &quantizer(scale, Rounding::HalfEven)), even, "{steps}");
        }
        let above = 2.5 * scale * (1.0 + f64::EPSILON);
        assert_eq!(code(above, &quantizer(scale, Rounding::HalfEven)), 3, "just above the tie");
    }

    #[test]
    fn onnx_adds_the_zero_point_after_rounding() {
        let quantizer =
            Quantizer { zero_point: AxisParam::scalar(1.0), ..quantizer(1.0, Rounding::HalfEven) };
        let half = ArrayD::from_elem(IxDyn(&[1]), 0.5);
        assert_eq!(codes(&half, &quantizer, QuantizedAs::Codes)[[0]], 1);
        assert_eq!(codes(&half, &quantizer, QuantizedAs::Real)[[0]], 2);
    }

    #[test]
    fn codes_stay_in_range_whatever_the_scale() {
        assert_eq!(code(f64::MAX, &quantizer(f64::MIN_POSITIVE, Rounding::HalfEven)), 7);
        assert_eq!(code(-1e300, &quantizer(1e-300, Rounding::Floor)), -8);
        assert_eq!(code(1e-300, &quantizer(1e300, Rounding::Ceil)), 1);
        assert_eq!(code(-1e-300, &quantizer(1e300, Rounding::Floor)), -1);
    }

    #[test]
    fn every_axis_has_its_own_scale() {
        let values = ArrayD::from_shape_vec(IxDyn(&[2, 2]), vec![1.0, 2.0, 1.0, 2.0]).unwrap();
        let scale = AxisParam { values: vec![1.0, 0.5], axis: Some(0) };
        let quantizer = Quantizer { scale, ..quantizer(1.0, Rounding::HalfEven) };
        assert_eq!(
            codes(&values, &quantizer, QuantizedAs::Real).iter().copied().collect::<Vec<_>>(),
            [1, 2, 2, 4]
        );
    }
}
