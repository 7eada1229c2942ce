//! Versions of the file format and of the operator sets.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::onnx::Model;
use std::ops::RangeInclusive;

const IR: RangeInclusive<i64> = 3..=14;
const OPSET: RangeInclusive<i64> = 7..=25;

/// Refuses versions whose meaning is not known here.
pub(super) fn check(model: &Model<'_>) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::default();
    found.0.extend(refusal("IR version", model.ir_version, &IR));
    match model.opset_version("") {
        Some(version) => found.0.extend(refusal("opset", version, &OPSET)),
        None if uses_standard_operators(model) => found.0.push(missing()),
        None => {}
    }
    found.or_ok(())
}

/// The version of the standard operators; a model that has none of them may not import it.
pub(super) fn opset(model: &Model<'_>) -> i64 {
    model.opset_version("").unwrap_or(*OPSET.end())
}

fn uses_standard_operators(model: &Model<'_>) -> bool {
    model.graph.node.iter().any(|node| matches!(node.domain, "" | "ai.onnx"))
}

fn refusal(what: &str, version: i64, known: &RangeInclusive<i64>) -> Option<Diagnostic> {
    let (first, last) = known.clone().into_inner();
    let reason = format!("{what} {version} is not read, {first} to {last} are");
    let help = "convert with `onnx.version_converter`, or export with another opset";
    (!known.contains(&version)).then(|| Diagnostic::new(Code::UnsupportedVersion, "model", reason, help))
}

fn missing() -> Diagnostic {
    let reason = "the model does not say which version of the standard operators it uses";
    Diagnostic::new(Code::UnsupportedVersion, "model", reason, "add an opset_import for the domain \"\"")
}
