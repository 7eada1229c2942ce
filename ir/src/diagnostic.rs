//! What the user is told: the node, the reason and the way out, under a stable code.

use serde::Serialize;
use std::fmt;

/// The kind of a mistake; its text (`code`) is stable and documented in `docs/diagnostics.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The file is not a readable ONNX model.
    BrokenFile,
    /// IR version or opset outside what is read.
    UnsupportedVersion,
    /// The graph is not a directed acyclic graph of known tensors.
    BrokenGraph,
    /// An operator that mpqc does not know.
    UnknownOperator,
    /// An attribute or input of a known operator has a value that is not modelled.
    UnsupportedAttribute,
    /// Shapes do not fit together, or are not known.
    BadShape,
    /// An operand that must be constant is not.
    NotConstant,
    /// A number that cannot be: NaN, a scale of zero or less, a width out of range.
    BadValue,
    /// A float operator between two hardware layers.
    FloatInside,
    /// A multiply-accumulate whose operand has no quantizer.
    MissingQuantizer,
    /// A quantizer's parameters cannot be folded into integers.
    ScaleNotFoldable,
    /// An integer would need more bits than the hardware carries.
    TooWide,
    /// More scalar operators follow each other than are folded into one function.
    TooLong,
    /// No requantizer form is exact.
    NotExact,
    /// Nothing in the network can be hardware.
    NoHardware,
    /// The request cannot be met with the target's resources.
    DoesNotFit,
    /// A design stands still whatever its FIFOs hold.
    Deadlock,
    /// The input data does not fit the model.
    BadInput,
}

impl Code {
    /// The code as users see it, for example `missing-quantizer`.
    pub fn text(self) -> String {
        serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// One thing that is wrong, with the node it concerns and the way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What kind of mistake.
    pub code: Code,
    /// The ONNX node (or tensor, or file) concerned, as the model names it.
    pub node: String,
    /// The operator type of the node, if it is a node.
    pub operator: Option<Box<str>>,
    /// Why it cannot be.
    pub reason: String,
    /// The way out.
    pub help: String,
    /// Byte range in the model file, where known.
    pub span: Option<(usize, usize)>,
}

impl Diagnostic {
    /// A diagnostic about `node`.
    pub fn new(
        code: Code,
        node: impl Into<String>,
        reason: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Diagnostic {
            code,
            node: node.into(),
            operator: None,
            reason: reason.into(),
            help: help.into(),
            span: None,
        }
    }

    /// Names the node's operator type.
    pub fn operator(mut self, operator: impl Into<String>) -> Self {
        self.operator = Some(operator.into().into_boxed_str());
        self
    }

    /// Points at bytes of the model file.
    pub fn at(mut self, span: (usize, usize)) -> Self {
        self.span = Some(span);
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operator {
            Some(op) => write!(f, "{} `{}`: {}", op, self.node, self.reason),
            None => write!(f, "`{}`: {}", self.node, self.reason),
        }
    }
}

impl std::error::Error for Diagnostic {}

impl miette::Diagnostic for Diagnostic {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code.text()))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }
}

/// Everything that is wrong, reported at once. Never empty when it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// `Ok(value)` where nothing was found, else everything that was.
    pub fn or_ok<T>(self, value: T) -> Result<T, Diagnostics> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Diagnostics(vec![one])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => one.fmt(f),
            many => write!(f, "{} problems in the model", many.len()),
        }
    }
}

impl std::error::Error for Diagnostics {}

impl miette::Diagnostic for Diagnostics {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        (self.0.len() > 1).then(|| Box::new(self.0.iter().map(|d| d as &dyn miette::Diagnostic)) as _)
    }

    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        if let [one] = self.0.as_slice() { one.code() } else { None }
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        if let [one] = self.0.as_slice() { one.help() } else { None }
    }
}
