//! Multiply-accumulates: integer weights, exact constants, the smallest accumulator.

use super::context::Lowering;
use super::value::IntValue;
use super::weights::{MAX_WEIGHT_BITS, Weights, narrowest};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{Depthwise, Dot, IntOp, Shape};
use crate::number::{Exact, IntType};
use crate::scalar::{ScalarFn, at, zip};
use ndarray::{Array2, ArrayD, ArrayView1};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::sync::Arc;

/// Sums wider than this are refused: their requantizer would leave 64 bits.
pub(crate) const MAX_SUM_BITS: u32 = 44;

/// A stream as vectors: `groups` groups one after the other, each of taps of its channels, channels innermost.
pub(crate) struct Vectors {
    /// What the array reads.
    pub stream: IntValue,
    /// Factor and addend of every channel's meaning, or one for all.
    pub meaning: (Vec<Exact>, Vec<Exact>),
    /// Channels of all groups.
    pub channels: usize,
    /// Groups.
    pub groups: usize,
}

impl Vectors {
    /// Channel of element `i` of group `group`.
    fn channel(&self, group: usize, i: usize) -> usize {
        let size = self.channels / self.groups;
        group * size + i % size
    }
}

/// What an array puts out: how its pixels lie, and the real tensor.
pub(crate) struct Sums {
    pub shape: Shape,
    pub index: ArrayD<u32>,
}

/// Products of vectors and the rows of a matrix, group by group.
pub(crate) fn dot(
    lowering: &mut Lowering,
    node: &str,
    x: &Vectors,
    weights: &Weights,
    sums: Sums,
) -> Result<IntValue, Diagnostic> {
    let outputs = weights.codes.nrows();
    let (codes, common) = fold_input_scales(x, weights, node)?;
    let scale = (0..outputs).map(|o| at(&weights.output_scale, o) * &common[o * x.groups / outputs]);
    let scale: Vec<Exact> = scale.collect();
    let constants = constants(x, weights);
    let constants = (0..outputs).map(|o| &constants[o] * at(&weights.output_scale, o)).collect();
    let weight_type = narrowest(&codes, node)?;
    let accumulator = accumulator(codes.rows(), x.stream.ty, node)?;
    let dot = Dot { weights: Arc::new(codes), groups: x.groups, weight_type, accumulator };
    Ok(lowering.sums(node, x, IntOp::Dot(dot), accumulator, ScalarFn::affine(scale, constants), sums))
}

/// A kernel for every channel: `weights` has a row per channel.
pub(crate) fn depthwise(
    lowering: &mut Lowering,
    node: &str,
    x: &Vectors,
    weights: &Weights,
    sums: Sums,
) -> Result<IntValue, Diagnostic> {
    let (mul, add) = &x.meaning;
    let scale = zip(mul, &weights.output_scale, |m, s| m * s);
    let totals = weights.codes.rows().into_iter().map(|row| Exact::from_integer(row.sum().into()));
    let constants =
        zip(&zip(add, &weights.output_scale, |a, s| a * s), &totals.collect::<Vec<_>>(), |a, w| a * w);
    let weight_type = narrowest(&weights.codes, node)?;
    let accumulator = accumulator(weights.codes.rows(), x.stream.ty, node)?;
    let kernels = weights.codes.t().as_standard_layout().into_owned();
    let op = IntOp::Depthwise(Depthwise { weights: Arc::new(kernels), weight_type, accumulator });
    Ok(lowering.sums(node, x, op, accumulator, ScalarFn::affine(scale, constants), sums))
}

impl Lowering<'_> {
    fn sums(
        &mut self,
        node: &str,
        x: &Vectors,
        op: IntOp,
        ty: IntType,
        function: ScalarFn,
        sums: Sums,
    ) -> IntValue {
        let mut origin = x.stream.pending.clone();
        origin.push(node.to_owned());
        let id = self.add(node, origin, op, &[&x.stream]);
        IntValue::stream(id, ty, sums.shape, function, sums.index)
    }
}

/// Per output, what the operand's constant parts (zero points) contribute: `Σ_i w[o][i] · constant(i)`.
fn constants(x: &Vectors, weights: &Weights) -> Vec<Exact> {
    let add = &x.meaning.1;
    let outputs = weights.codes.nrows();
    if add.iter().all(Zero::is_zero) {
        return vec![Exact::zero(); outputs];
    }
    let integer = |w: i64| Exact::from_integer(w.into());
    if add.len() == 1 && weights.input_scale.len() == 1 {
        let constant = &add[0] * &weights.input_scale[0];
        return weights.codes.rows().into_iter().map(|row| integer(row.sum()) * &constant).collect();
    }
    let term = |group: usize, i: usize, w: i64| {
        at(add, x.channel(group, i)) * at(&weights.input_scale, i) * integer(w)
    };
    let sum = |o: usize, row: ArrayView1<i64>| {
        row.iter().enumerate().map(|(i, w)| term(o * x.groups / outputs, i, *w)).sum()
    };
    weights.codes.rows().into_iter().enumerate().map(|(o, row)| sum(o, row)).collect()
}

/// Brings every input of a group to one common scale by whole factors: codes, and each group's scale.
fn fold_input_scales(
    x: &Vectors,
    weights: &Weights,
    node: &str,
) -> Result<(Array2<i64>, Vec<Exact>), Diagnostic> {
    let mul = &x.meaning.0;
    if mul.len() == 1 && weights.input_scale.len() == 1 {
        return Ok((weights.codes.clone(), vec![&mul[0] * &weights.input_scale[0]; x.groups]));
    }
    let (outputs, inputs) = weights.codes.dim();
    let mut codes = weights.codes.clone();
    let mut common = Vec::with_capacity(x.groups);
    for group in 0..x.groups {
        let scale = |i: usize| at(mul, x.channel(group, i)) * at(&weights.input_scale, i);
        let (step, factors) = common_step(&(0..inputs).map(scale).collect::<Vec<_>>(), node)?;
        let rows = group * outputs / x.groups..(group + 1) * outputs / x.groups;
        let mut block = codes.slice_mut(ndarray::s![rows, ..]);
        block.columns_mut().into_iter().zip(factors).for_each(|(mut column, factor)| column *= factor);
        common.push(step);
    }
    Ok((codes, common))
}

/// The largest step that all scales are multiples of, and the multiples.
fn common_step(scales: &[Exact], node: &str) -> Result<(Exact, Vec<i64>), Diagnostic> {
    let mut distinct: Vec<&Exact> = scales.iter().filter(|s| !s.is_zero()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let step = match distinct[..] {
        [] => Exact::one(),
        [single] => single.clone(),
        _ => distinct.into_iter().cloned().reduce(|a, b| gcd(&a, &b)).unwrap_or_else(Exact::one),
    };
    let whole = |s: &Exact| (s / &step).to_integer().to_i64();
    let factors: Option<Vec<i64>> = scales.iter().map(whole).collect();
    let factors = factors.filter(|f| f.iter().all(|v| v.unsigned_abs() < 1 << MAX_WEIGHT_BITS));
    let too_wide = || {
        let reason = "the scales of its inputs differ per channel and have no common step";
        let help = "use one activation scale per tensor, or scales that differ by powers of two";
        Diagnostic::new(Code::ScaleNotFoldable, node, reason, help)
    };
    Ok((step.clone(), factors.ok_or_else(too_wide)?))
}

/// Greatest common divisor of two rationals.
fn gcd(a: &Exact, b: &Exact) -> Exact {
    let numer: BigInt = (a.numer() * b.denom()).gcd(&(b.numer() * a.denom()));
    Exact::new(numer, a.denom() * b.denom()).abs()
}

/// The smallest type of every row's sum, by interval analysis over operands of `x`.
fn accumulator<'a>(
    rows: impl IntoIterator<Item = ArrayView1<'a, i64>>,
    x: IntType,
    node: &str,
) -> Result<IntType, Diagnostic> {
    let span = |row: ArrayView1<i64>| {
        row.iter().fold((0i64, 0i64), |(low, high), w| {
            let (a, b) = (w * x.min, w * x.max);
            (low + a.min(b), high + a.max(b))
        })
    };
    let spans: Vec<(i64, i64)> = rows.into_iter().map(span).collect();
    let low = spans.iter().map(|s| s.0).min().unwrap_or(0);
    let high = spans.iter().map(|s| s.1).max().unwrap_or(0);
    let ty = IntType::smallest(low, high);
    if ty.bits > MAX_SUM_BITS {
        let reason = format!("its sums need {} bits; hardware carries {MAX_SUM_BITS}", ty.bits);
        return Err(Diagnostic::new(Code::TooWide, node, reason, "quantize its activations to fewer bits"));
    }
    Ok(ty)
}
