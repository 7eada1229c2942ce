//! Quantizers: real numbers to codes and back.

use super::operands::{Evaluated, bad_shape, ensure, operand, owned};
use super::runs::{along, with_params};
use super::tolerance;
use crate::network::{QuantizedAs, Quantizer};
use crate::tensor::AxisParam;
use ndarray::ArrayD;

type Inputs<'a> = [Option<&'a ArrayD<f64>>];

/// A uniform quantizer, as [`QuantizedAs`] defines it for codes and for real values.
pub(super) fn quantize(q: &Quantizer, output: QuantizedAs, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let mut y = owned(operand(inputs, 0)?.view());
    let round = |x| q.rounding.float(x);
    with_params(&mut y, [&q.scale, &q.zero_point, &q.min, &q.max], |run, [scale, zero, min, max]| {
        for v in run {
            *v = match output {
                // ONNX rounds the quotient: a tie is decided before an odd zero point could turn it round
                QuantizedAs::Codes => (round(*v / scale) + zero).max(min).min(max),
                QuantizedAs::Real => (round((*v / scale + zero).max(min).min(max)) - zero) * scale,
            };
        }
    })?;
    Ok(y)
}

/// `scale · (x − zero_point)`.
pub(super) fn dequantize(
    scale: &AxisParam,
    zero_point: &AxisParam,
    inputs: &Inputs<'_>,
) -> Evaluated<ArrayD<f64>> {
    let mut y = owned(operand(inputs, 0)?.view());
    with_params(&mut y, [scale, zero_point], |run, [scale, zero]| {
        run.iter_mut().for_each(|v| *v = scale * (*v - zero));
    })?;
    Ok(y)
}

/// `+scale` where `x ≥ 0`, else `−scale`.
pub(super) fn bipolar(scale: &AxisParam, inputs: &Inputs<'_>) -> Evaluated<ArrayD<f64>> {
    let mut y = owned(operand(inputs, 0)?.view());
    with_params(&mut y, [scale], |run, [scale]| {
        run.iter_mut().for_each(|v| *v = if *v >= 0.0 { scale } else { -scale });
    })?;
    Ok(y)
}

/// `scale · #{k : x ≥ thresholds[channel][k]} + bias`; a value within 2^−40 (relative) below a threshold
/// reaches it, because exact arithmetic may have put it there.
pub(super) fn multi_threshold(
    thresholds: &[Vec<f64>],
    axis: usize,
    [scale, bias]: [f64; 2],
    inputs: &Inputs<'_>,
) -> Evaluated<ArrayD<f64>> {
    let mut y = owned(operand(inputs, 0)?.view());
    let bounds = |row: &Vec<f64>| row.iter().map(|&t| tolerance::reaching(t)).collect::<Vec<f64>>();
    let rows: Vec<_> = thresholds.iter().map(bounds).collect();
    let level = |row: &[f64], x: f64| scale * row.partition_point(|&t| x >= t) as f64 + bias;
    match rows.as_slice() {
        [] => return Err(bad_shape("there are no thresholds")),
        [row] => y.mapv_inplace(|x| level(row, x)),
        rows => {
            let channels = y.shape().get(axis);
            ensure(channels == Some(&rows.len()), || {
                format!("{} rows of thresholds for axis {axis} of shape {:?}", rows.len(), y.shape())
            })?;
            along(&mut y, axis, |run, c| run.iter_mut().for_each(|v| *v = level(&rows[c], *v)))?;
        }
    }
    Ok(y)
}
