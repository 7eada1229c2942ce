//! `Add` and `Sub` of two streams: integer gains bring both to one scale.

use super::Lowered;
use super::context::{Call, Lowering, Operand};
use super::value::{IntValue, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{Add, IntOp};
use crate::network::Op;
use crate::number::{Exact, IntType};
use crate::scalar::{ScalarFn, Step, at};
use num_traits::{One, ToPrimitive, Zero};

/// Sums wider than this are refused: their requantizer would leave 64 bits.
const MAX_SUM_BITS: u32 = 44;

pub(crate) fn lower(lowering: &mut Lowering, call: &Call, a: &Operand, b: &Operand) -> Lowered {
    let name = call.name(lowering.network);
    let (a, b) = (integers(lowering, a)?, integers(lowering, b)?);
    let (Some(a), Some(mut b)) = (a, b) else { return Ok(call.on_host()) };
    if a.index != b.index || a.shape != b.shape {
        let reason = format!(
            "its operands lie differently in their streams ({:?} and {:?})",
            a.index.shape(),
            b.index.shape()
        );
        return Err(Diagnostic::new(Code::BadShape, name, reason, "add tensors of equal shape and layout"));
    }
    if matches!(call.op, Op::Sub) {
        b = b.then(Step::affine(-Exact::one(), Exact::zero()), &name);
    }
    let (gains, function) = common_scale(&a, &b, &name)?;
    let ty = sum_type(gains, &a, &b).ok_or_else(|| {
        Diagnostic::new(
            Code::TooWide,
            &name,
            "its operands' scales have no short common step",
            "give both operands the same scale",
        )
    })?;
    let origin = a.pending.iter().chain(&b.pending).cloned().chain([name.clone()]).collect();
    let node = lowering.add(&name, origin, IntOp::Add(Add { gains }), &[&a, &b]);
    Ok(vec![Value::Int(IntValue { node, ty, function, pending: Vec::new(), ..a })])
}

/// The operand as integers with an affine meaning.
fn integers(lowering: &mut Lowering, operand: &Operand) -> Result<Option<IntValue>, Diagnostic> {
    let Value::Int(value) = &operand.value else { return Ok(None) };
    lowering.materialize(value).map(Some)
}

/// `a = m_a·x + c_a`, `b = m_b·y + c_b`, `m_a/m_b = p/q` for every channel: gains `p, q` and the meaning
/// `(m_b/q)·sum + c_a + c_b`.
fn common_scale(a: &IntValue, b: &IntValue, node: &str) -> Result<([i64; 2], ScalarFn), Diagnostic> {
    let no_quantizer = || {
        Diagnostic::new(
            Code::MissingQuantizer,
            node,
            "an operand is not a code of a quantizer",
            "quantize both operands of the Add",
        )
    };
    let (ma, ca) = a.function.as_affine().ok_or_else(no_quantizer)?;
    let (mb, cb) = b.function.as_affine().ok_or_else(no_quantizer)?;
    let channels = ma.len().max(mb.len());
    let ratio = at(&ma, 0) / at(&mb, 0);
    let gains = (ratio.numer().to_i64(), ratio.denom().to_i64());
    let (Some(p), Some(q)) = gains else { return Err(unfoldable(node)) };
    if (0..channels).any(|c| at(&ma, c) / at(&mb, c) != ratio) {
        return Err(unfoldable(node));
    }
    let mul = (0..mb.len()).map(|c| &mb[c] / Exact::from_integer(q.into())).collect();
    Ok(([p, q], ScalarFn::affine(mul, crate::scalar::zip(&ca, &cb, |x, y| x + y))))
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
