//! Streams of integers with an affine meaning: what arrays, sums and averages take.

use super::context::Lowering;
use super::value::IntValue;
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{IntOp, Requantize, ScaleShift};
use crate::number::{Exact, IntType};
use crate::scalar::{ScalarFn, at};
use num_traits::{ToPrimitive, Zero};
use std::sync::Arc;

/// Widest integers that arrays multiply.
const MAX_OPERAND_BITS: u32 = 24;

/// Factor and addend per channel, or for all.
pub(crate) type Affine = (Vec<Exact>, Vec<Exact>);

impl Lowering<'_> {
    /// The tensor as integers whose meaning is affine: codes, or sums without a quantizer where they are short.
    pub fn integers(&mut self, value: &IntValue, node: &str) -> Result<(IntValue, Affine), Diagnostic> {
        let value = self.materialize(value)?;
        let meaning = value.function.as_affine().ok_or_else(|| missing_quantizer(node, &value))?;
        if value.ty.bits > MAX_OPERAND_BITS {
            return Err(missing_quantizer(node, &value));
        }
        Ok((value, meaning))
    }

    /// `mul[c] · x + add[c]`, clamped to `min` and `max` where given; the meaning of the result is `function`.
    pub fn rescaled(
        &mut self,
        value: &IntValue,
        (mul, add): (Vec<i64>, Vec<i64>),
        function: ScalarFn,
        suffix: &str,
    ) -> IntValue {
        let channels = mul.len().max(add.len());
        let end = |c: usize, x: i64| at(&mul, c) * x + at(&add, c);
        let ends = (0..channels).flat_map(|c| [end(c, value.ty.min), end(c, value.ty.max)]);
        let (min, max) = ends.fold((i64::MAX, i64::MIN), |(low, high), y| (low.min(y), high.max(y)));
        let output = IntType::smallest(min, max);
        let scale = Some(Arc::new(ScaleShift { mul, add, shift: 0, min, max }));
        let op = IntOp::Requantize(Requantize { output, thresholds: None, scale });
        let name = format!("{}_{suffix}", self.graph[value.node].name);
        let node = self.add(&name, value.pending.clone(), op, &[value]);
        IntValue { node, ty: output, function, pending: Vec::new(), ..value.clone() }
    }

    /// The stream with a code of real zero, and that code: for padding. `value`'s meaning is `meaning`.
    pub fn with_zero(
        &mut self,
        value: IntValue,
        meaning: Affine,
        node: &str,
    ) -> Result<(IntValue, Affine, i64), Diagnostic> {
        let codes = zero_codes(&meaning).ok_or_else(|| no_zero(node, &value, &meaning))?;
        let same = codes.iter().all(|c| *c == codes[0]);
        if same && !value.ty.is_bipolar() {
            return Ok((value, meaning, codes[0]));
        }
        // Codes less the code of zero, in a type that has zero.
        let zero = if same { codes[0] } else { 0 };
        let shift = if same { vec![0] } else { codes.iter().map(|c| -c).collect() };
        let meaning = if same { meaning } else { (meaning.0, vec![Exact::zero()]) };
        let function = ScalarFn::affine(meaning.0.clone(), meaning.1.clone());
        Ok((self.rescaled(&value, (vec![1], shift), function, "centered"), meaning, zero))
    }
}

/// The code of real zero in every channel, or one for all; `None` where one is not an integer.
fn zero_codes((mul, add): &Affine) -> Option<Vec<i64>> {
    let code = |c: usize| {
        let (mul, add) = (at(mul, c), at(add, c));
        if mul.is_zero() {
            return add.is_zero().then_some(0);
        }
        let code = -add / mul;
        code.is_integer().then(|| code.to_integer().to_i64())?
    };
    (0..mul.len().max(add.len())).map(code).collect()
}

fn no_zero(node: &str, value: &IntValue, (mul, add): &Affine) -> Diagnostic {
    let code = if mul[0].is_zero() { f64::NAN } else { crate::scalar::f64_of(&(-&add[0] / &mul[0])) };
    let reason = format!(
        "its padding is real zero, which is no integer ({code}) among its operand's codes ({})",
        value.ty
    );
    Diagnostic::new(
        Code::ScaleNotFoldable,
        node,
        reason,
        "quantize its operand with an integer zero point, or do not pad",
    )
}

/// An array's operand is no code.
pub(crate) fn missing_quantizer(node: &str, x: &IntValue) -> Diagnostic {
    let last = x.pending.last().cloned().unwrap_or_default();
    Diagnostic::new(
        Code::MissingQuantizer,
        node,
        format!("its activations come from `{last}` without a quantizer"),
        format!("put a quantizer (Quant, QuantizeLinear) between `{last}` and `{node}`"),
    )
}
