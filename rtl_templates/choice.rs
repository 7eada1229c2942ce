//! A wire that takes one of several constants.

use crate::condition::Condition;
use crate::text::constant;
use askama::Template;

/// A constant and when it is chosen, if none before it is.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub condition: Condition,
    pub value: i64,
    /// What it means.
    pub comment: &'static str,
}

/// A wire of constants: that of the first case whose condition holds. Values wrap to its width.
#[derive(Template)]
#[template(path = "parts/choice.v")]
pub(crate) struct Choice {
    name: &'static str,
    bits: usize,
    cases: Vec<Line>,
    default: Line,
}

/// A case, aligned with the others.
#[derive(Default)]
struct Line {
    condition: String,
    value: String,
    comment: String,
}

impl Choice {
    /// The choice among `cases`, of which the last that can be reached holds otherwise.
    pub fn new(name: &'static str, bits: usize, cases: &[Case]) -> Self {
        let possible = cases.iter().filter(|case| case.condition != Condition::Never);
        let certain = |case: &&Case| case.condition == Condition::Always;
        let end = possible.clone().position(|case| certain(&case)).map_or(usize::MAX, |i| i + 1);
        let reached: Vec<&Case> = possible.take(end).collect();
        let texts: Vec<String> = reached.iter().map(|case| case.condition.text()).collect();
        let others = texts.len().saturating_sub(1);
        let longest = texts[..others].iter().map(String::len).max().unwrap_or(0);
        let mut cases: Vec<Line> = reached
            .iter()
            .zip(texts)
            .map(|(case, text)| Line {
                condition: format!("{text:<longest$}"),
                value: constant(bits, case.value),
                comment: format!("{}: {}", case.value, case.comment),
            })
            .collect();
        let default = cases.pop().unwrap_or_default();
        Choice { name, bits, cases, default }
    }
}
