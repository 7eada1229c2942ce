//! Weights that are stored as plain numbers but are integers: annotated ones, and those that just are.

use super::call::Call;
use super::datatype::Datatype;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::number::IntType;
use crate::tensor::{AxisParam, Constant};
use ndarray::ArrayD;

/// Widest weight that hardware carries.
pub(super) const WIDEST: u32 = 16;

impl Call<'_, '_> {
    /// Restates a constant that multiplies activations as [`Constant::Quantized`], where it is made of integers:
    /// the annotated type where every value keeps the promise, else the narrowest type that holds them.
    ///
    /// # Errors
    /// The constant is quantized to codes of more than 16 bits.
    pub(super) fn restate_weight(&mut self, value: &Value) -> Result<(), Diagnostic> {
        let annotated = self.annotations.get(&value.tensor);
        let Some(data) = self.data(value) else { return Ok(()) };
        if let Constant::Quantized { codes, ty, .. } = data {
            return self.check_width(codes, *ty, value);
        }
        if let Some(restated) = quantized(data, annotated) {
            self.check_folding(&value.shape)?;
            self.builder.restate(value, restated);
        }
        Ok(())
    }

    fn check_width(&self, codes: &ArrayD<i64>, ty: IntType, value: &Value) -> Result<(), Diagnostic> {
        let spanned = range(codes).map_or(1, |(min, max)| IntType::smallest(min, max).bits);
        if ty.bits <= WIDEST || spanned <= WIDEST {
            return Ok(());
        }
        let reason = format!("the weights `{}` take {spanned} bits", value.tensor);
        Err(self.bad_value(reason, format!("quantize weights to {WIDEST} bits at most")))
    }
}

fn range(codes: &ArrayD<i64>) -> Option<(i64, i64)> {
    Some((codes.iter().copied().min()?, codes.iter().copied().max()?))
}

/// The constant as codes; `None` where its values are no small integers.
fn quantized(data: &Constant, annotated: Option<Datatype>) -> Option<Constant> {
    let fraction = if let Some(Datatype::Fixed { fraction, .. }) = annotated { fraction } else { 0 };
    let scale = 0.5f64.powi(fraction.cast_signed());
    let codes = data.to_real().mapv(|value| value / scale);
    let limit = f64::from(1u32 << WIDEST);
    if !codes.iter().all(|code| code.fract() == 0.0 && code.abs() <= limit) {
        return None;
    }
    let codes = codes.mapv(|code| code as i64);
    let ty = promised(annotated, &codes).or_else(|| narrowest(&codes))?;
    let zero_point = AxisParam::scalar(0.0);
    Some(Constant::Quantized { codes, ty, scale: AxisParam::scalar(scale), zero_point })
}

/// The annotated type, if the codes keep its promise.
fn promised(annotated: Option<Datatype>, codes: &ArrayD<i64>) -> Option<IntType> {
    let ty = match annotated? {
        Datatype::Int(ty) | Datatype::Scaled(ty) => ty,
        Datatype::Fixed { bits, .. } => IntType::quantizer(true, bits, false),
        Datatype::Float => return None,
    };
    (ty.bits <= WIDEST && codes.iter().all(|code| ty.contains(*code))).then_some(ty)
}

/// The narrowest type of the codes; ±1 alone is bipolar.
fn narrowest(codes: &ArrayD<i64>) -> Option<IntType> {
    let (min, max) = range(codes)?;
    let bipolar = min == -1 && max == 1 && codes.iter().all(|code| *code != 0);
    let ty = if bipolar { IntType::BIPOLAR } else { IntType::smallest(min, max) };
    (ty.bits <= WIDEST).then_some(ty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::IxDyn;

    fn ty(values: &[f64], annotated: &str) -> Option<String> {
        let data = Constant::Float(ArrayD::from_shape_vec(IxDyn(&[values.len()]), values.to_vec()).unwrap());
        let restated = quantized(&data, Datatype::parse(annotated))?;
        assert_eq!(restated.to_real(), data.to_real());
        if let Constant::Quantized { ty, .. } = restated { Some(ty.to_string()) } else { None }
    }

    #[test]
    fn integers_become_codes() {
        assert_eq!(ty(&[1.0, -1.0, 1.0], "").as_deref(), Some("bipolar"));
        assert_eq!(ty(&[1.0, -1.0, 1.0], "INT4").as_deref(), Some("i4"));
        assert_eq!(ty(&[1.0, 0.0, -1.0], "TERNARY").as_deref(), Some("i2[-1,1]"));
        assert_eq!(ty(&[1.0, 0.0, -1.0], "BIPOLAR").as_deref(), Some("i2[-1,1]"), "the promise is broken");
        assert_eq!(ty(&[0.25, -1.5], "FIXED<4,2>").as_deref(), Some("i4"));
        assert_eq!(ty(&[0.25, -1.5], "INT4"), None);
        assert_eq!(ty(&[1e6], ""), None);
    }
}
