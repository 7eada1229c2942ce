//! Verilator's file of counts.

use std::collections::BTreeMap;

/// A line or a bit, and how often it was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Module, with its parameters where it has some.
    pub module: String,
    /// Whether it is a bit that toggles; else a line or a branch.
    pub toggle: bool,
    /// Line of the module's file.
    pub line: u32,
    /// What tells it from the others of the line.
    pub what: String,
    /// How often.
    pub count: u64,
}

/// The points of a file, instances of a module taken together; not those of the bench.
pub fn points(text: &str) -> Vec<Point> {
    let mut all: BTreeMap<(String, bool, u32, String), u64> = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("C '")) {
        let Some((keys, count)) = line.rsplit_once("' ") else { continue };
        let fields: BTreeMap<&str, &str> =
            keys.split('\u{1}').filter_map(|field| field.split_once('\u{2}')).collect();
        let field = |name: &str| fields.get(name).copied().unwrap_or_default();
        let Some((kind, module)) = field("page").split_once('/') else { continue };
        if module == "bench" {
            continue;
        }
        let what = format!("{} {} {}", field("n"), field("o"), field("S"));
        let module = module.split("__").next().unwrap_or(module).to_owned();
        let key = (module, kind.contains("toggle"), field("l").parse().unwrap_or(0), what);
        *all.entry(key).or_default() += count.parse::<u64>().unwrap_or(0);
    }
    let point = |((module, toggle, line, what), count)| Point { module, toggle, line, what, count };
    all.into_iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_taken_together_and_the_bench_is_left_out() {
        let line = |page: &str, hier: &str, count: u32| {
            format!(
                "C '\u{1}f\u{2}x.v\u{1}l\u{2}7\u{1}n\u{2}5\u{1}page\u{2}{page}\u{1}o\u{2}if\u{1}h\u{2}{hier}' {count}\n"
            )
        };
        let text = [
            "# SystemC::Coverage-3\n".to_owned(),
            line("v_line/fifo__W8", "a", 0),
            line("v_line/fifo__W8", "b", 3),
            line("v_toggle/fifo__W8", "a", 1),
            line("v_line/bench", "c", 1),
        ]
        .concat();
        let points = points(&text);
        assert_eq!(points.len(), 2);
        assert_eq!(
            (points[0].module.as_str(), points[0].toggle, points[0].line, points[0].count),
            ("fifo", false, 7, 3)
        );
        assert!(points[1].toggle);
    }
}
