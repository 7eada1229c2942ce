//! Operands that must be constant: scales, zero points, axes, shapes.

use super::axis;
use super::call::Call;
use super::value::Value;
use crate::diagnostic::{Code, Diagnostic};
use crate::tensor::{AxisParam, Constant};
use ndarray::ArrayD;

type Result<T> = std::result::Result<T, Diagnostic>;

impl Call<'_, '_> {
    /// The data of an operand that must be constant.
    pub(super) fn constant(&self, index: usize, what: &str) -> Result<&Constant> {
        let value = self.operand(index)?;
        self.builder.constant(&value).ok_or_else(|| self.not_constant(&value, what))
    }

    fn not_constant(&self, value: &Value, what: &str) -> Diagnostic {
        let reason = format!("the {what} (`{}`) is computed at run time", value.tensor);
        self.error(Code::NotConstant, reason, format!("export the model with a constant {what}"))
    }

    /// A constant operand as finite real numbers.
    pub(super) fn reals(&self, index: usize, what: &str) -> Result<ArrayD<f64>> {
        let real = self.constant(index, what)?.to_real();
        match real.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(self.bad_value(format!("the {what} holds {value}"), "it must be finite")),
            None => Ok(real),
        }
    }

    /// A constant operand as integers, in row-major order.
    pub(super) fn integers(&self, index: usize, what: &str) -> Result<Vec<i64>> {
        let data = self.constant(index, what)?;
        if let Constant::Int(values) = data {
            return Ok(values.iter().copied().collect());
        }
        let exact = |value: f64| (value.fract() == 0.0 && value.abs() < 9.0e15).then_some(value as i64);
        let all: Option<Vec<i64>> = data.to_real().iter().map(|value| exact(*value)).collect();
        all.ok_or_else(|| self.bad_value(format!("the {what} is not made of integers"), "it must be"))
    }

    /// A constant operand as integers, if it is there.
    pub(super) fn optional_integers(&self, index: usize, what: &str) -> Result<Option<Vec<i64>>> {
        self.optional(index).map(|_| self.integers(index, what)).transpose()
    }

    /// A constant operand of one number.
    pub(super) fn number(&self, index: usize, what: &str) -> Result<f64> {
        let values = self.reals(index, what)?;
        match values.iter().collect::<Vec<_>>().as_slice() {
            [value] => Ok(**value),
            _ => Err(self
                .bad_shape(format!("the {what} has shape {:?} where one number is needed", values.shape()))),
        }
    }

    /// A constant operand of one number, if it is there.
    pub(super) fn optional_number(&self, index: usize, what: &str) -> Result<Option<f64>> {
        self.optional(index).map(|_| self.number(index, what)).transpose()
    }

    /// A constant operand that is broadcast over a tensor and varies along one of its axes at most.
    pub(super) fn broadcast_param(&self, index: usize, what: &str, shape: &[usize]) -> Result<AxisParam> {
        let values = self.reals(index, what)?;
        axis::broadcast(&values, shape).ok_or_else(|| {
            let reason =
                format!("the {what} of shape {:?} does not run along one axis of {shape:?}", values.shape());
            self.error(Code::BadShape, reason, format!("use a {what} per tensor or along one axis"))
        })
    }

    /// As [`broadcast_param`](Self::broadcast_param), and every value must be above 0.
    pub(super) fn scale_param(&self, index: usize, shape: &[usize]) -> Result<AxisParam> {
        let scale = self.broadcast_param(index, "scale", shape)?;
        self.check_scale(&scale).map(|()| scale)
    }

    /// Refuses scales of zero and below.
    pub(super) fn check_scale(&self, scale: &AxisParam) -> Result<()> {
        match scale.values.iter().find(|value| **value <= 0.0) {
            Some(value) => Err(self.bad_value(format!("a scale is {value}"), "every scale must be above 0")),
            None => Ok(()),
        }
    }

    /// An axis counted from the front; negative ones count from the back.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize> {
        axis::normalize(axis, rank).ok_or_else(|| {
            self.error(
                Code::BadShape,
                format!("axis {axis} of a tensor of {rank} axes"),
                "the axis must exist",
            )
        })
    }

    /// Axes counted from the front, each at most once.
    pub(super) fn axes(&self, axes: &[i64], rank: usize) -> Result<Vec<usize>> {
        let mut all = axes.iter().map(|axis| self.axis(*axis, rank)).collect::<Result<Vec<_>>>()?;
        all.sort_unstable();
        match all.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(self.bad_shape(format!("axis {} occurs twice", pair[0]))),
            None => Ok(all),
        }
    }
}
