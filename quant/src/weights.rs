//! Weights of a layer at a width, one or per output channel.

use crate::affine::{Affine, fit};
use crate::options::Options;
use mpqc_ir::number::IntType;
use mpqc_ir::tensor::{AxisParam, Constant};
use ndarray::{ArrayD, Axis};

/// Weights as codes, with what they lose.
#[derive(Clone, Debug)]
pub struct Quantized {
    /// Codes, scales and zero points.
    pub constant: Constant,
    /// Squared error, for each output channel.
    pub squared_error: Vec<f64>,
}

/// Quantizes weights. `axis` is that of the output channels; `bits` is one width, or one a channel.
pub fn quantize(values: &ArrayD<f64>, axis: Option<usize>, bits: &[u32], options: &Options) -> Quantized {
    let parts: Vec<Vec<f64>> = match axis {
        Some(axis) => values.axis_iter(Axis(axis)).map(|part| part.iter().copied().collect()).collect(),
        None => vec![values.iter().copied().collect()],
    };
    let width = |part: usize| bits[part.min(bits.len() - 1)];
    let fits: Vec<Affine> = if options.per_channel || bits.len() > 1 {
        parts.iter().enumerate().map(|(i, part)| fit(part, true, width(i), options.weights)).collect()
    } else {
        let all: Vec<f64> = values.iter().copied().collect();
        vec![fit(&all, true, width(0), options.weights); parts.len()]
    };
    let squared_error = parts.iter().zip(&fits).map(|(part, fit)| fit.squared_error(part)).collect();
    Quantized { constant: constant(values, axis, &fits), squared_error }
}

fn constant(values: &ArrayD<f64>, axis: Option<usize>, fits: &[Affine]) -> Constant {
    let mut codes = values.mapv(|_| 0i64);
    match axis {
        Some(axis) => {
            let parts = codes.axis_iter_mut(Axis(axis)).zip(values.axis_iter(Axis(axis)));
            for ((mut codes, values), fit) in parts.zip(fits) {
                codes.zip_mut_with(&values, |code, value| *code = fit.code(*value));
            }
        }
        None => codes.zip_mut_with(values, |code, value| *code = fits[0].code(*value)),
    }
    let along = |of: fn(&Affine) -> f64| {
        let values: Vec<f64> = fits.iter().map(of).collect();
        let equal = values.iter().all(|v| *v == values[0]);
        if equal { AxisParam::scalar(values[0]) } else { AxisParam { values, axis } }
    };
    let (scale, zero_point) = (along(|fit| fit.scale), along(|fit| fit.zero as f64));
    Constant::Quantized { codes, ty: widest(fits), scale, zero_point }
}

/// The type that holds all codes.
fn widest(fits: &[Affine]) -> IntType {
    let widest = fits.iter().map(|fit| fit.ty).max_by_key(|ty| ty.bits).unwrap_or(IntType::BIPOLAR);
    let all_equal = fits.iter().all(|fit| fit.ty == widest);
    if all_equal { widest } else { IntType::quantizer(true, widest.bits.max(2), false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_has_its_own_width_and_scale() {
        let values = ArrayD::from_shape_vec(vec![2, 3], vec![1.0, -2.0, 4.0, 0.1, 0.2, -0.4]).unwrap();
        let of = |bits: &[u32]| quantize(&values, Some(0), bits, &Options::default());
        let (few, more) = (of(&[2, 2]), of(&[2, 6]));
        assert_eq!(few.squared_error[0], more.squared_error[0]);
        assert!(more.squared_error[1] < 0.1 * few.squared_error[1]);
        let Constant::Quantized { codes, ty, scale, .. } = &more.constant else { panic!("codes") };
        assert_eq!((ty.bits, scale.values.len()), (6, 2));
        assert!(codes.iter().all(|code| ty.contains(*code)));
        let whole: f64 = (&more.constant.to_real() - &values).mapv(|e| e * e).sum();
        assert!((whole - more.squared_error.iter().sum::<f64>()).abs() < 1e-12);
    }
}
