//! Requantizers: the function up to the last quantizer, as comparisons and as multiply-add-shift.

use super::context::Lowering;
use super::value::IntValue;
use super::{narrow_sum, scale_shift, thresholds};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{Add, IntNode, IntOp, Requantize};
use crate::number::{Exact, IntType};
use crate::scalar::{ScalarFn, Step};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::sync::Arc;
use thresholds::Steps;

/// Comparisons are kept for up to this many levels; beyond, only multiply-add-shift is small enough.
const MAX_LEVELS: i64 = 256;

/// Up to this many levels comparisons always cost less than a multiplier.
const ALWAYS_THRESHOLDS: i64 = 4;

impl Lowering<'_> {
    /// The tensor as codes: a requantizer for its function up to the last quantizer (shared by all that need the
    /// same codes), or the stream itself where there is no quantizer or it changes nothing; then the maximum that
    /// waits for it.
    pub fn materialize(&mut self, value: &IntValue) -> Result<IntValue, Diagnostic> {
        let (codes, meaning) = value.function.split_at_code();
        match &value.pool {
            None if codes.0.is_empty() => Ok(value.clone()),
            None => self.codes(value, codes, meaning, &[]),
            Some(pool) if codes.0.is_empty() => Ok(self.pooled(value, pool)),
            Some(pool) => {
                let turned = pool.turned(&meaning, value.shape.channels);
                let stream = self.codes(value, codes, meaning, &turned)?;
                Ok(self.largest(&stream, pool))
            }
        }
    }

    /// The codes, turned upside down in the channels that are so marked, and what they mean.
    fn codes(
        &mut self,
        value: &IntValue,
        codes: ScalarFn,
        meaning: ScalarFn,
        turned: &[bool],
    ) -> Result<IntValue, Diagnostic> {
        let known = self.requantized.get(&value.node);
        let known = known.and_then(|all| all.iter().find(|k| k.codes == codes && k.turned == turned));
        let known = match known {
            Some(known) => known.clone(),
            None => {
                let new = self.requantize(value, codes, turned)?;
                self.requantized.entry(value.node).or_default().push(new.clone());
                new
            }
        };
        let pending = if known.node == value.node { value.pending.clone() } else { Vec::new() };
        let function = meaning.0.into_iter().fold(known.undo, ScalarFn::then);
        Ok(IntValue { node: known.node, ty: known.ty, function, pending, ..value.clone() })
    }

    /// The stream of codes: the stream itself where every reachable integer is its own code.
    fn requantize(
        &mut self,
        value: &IntValue,
        codes: ScalarFn,
        turned: &[bool],
    ) -> Result<Requantized, Diagnostic> {
        let bipolar = matches!(codes.0.last(), Some(Step::Bipolar));
        let steps = thresholds::find(&codes, value.ty, value.shape.channels, bipolar);
        let (steps, undo) = (steps.turned(turned), undo(&steps, turned));
        let known = |node, ty| Requantized { codes, turned: turned.to_vec(), node, ty, undo };
        if is_identity(&steps, value.ty) {
            return Ok(known(value.node, value.ty));
        }
        let (value, steps) = match self.narrowed(value, &steps) {
            Some((narrow, steps)) => (narrow, steps),
            None => (value.clone(), steps),
        };
        let requantize = requantizer(&steps).ok_or_else(|| not_exact(&value))?;
        let (after, shift) = (&self.graph[value.node].name, requantize.scale.as_ref().map(|s| s.shift));
        tracing::debug!(after, input = %value.ty, output = %requantize.output, shift, "requantizer proved");
        let (name, ty) = (format!("{after}_requant"), requantize.output);
        let operand = value.unpooled();
        let node = self.add(&name, value.pending.clone(), IntOp::Requantize(requantize), &[&operand]);
        Ok(known(node, ty))
    }

    /// A sum with the shortest gains that give the same codes, where it is a sum and there are any; the exact one
    /// stays for other readers.
    fn narrowed(&mut self, value: &IntValue, steps: &Steps) -> Option<(IntValue, Steps)> {
        let IntOp::Add(Add { gains }) = self.graph[value.node].op else { return None };
        let mut edges: Vec<_> = self.graph.edges_directed(value.node, Direction::Incoming).collect();
        edges.sort_by_key(|e| e.weight().to);
        let operands: Vec<_> = edges.iter().map(|e| (e.source(), e.weight().clone())).collect();
        let [(_, a), (_, b)] = &operands[..] else { return None };
        let narrow = narrow_sum::narrow(gains, [a.ty, b.ty], steps)?;
        let exact = self.graph[value.node].clone();
        self.graph[value.node].name = self.names.unique(&format!("{}_exact", exact.name));
        let sum = IntNode { op: IntOp::Add(Add { gains: narrow.gains }), ..exact };
        let node = self.graph.add_node(sum);
        for (source, edge) in operands {
            self.graph.add_edge(source, node, edge);
        }
        Some((IntValue { node, ty: narrow.ty, ..value.clone() }, narrow.steps))
    }
}

/// What became of a stream behind a quantizer.
#[derive(Clone)]
pub(crate) struct Requantized {
    codes: ScalarFn,
    turned: Vec<bool>,
    node: NodeIndex,
    ty: IntType,
    /// From the stream's integers to the quantizer's codes.
    undo: ScalarFn,
}

/// `min + max − code` in the channels that are turned upside down, else `code`.
fn undo(steps: &Steps, turned: &[bool]) -> ScalarFn {
    if !turned.contains(&true) {
        return ScalarFn::default();
    }
    let integer = |v: i64| Exact::from_integer(v.into());
    let mul = turned.iter().map(|t| integer(if *t { -1 } else { 1 })).collect();
    let add = turned.iter().map(|t| integer(if *t { steps.min + steps.max } else { 0 })).collect();
    ScalarFn::affine(mul, add)
}

/// Whether every reachable input is its own code.
fn is_identity(steps: &Steps, input: IntType) -> bool {
    let same = |c: &thresholds::Channel| {
        !c.falling
            && c.first.iter().enumerate().all(|(k, t)| {
                *t <= steps.min + steps.stride * (k as i64 + 1) && *t > steps.min + steps.stride * k as i64
            })
    };
    steps.output() == input && steps.channels.iter().all(same)
}

fn requantizer(steps: &Steps) -> Option<Requantize> {
    let levels = (steps.max - steps.min) / steps.stride + 1;
    let thresholds = (levels <= MAX_LEVELS).then(|| Arc::new(steps.thresholds()));
    let scale = if levels > ALWAYS_THRESHOLDS { scale_shift::fit(steps).map(Arc::new) } else { None };
    (thresholds.is_some() || scale.is_some()).then(|| Requantize {
        output: steps.output(),
        thresholds,
        scale,
    })
}

fn not_exact(value: &IntValue) -> Diagnostic {
    Diagnostic::new(
        Code::NotExact,
        value.pending.last().cloned().unwrap_or_default(),
        format!(
            "no multiply-add-shift equals this quantizer on every input of {}, and it has too many levels for comparisons",
            value.ty
        ),
        "quantize to at most 8 bits, or use a scale that is a power of two",
    )
}
