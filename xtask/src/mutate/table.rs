//! How many faults of each kind were seen.

use mpqc_testbenches::mutation::Fate;
use std::collections::BTreeMap;
use std::fmt;

/// Counts by kind.
#[derive(Default)]
pub struct Table(BTreeMap<String, Counts>);

#[derive(Clone, Copy, Default)]
struct Counts {
    seen: usize,
    explained: usize,
    survived: usize,
    broken: usize,
}

impl Table {
    /// Counts a fault.
    pub fn add(&mut self, kind: &str, fate: &Fate, explained: bool) {
        let counts = self.0.entry(kind.to_owned()).or_default();
        match fate {
            Fate::Killed(_) => counts.seen += 1,
            Fate::Same => counts.explained += 1,
            Fate::Survived if explained => counts.explained += 1,
            Fate::Survived => counts.survived += 1,
            Fate::Broken(_) => counts.broken += 1,
        }
    }

    /// The share of faults that were seen, explained survivors left out.
    pub fn seen(&self) -> f64 {
        self.total().share()
    }

    fn total(&self) -> Counts {
        self.0.values().fold(Counts::default(), |sum, it| Counts {
            seen: sum.seen + it.seen,
            explained: sum.explained + it.explained,
            survived: sum.survived + it.survived,
            broken: sum.broken + it.broken,
        })
    }
}

impl Counts {
    fn share(self) -> f64 {
        self.seen as f64 / (self.seen + self.survived).max(1) as f64
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| faults | seen | survived | same behaviour | no design | rate |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        let all = self.0.iter().map(|(kind, counts)| (kind.as_str(), *counts));
        for (kind, counts) in all.chain([("all", self.total())]) {
            let Counts { seen, explained, survived, broken } = counts;
            let rate = 100.0 * counts.share();
            writeln!(f, "| {kind} | {seen} | {survived} | {explained} | {broken} | {rate:.1} % |")?;
        }
        Ok(())
    }
}
