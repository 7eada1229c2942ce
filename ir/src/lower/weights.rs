//! Weights as exact integers times scales, one row an output.

use crate::diagnostic::{Code, Diagnostic};
use crate::number::{Exact, IntType, exact};
use crate::scalar::at;
use crate::tensor::Constant;
use ndarray::{Array2, ArrayD, Axis};
use num_traits::One;

/// Widest weights that the hardware carries.
pub(crate) const MAX_WEIGHT_BITS: u32 = 16;

/// Weights as exact integers times a scale per output and one per input.
pub(crate) struct Weights {
    /// `[outputs][inputs of a group]`, zero point subtracted.
    pub codes: Array2<i64>,
    /// One or per output.
    pub output_scale: Vec<Exact>,
    /// One or per input.
    pub input_scale: Vec<Exact>,
}

impl Weights {
    /// The matrix `[outputs][inputs]`, transposed from the constant's `[inputs][outputs]` if `transpose`.
    pub fn matrix(constant: &Constant, transpose: bool, node: &str) -> Result<Weights, Diagnostic> {
        let (codes, scale, axis) = integer_codes(constant, node)?;
        let shape = codes.shape().to_vec();
        let codes = codes.into_dimensionality::<ndarray::Ix2>().map_err(|_| {
            let reason = format!("weights of shape {shape:?} are not a matrix");
            Diagnostic::new(Code::BadShape, node, reason, "use one matrix for all vectors")
        })?;
        let one = || vec![Exact::one()];
        let along_outputs = axis.is_none_or(|a| (a == 1) == transpose);
        let (output_scale, input_scale) = if along_outputs { (scale, one()) } else { (one(), scale) };
        let codes = if transpose { codes.reversed_axes().as_standard_layout().into_owned() } else { codes };
        Ok(Weights { codes, output_scale, input_scale })
    }

    /// Kernels `[outputs][channels of a group][rows][columns]` (or without rows) with the columns of the matrix in
    /// a window's order: rows, columns, channels.
    pub fn kernels(constant: &Constant, node: &str) -> Result<Weights, Diagnostic> {
        let (codes, scale, axis) = integer_codes(constant, node)?;
        let [outputs, channels] = [codes.shape()[0], codes.shape()[1]];
        let taps = codes.len() / (outputs * channels).max(1);
        let order: Vec<usize> = [0].into_iter().chain(2..codes.ndim()).chain([1]).collect();
        let last = codes.permuted_axes(order).as_standard_layout().into_owned();
        let codes = last
            .into_shape_with_order((outputs, taps * channels))
            .expect("kernels have outputs × taps × channels elements");
        let one = || vec![Exact::one()];
        let (output_scale, input_scale) = match axis {
            None | Some(0) => (scale, one()),
            Some(1) => (one(), (0..taps * channels).map(|i| at(&scale, i % channels).clone()).collect()),
            Some(_) => {
                let reason = "the scales of its weights differ within a kernel";
                let help = "quantize weights per tensor or per output channel";
                return Err(Diagnostic::new(Code::ScaleNotFoldable, node, reason, help));
            }
        };
        Ok(Weights { codes, output_scale, input_scale })
    }

    /// Column `to[i]` of the result is column `i`; places without one are 0.
    pub fn placed(self, to: &[usize], inputs: usize) -> Weights {
        if to.iter().copied().eq(0..inputs) {
            return self;
        }
        let mut codes = Array2::zeros((self.codes.nrows(), inputs));
        let mut input_scale = vec![self.input_scale[0].clone(); inputs];
        for (column, place) in to.iter().enumerate() {
            codes.column_mut(*place).assign(&self.codes.column(column));
            input_scale[*place] = at(&self.input_scale, column).clone();
        }
        Weights { codes, input_scale, output_scale: self.output_scale }
    }
}

/// Codes less their zero points, the scale, and the axis that the scale runs along.
pub(crate) type IntegerCodes = (ArrayD<i64>, Vec<Exact>, Option<usize>);

/// The codes of a quantized constant.
pub(crate) fn integer_codes(constant: &Constant, node: &str) -> Result<IntegerCodes, Diagnostic> {
    let Constant::Quantized { codes, scale, zero_point, .. } = constant else {
        return Err(Diagnostic::new(
            Code::MissingQuantizer,
            node,
            "its weights are floats without a quantizer",
            "quantize the weights (Quant or DequantizeLinear), or annotate their integer datatype",
        ));
    };
    if zero_point.values.iter().any(|z| z.fract() != 0.0) {
        let reason = "the weights' zero point is not an integer";
        return Err(Diagnostic::new(Code::ScaleNotFoldable, node, reason, "use an integer zero point"));
    }
    let mut centered = codes.clone();
    match zero_point.axis.filter(|_| zero_point.values.len() > 1) {
        None => centered -= zero_point.values[0] as i64,
        Some(axis) => {
            for (mut lane, zero) in centered.axis_iter_mut(Axis(axis)).zip(&zero_point.values) {
                lane -= *zero as i64;
            }
        }
    }
    let axis = scale.axis.filter(|_| scale.values.len() > 1);
    Ok((centered, scale.values.iter().map(|s| exact(*s)).collect(), axis))
}

/// The narrowest type of weights; all ±1 is bipolar.
pub(crate) fn narrowest(weights: &Array2<i64>, node: &str) -> Result<IntType, Diagnostic> {
    if weights.iter().all(|w| w.abs() == 1) {
        return Ok(IntType::BIPOLAR);
    }
    let min = weights.iter().copied().min().unwrap_or(0);
    let max = weights.iter().copied().max().unwrap_or(0);
    let ty = IntType::smallest(min, max);
    if ty.bits > MAX_WEIGHT_BITS {
        let reason = format!("its weights need {} bits; hardware carries {MAX_WEIGHT_BITS}", ty.bits);
        return Err(Diagnostic::new(Code::TooWide, node, reason, "quantize the weights to 16 bits or fewer"));
    }
    Ok(ty)
}
