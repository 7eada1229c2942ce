//! `Add` and `Sub` of two streams: integer gains bring both to one scale.

use super::Lowered;
use super::context::{Call, Lowering, Operand};
use super::mac::MAX_SUM_BITS;
use super::value::{IntValue, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{Add, IntOp};
use crate::network::Op;
use crate::number::{Exact, IntType};
use crate::scalar::{ScalarFn, Step, zip};
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, Zero};

/// Per-channel gains beyond this are refused, likewise.
const GAIN_BITS: u32 = 20;
const MAX_GAIN: i64 = 1 << GAIN_BITS;

pub(crate) fn lower(lowering: &mut Lowering, call: &Call, a: &Operand, b: &Operand) -> Lowered {
    let (Value::Int(a), Value::Int(b)) = (&a.value, &b.value) else { return Ok(call.on_host()) };
    let Some(shape) = &call.output_shape else { return Ok(call.on_host()) };
    let name = call.name(lowering.network);
    let (a, b) = (operand(lowering, a, shape, &name)?, operand(lowering, b, shape, &name)?);
    let (a, mut b) = one_layout(lowering, a, b, &name)?;
    if matches!(call.op, Op::Sub) {
        b = b.then(Step::affine(-Exact::one(), Exact::zero()), &name);
    }
    let (a, b, gains, function) = common_scale(lowering, a, b, &name)?;
    let ty = sum_type(gains, &a, &b).ok_or_else(|| {
        let reason = "its operands' scales have no short common step";
        Diagnostic::new(Code::TooWide, &name, reason, "give both operands the same scale")
    })?;
    let origin = a.pending.iter().chain(&b.pending).cloned().chain([name.clone()]).collect();
    let node = lowering.add(&name, origin, IntOp::Add(Add { gains }), &[&a, &b]);
    Ok(vec![Value::Int(IntValue { node, ty, function, pending: Vec::new(), ..a })])
}

/// The operand as integers, broadcast to the result's shape.
fn operand(
    lowering: &mut Lowering,
    value: &IntValue,
    shape: &[usize],
    node: &str,
) -> Result<IntValue, Diagnostic> {
    let (value, _) = lowering.affine(value, node)?;
    match value.index.broadcast(shape) {
        Some(index) => Ok(value.moved(index.to_owned())),
        None => {
            let reason = format!("{:?} does not broadcast to {shape:?}", value.index.shape());
            Err(Diagnostic::new(Code::BadShape, node, reason, "check the exported shapes"))
        }
    }
}

/// Both operands in the same order: as they are, or the canonical one.
fn one_layout(
    lowering: &mut Lowering,
    a: IntValue,
    b: IntValue,
    node: &str,
) -> Result<(IntValue, IntValue), Diagnostic> {
    let whole = |v: &IntValue| v.index.len() == v.shape.elements();
    if a.index == b.index && a.shape == b.shape && whole(&a) {
        return Ok((a, b));
    }
    Ok((lowering.canonical(&a, node)?, lowering.canonical(&b, node)?))
}

/// Whole gains and what the sum means.
type Scaled = (IntValue, IntValue, [i64; 2], ScalarFn);

/// `a = m_a·x + c_a`, `b = m_b·y + c_b`, `m_a/m_b = p/q`: gains `p, q` and the meaning `(m_b/q)·sum + c_a + c_b`.
/// Ratios that differ per channel are multiplied in front of the sum.
fn common_scale(lowering: &mut Lowering, a: IntValue, b: IntValue, node: &str) -> Result<Scaled, Diagnostic> {
    let (Some((ma, ca)), Some((mb, cb))) = (a.function.as_affine(), b.function.as_affine()) else {
        return Err(unfoldable(node));
    };
    if ma.iter().chain(&mb).any(Zero::is_zero) {
        return Err(unfoldable(node));
    }
    let ratios = zip(&ma, &mb, |x, y| x / y);
    let gain =
        |part: fn(&Exact) -> &BigInt| ratios.iter().map(|r| part(r).to_i64()).collect::<Option<Vec<_>>>();
    let (Some(p), Some(q)) = (gain(Exact::numer), gain(Exact::denom)) else { return Err(unfoldable(node)) };
    let whole: Vec<Exact> = q.iter().map(|q| Exact::from_integer((*q).into())).collect();
    let step = zip(&mb, &whole, |m, q| m / q);
    let function = ScalarFn::affine(step, zip(&ca, &cb, |x, y| x + y));
    if ratios.iter().all(|r| *r == ratios[0]) {
        return Ok((a, b, [p[0], q[0]], function));
    }
    let scaled = |lowering: &mut Lowering, value: &IntValue, gains: Vec<i64>| {
        let short = gains.iter().all(|g| g.abs() < MAX_GAIN) && value.ty.bits <= MAX_SUM_BITS - GAIN_BITS;
        short.then(|| lowering.rescaled(value, (gains, vec![0]), value.function.clone(), "scaled"))
    };
    let (a, b) = (scaled(lowering, &a, p), scaled(lowering, &b, q));
    a.zip(b).map(|(a, b)| (a, b, [1, 1], function)).ok_or_else(|| unfoldable(node))
}

fn unfoldable(node: &str) -> Diagnostic {
    let help = "use one scale per tensor on both operands, or the same per-channel scales";
    Diagnostic::new(Code::ScaleNotFoldable, node, "its operands' scales have no common ratio", help)
}

fn sum_type(gains: [i64; 2], a: &IntValue, b: &IntValue) -> Option<IntType> {
    let ends = |gain: i64, ty: IntType| {
        let (x, y) = (i128::from(gain) * i128::from(ty.min), i128::from(gain) * i128::from(ty.max));
        (x.min(y), x.max(y))
    };
    let (a, b) = (ends(gains[0], a.ty), ends(gains[1], b.ty));
    let limit = 1i128 << (MAX_SUM_BITS - 1);
    let (low, high) = (a.0 + b.0, a.1 + b.1);
    (low >= -limit && high < limit).then(|| IntType::smallest(low as i64, high as i64))
}
