//! Conditions that may turn out constant, so that Verilog never compares what is known.

/// A condition on registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Never true.
    Never,
    /// Always true.
    Always,
    /// True where the expression is.
    When {
        /// Verilog.
        text: String,
        /// Whether it needs brackets within another one.
        compound: bool,
    },
}

impl Condition {
    /// True where a plain comparison or wire is.
    pub fn when(text: String) -> Self {
        Condition::When { text, compound: false }
    }

    /// One that is known.
    pub fn known(value: bool) -> Self {
        if value { Condition::Always } else { Condition::Never }
    }

    /// True where all are.
    pub fn all(parts: impl IntoIterator<Item = Condition>) -> Self {
        joined(parts, " && ", Condition::Always, &Condition::Never)
    }

    /// True where any is.
    pub fn any(parts: impl IntoIterator<Item = Condition>) -> Self {
        joined(parts, " || ", Condition::Never, &Condition::Always)
    }

    /// True where it is not.
    pub fn not(self) -> Self {
        match self {
            Condition::Never => Condition::Always,
            Condition::Always => Condition::Never,
            Condition::When { text, .. } => Condition::when(format!("!({text})")),
        }
    }

    /// As an expression.
    pub fn text(&self) -> String {
        match self {
            Condition::Never => "1'b0".to_owned(),
            Condition::Always => "1'b1".to_owned(),
            Condition::When { text, .. } => text.clone(),
        }
    }

    fn bracketed(&self) -> String {
        match self {
            Condition::When { text, compound: true } => format!("({text})"),
            plain => plain.text(),
        }
    }
}

/// Parts joined by an operator of which `neutral` changes nothing and `decides` decides alone.
fn joined(
    parts: impl IntoIterator<Item = Condition>,
    operator: &str,
    neutral: Condition,
    decides: &Condition,
) -> Condition {
    let parts: Vec<Condition> = parts.into_iter().filter(|part| *part != neutral).collect();
    if parts.contains(decides) {
        return decides.clone();
    }
    match &parts[..] {
        [] => neutral,
        [one] => one.clone(),
        several => {
            let texts: Vec<String> = several.iter().map(Condition::bracketed).collect();
            Condition::When { text: texts.join(operator), compound: true }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_vanishes() {
        let (a, b) = (Condition::when("a".into()), Condition::when("b".into()));
        let both = Condition::all([a.clone(), Condition::Always, b.clone()]);
        assert_eq!(both.text(), "a && b");
        assert_eq!(Condition::any([both.clone(), b.clone()]).text(), "(a && b) || b");
        assert_eq!(Condition::all([both, Condition::Never]), Condition::Never);
        assert_eq!(Condition::any([a.clone(), Condition::Never]), a);
        assert_eq!((Condition::all([]), Condition::any([])), (Condition::Always, Condition::Never));
    }
}
