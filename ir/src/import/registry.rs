//! Which importer takes which operator.

use super::call::{Call, Outputs};
use super::{conv, elementwise, fill, matmul, pool, qlinear, quantizers_qdq, quantizers_qonnx};
use super::{resize, shape, slicing, tail, trunc};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// Imports one node: its outputs in order.
pub(super) type Import = fn(&mut Call<'_, '_>) -> Outputs;

/// A set of operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Domain {
    /// `""`, also written `ai.onnx`.
    Onnx,
    /// QONNX under its present and its former names.
    Qonnx,
    /// ONNX Runtime's own, `com.microsoft`.
    Microsoft,
}

impl Domain {
    /// The set that a domain's name stands for.
    pub(super) fn parse(name: &str) -> Option<Domain> {
        match name {
            "" | "ai.onnx" => Some(Domain::Onnx),
            "qonnx.custom_op.general" | "onnx.brevitas" | "finn.custom_op.general" => Some(Domain::Qonnx),
            "com.microsoft" => Some(Domain::Microsoft),
            _ => None,
        }
    }
}

/// How an operator is imported.
#[derive(Clone)]
pub(super) struct Entry {
    /// The importer.
    pub(super) import: Import,
    /// How many operands there may be.
    pub(super) operands: RangeInclusive<usize>,
    /// Attributes that the importer understands; others are refused.
    pub(super) attributes: &'static [&'static str],
}

/// All operators that are known.
pub(super) struct Registry {
    entries: HashMap<Domain, HashMap<&'static str, Entry>>,
    domain: Domain,
}

impl Registry {
    /// The registry with every family in it.
    pub(super) fn new() -> Self {
        let mut registry = Registry { entries: HashMap::new(), domain: Domain::Onnx };
        matmul::register(&mut registry);
        conv::register(&mut registry);
        pool::register(&mut registry);
        elementwise::register(&mut registry);
        shape::register(&mut registry);
        slicing::register(&mut registry);
        fill::register(&mut registry);
        resize::register(&mut registry);
        tail::register(&mut registry);
        quantizers_qdq::register(&mut registry);
        qlinear::register(&mut registry);
        quantizers_qonnx::register(&mut registry);
        trunc::register(&mut registry);
        registry
    }

    /// The set that the following [`insert`](Self::insert)s go to.
    pub(super) fn domain(&mut self, domain: Domain) -> &mut Self {
        self.domain = domain;
        self
    }

    /// Registers an operator under its type.
    pub(super) fn insert(
        &mut self,
        operator: &'static str,
        operands: RangeInclusive<usize>,
        attributes: &'static [&'static str],
        import: Import,
    ) {
        let family = self.entries.entry(self.domain).or_default();
        let replaced = family.insert(operator, Entry { import, operands, attributes });
        debug_assert!(replaced.is_none(), "{operator} is registered twice");
    }

    /// The importer of an operator.
    pub(super) fn get(&self, domain: &str, operator: &str) -> Option<&Entry> {
        self.entries.get(&Domain::parse(domain)?)?.get(operator)
    }

    /// What to write into a model instead of an operator that is not known.
    pub(super) fn way_out(domain: &str, operator: &str) -> &'static str {
        if Domain::parse(domain).is_none() {
            return "use operators of ONNX (\"\"), QONNX (`qonnx.custom_op.general`) or `com.microsoft`'s QLinear ones";
        }
        match operator {
            "If" | "Loop" | "Scan" => {
                "hardware has no control flow: fold the branch or unroll the loop at export"
            }
            "LSTM" | "GRU" | "RNN" => "recurrent layers are not supported: unroll them at export",
            "FloatQuant" => "use integer quantizers (`Quant`, `IntQuant`) instead of floats of few bits",
            "DynamicQuantizeLinear" => "quantize with constant scales (static quantization)",
            "LayerNormalization" | "InstanceNormalization" | "GroupNormalization" => {
                "statistics at run time are not supported: train with BatchNormalization"
            }
            "Exp" | "Log" | "Erf" | "Gelu" | "HardSwish" | "Mish" | "Elu" | "Selu" | "Softplus" => {
                "use Relu, LeakyRelu, PRelu, Clip, Sigmoid, HardSigmoid or Tanh, or end the model before it"
            }
            _ => {
                "replace the operator at export, or end the model before it; docs/import.md lists what is known"
            }
        }
    }
}
