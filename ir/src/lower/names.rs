//! Names of integer nodes: legal, readable, unique Verilog identifiers.

use crate::verilog::is_keyword;
use std::collections::HashSet;

/// Names given so far.
#[derive(Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// An identifier made from `text`, different from all before.
    pub fn unique(&mut self, text: &str) -> String {
        let base = identifier(text);
        let mut name = base.clone();
        let mut n = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{base}_{n}");
            n += 1;
        }
        name
    }
}

/// `text` in lower case with every other character as one underscore.
pub fn identifier(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            _ if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            _ => {}
        }
    }
    let name = name.trim_end_matches('_').to_owned();
    match name.chars().next() {
        None => "unnamed".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("n{name}"),
        _ if is_keyword(&name) => format!("{name}_"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_legal_and_unique() {
        assert_eq!(identifier("/pretrained/pretrained.0/Gemm"), "pretrained_pretrained_0_gemm");
        assert_eq!(identifier("74"), "n74");
        assert_eq!(identifier("Table"), "table_");
        assert_eq!(identifier("packed"), "packed_");
        assert_eq!(identifier("€"), "unnamed");
        let mut names = Names::default();
        assert_eq!((names.unique("a"), names.unique("A")), ("a".into(), "a_2".into()));
    }
}
