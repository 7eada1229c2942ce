//! LUTs of a block as a sum of terms, weighted by coefficients that are fitted to synthesis.
//!
//! How many LUTs synthesis takes for a bit of a counter or of a multiplexer is not known from first principles: tables
//! are shared and joined. A block therefore states how many of each it has, and `ir/data/lut_coefficients.csv` says what one
//! takes, per kind of block. `cargo xtask calibrate` writes that file.

use std::collections::HashMap;
use std::sync::OnceLock;

/// What a block's LUTs are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LutTerms {
    /// LUTs that are counted exactly: distributed memories, shift registers, what chooses among block memories.
    pub exact: u64,
    /// Names of terms, and how many of each there are.
    pub fitted: Vec<(&'static str, u64)>,
}

impl LutTerms {
    /// Terms beside `exact` LUTs.
    pub fn new(exact: u64, fitted: impl Into<Vec<(&'static str, u64)>>) -> Self {
        LutTerms { exact, fitted: fitted.into() }
    }

    /// LUTs of a block of this kind, rounded up. A term that was never fitted counts one LUT each.
    pub fn luts(&self, kind: &str) -> u64 {
        let fitted =
            self.fitted.iter().map(|(term, number)| coefficient(kind, term).unwrap_or(1.0) * *number as f64);
        self.exact + fitted.sum::<f64>().ceil() as u64
    }
}

/// What one of a term takes in a kind of block, if it was fitted.
pub fn coefficient(kind: &str, term: &str) -> Option<f64> {
    static TABLE: OnceLock<HashMap<(&str, &str), f64>> = OnceLock::new();
    TABLE.get_or_init(|| parse(include_str!("../../data/lut_coefficients.csv"))).get(&(kind, term)).copied()
}

fn parse(text: &'static str) -> HashMap<(&'static str, &'static str), f64> {
    let row = |line: &'static str| {
        let mut fields = line.split(',');
        let (kind, term) = (fields.next()?, fields.next()?);
        Some(((kind, term), fields.next()?.parse().ok()?))
    };
    text.lines().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_weighted_and_memories_are_exact() {
        let table = parse("# a comment\nkind,term,coefficient\nfifo,bits,0.5\n");
        assert_eq!(table, HashMap::from([(("fifo", "bits"), 0.5)]));
        let terms = LutTerms::new(8, [("never fitted", 3)]);
        assert_eq!(terms.luts("no such block"), 11);
    }
}
