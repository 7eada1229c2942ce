//! Requantizers: the function up to the last quantizer, as comparisons and as multiply-add-shift.

use super::context::Lowering;
use super::value::{IntValue, Tensor};
use super::{scale_shift, thresholds};
use crate::diagnostic::{Code, Diagnostic};
use crate::int_network::{IntOp, Requantize};
use crate::number::IntType;
use crate::scalar::Step;
use std::sync::Arc;
use thresholds::Steps;

/// Comparisons are kept for up to this many levels; beyond, only multiply-add-shift is small enough.
const MAX_LEVELS: i64 = 256;

/// Up to this many levels comparisons always cost less than a multiplier.
const ALWAYS_THRESHOLDS: i64 = 4;

impl Lowering<'_> {
    /// The tensor as codes: a requantizer for its function up to the last quantizer (shared by all consumers
    /// of the tensor), or the stream itself where there is no quantizer or it changes nothing.
    pub fn materialize(&mut self, tensor: Tensor, value: &IntValue) -> Result<IntValue, Diagnostic> {
        if let Some(known) = self.materialized.get(&tensor) {
            return Ok(known.clone());
        }
        let (codes, meaning) = value.function.split_at_code();
        if codes.0.is_empty() {
            return Ok(value.clone());
        }
        let bipolar = matches!(codes.0.last(), Some(Step::Bipolar));
        let steps = thresholds::find(&codes, value.ty, value.shape.channels, bipolar);
        let result = match is_identity(&steps, value.ty) {
            true => IntValue { function: meaning, ..value.clone() },
            false => {
                let requantize = requantizer(&steps).ok_or_else(|| not_exact(value))?;
                let shift = requantize.scale.as_ref().map(|s| s.shift);
                tracing::debug!(after = self.graph[value.node].name, input = %value.ty, output = %requantize.output, shift, "requantizer proved");
                let ty = requantize.output;
                let name = format!("{}_requant", self.graph[value.node].name);
                let mut result = IntValue { function: meaning, ty, pending: Vec::new(), ..value.clone() };
                result.node = self.add(&name, value.pending.clone(), IntOp::Requantize(requantize), &[value]);
                result
            }
        };
        self.materialized.insert(tensor, result.clone());
        Ok(result)
    }
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
