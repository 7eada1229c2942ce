//! Streams of integers with an affine meaning: what arrays, sums and averages take.

use super::context::Lowering;
use super::value::IntValue;
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{IntOp, Requantize, ScaleShift};
use crate::number::{Exact, IntType};
use crate::scalar::{ScalarFn, Step, at, f64_of};
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::sync::Arc;

/// Widest integers that arrays multiply.
const MAX_OPERAND_BITS: u32 = 24;

/// Widest sums that are clamped: their multiples stay within 62 bits.
const MAX_CLAMPED_BITS: u32 = 36;

/// Factor and addend per channel, or for all.
pub(crate) type Affine = (Vec<Exact>, Vec<Exact>);

impl Lowering<'_> {
    /// The tensor as integers whose meaning is affine and that an array multiplies: codes, or sums without a quantizer
    /// where they are short.
    pub fn integers(&mut self, value: &IntValue, node: &str) -> Result<(IntValue, Affine), Diagnostic> {
        let (value, meaning) = self.affine(value, node)?;
        match value.ty.bits <= MAX_OPERAND_BITS {
            true => Ok((value, meaning)),
            false => Err(missing_quantizer(self, node, &value)),
        }
    }

    /// The tensor as integers of any width whose meaning is affine.
    pub fn affine(&mut self, value: &IntValue, node: &str) -> Result<(IntValue, Affine), Diagnostic> {
        let value = self.materialize(value)?;
        let value = match self.clamped(&value) {
            Some(clamped) => clamped,
            None => return Err(missing_quantizer(self, node, &value)),
        };
        match value.function.as_affine() {
            Some(meaning) => Ok((value, meaning)),
            None => Err(missing_quantizer(self, node, &value)),
        }
    }

    /// A stream with its clamps (ReLU, Clip) behind it taken, where short integers do it exactly.
    fn clamped(&mut self, value: &IntValue) -> Option<IntValue> {
        let Some(at) = value.function.0.iter().position(|s| matches!(s, Step::Clamp { .. })) else {
            return Some(value.clone());
        };
        let (before, rest) = value.function.0.split_at(at);
        let (Step::Clamp { min, max }, meaning) = (&rest[0], ScalarFn(before.to_vec()).as_affine()?) else {
            return None;
        };
        let grid = Grid::new(&meaning, value.shape.channels).filter(|_| value.ty.bits <= MAX_CLAMPED_BITS)?;
        let bounds = grid.bounds(min.as_ref(), max.as_ref())?;
        let function = rest[1..]
            .iter()
            .cloned()
            .fold(ScalarFn::affine(grid.step.clone(), vec![Exact::zero()]), ScalarFn::then);
        let result = self.rescaled_within(value, (grid.mul, grid.add), bounds, function, "clamped");
        if result.ty.bits > MAX_OPERAND_BITS { None } else { self.clamped(&result) }
    }

    /// `mul[c] · x + add[c]`; the meaning of the result is `function`.
    pub fn rescaled(
        &mut self,
        value: &IntValue,
        (mul, add): (Vec<i64>, Vec<i64>),
        function: ScalarFn,
        suffix: &str,
    ) -> IntValue {
        self.rescaled_within(value, (mul, add), (i64::MIN, i64::MAX), function, suffix)
    }

    fn rescaled_within(
        &mut self,
        value: &IntValue,
        (mul, add): (Vec<i64>, Vec<i64>),
        (least, most): (i64, i64),
        function: ScalarFn,
        suffix: &str,
    ) -> IntValue {
        let channels = mul.len().max(add.len());
        let end = |c: usize, x: i64| (at(&mul, c) * x + at(&add, c)).clamp(least, most);
        let ends = (0..channels).flat_map(|c| [end(c, value.ty.min), end(c, value.ty.max)]);
        let (min, max) = ends.fold((i64::MAX, i64::MIN), |(low, high), y| (low.min(y), high.max(y)));
        let output = IntType::smallest(min, max);
        let scale = Some(Arc::new(ScaleShift { mul, add, shift: 0, min, max }));
        let op = IntOp::Requantize(Requantize { output, thresholds: None, scale });
        let name = format!("{}_{suffix}", self.graph[value.node].name);
        let node = self.add(&name, value.pending.clone(), op, &[value]);
        IntValue { node, ty: output, function, pending: Vec::new(), ..value.clone() }
    }

    /// The stream with one code for `real` in all channels, for padding: the stream, its meaning, the code.
    pub fn with_code(
        &mut self,
        value: IntValue,
        meaning: Affine,
        real: &Exact,
        node: &str,
    ) -> Result<(IntValue, Affine, i64), Diagnostic> {
        let codes = codes_of(real, &meaning).ok_or_else(|| no_code(real, node, &value, &meaning))?;
        let same = codes.iter().all(|c| *c == codes[0]);
        if same && !value.ty.is_bipolar() {
            return Ok((value, meaning, codes[0]));
        }
        // Codes less the code of `real`, or ±1 in a type that has zero.
        let code = if same { codes[0] } else { 0 };
        let shift = if same { vec![0] } else { codes.iter().map(|c| -c).collect() };
        let meaning = if same { meaning } else { (meaning.0, vec![real.clone()]) };
        let function = ScalarFn::affine(meaning.0.clone(), meaning.1.clone());
        Ok((self.rescaled(&value, (vec![1], shift), function, "centered"), meaning, code))
    }
}

/// An affine function as whole steps: `step · (mul · x + add)`, per channel, `step > 0`.
struct Grid {
    step: Vec<Exact>,
    mul: Vec<i64>,
    add: Vec<i64>,
}

impl Grid {
    /// The coarsest grid that all values of `m · x + a` lie on together with zero.
    fn new((m, a): &Affine, channels: usize) -> Option<Grid> {
        let count = if m.len() == 1 && a.len() == 1 { 1 } else { channels };
        let mut grid = Grid { step: Vec::new(), mul: Vec::new(), add: Vec::new() };
        for c in 0..count {
            let (m, a) = (at(m, c), at(a, c));
            let (step, mul, add) = match (m.is_zero(), a.is_zero()) {
                (true, true) => (Exact::one(), 0, 0),
                (true, false) => (a.abs(), 0, if a.is_negative() { -1 } else { 1 }),
                _ => Grid::channel(m, &(a / m))?,
            };
            grid.step.push(step);
            grid.mul.push(mul);
            grid.add.push(add);
        }
        Some(grid)
    }

    /// `m · (x + offset)` as a step, a factor and an addend.
    fn channel(m: &Exact, offset: &Exact) -> Option<(Exact, i64, i64)> {
        let short = |v: &BigInt| v.to_i64().filter(|v| v.abs() < 1 << MAX_OPERAND_BITS);
        let (whole, addend) = (short(offset.denom())?, short(offset.numer())?);
        let sign = if m.is_negative() { -1 } else { 1 };
        Some((m.abs() / Exact::from_integer(whole.into()), sign * whole, sign * addend))
    }

    /// Real bounds in steps, where they are the same whole number in every channel.
    fn bounds(&self, min: Option<&Exact>, max: Option<&Exact>) -> Option<(i64, i64)> {
        let in_steps = |bound: Option<&Exact>, none: i64| {
            let Some(bound) = bound else { return Some(none) };
            let first = bound / &self.step[0];
            let same = self.step.iter().all(|step| *bound == &first * step);
            (same && first.is_integer()).then(|| first.to_integer().to_i64())?
        };
        Some((in_steps(min, i64::MIN)?, in_steps(max, i64::MAX)?))
    }
}

/// The code of a real number in every channel, or one for all; `None` where one is not a short integer.
fn codes_of(real: &Exact, (mul, add): &Affine) -> Option<Vec<i64>> {
    let code = |c: usize| {
        let (mul, rest) = (at(mul, c), real - at(add, c));
        if mul.is_zero() {
            return rest.is_zero().then_some(0);
        }
        let code = rest / mul;
        let whole = code.is_integer().then(|| code.to_integer().to_i64())?;
        whole.filter(|code| code.abs() < 1 << MAX_OPERAND_BITS)
    };
    (0..mul.len().max(add.len())).map(code).collect()
}

fn no_code(real: &Exact, node: &str, value: &IntValue, (mul, add): &Affine) -> Diagnostic {
    let code = |c: usize| f64_of(&((real - at(add, c)) / at(mul, c)));
    let count = mul.len().max(add.len());
    let codes = (0..count).filter(|c| !at(mul, *c).is_zero()).map(code);
    let broken = codes.reduce(|a, b| if a.fract() != 0.0 { a } else { b }).unwrap_or(f64::NAN);
    let reason = format!(
        "its padding of {} would be the code {broken}, which is none of its operand's ({})",
        f64_of(real),
        value.ty
    );
    let help = "quantize its operand with an integer zero point, or do not pad";
    Diagnostic::new(Code::ScaleNotFoldable, node, reason, help)
}

/// An array's operand is no short integer.
pub(crate) fn missing_quantizer(lowering: &Lowering, node: &str, x: &IntValue) -> Diagnostic {
    let last = x.pending.last().or(lowering.graph[x.node].origin.last()).cloned().unwrap_or_default();
    let width = match x.function.as_affine() {
        Some(_) => format!(": {} bits, and arrays multiply {MAX_OPERAND_BITS}", x.ty.bits),
        None => String::new(),
    };
    Diagnostic::new(
        Code::MissingQuantizer,
        node,
        format!("its activations come from `{last}` without a quantizer{width}"),
        format!("put a quantizer (Quant, QuantizeLinear) between `{last}` and `{node}`"),
    )
}
