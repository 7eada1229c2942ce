//! The named targets, as data: adding a board is adding a row to `TARGETS`.

use mpqc_ir::design::{Resources, Target};

/// A row of the table of targets.
struct Row {
    name: &'static str,
    part: &'static str,
    resources: Resources,
    clock_mhz: f64,
}

const fn row(name: &'static str, part: &'static str, r: [u64; 5], clock_mhz: f64) -> Row {
    let [lut, ff, dsp, bram18, uram] = r;
    Row { name, part, resources: Resources { lut, ff, dsp, bram18, uram }, clock_mhz }
}

/// Resources as the vendors' data sheets give them (AMD DS891, DS190, DS987; Lattice FPGA-DS-02012), in the
/// order LUT, FF, DSP, BRAM18, URAM; the clock is the one that designs are planned for, not a measured one.
/// The ECP5's 24,288 LUT4 are counted in pairs, since costs are stated in LUT6.
const TARGETS: &[Row] = &[
    row("ultra96", "xczu3eg-sbva484-1-e", [70_560, 141_120, 360, 432, 0], 300.0),
    row("ultra96v2", "xczu3eg-sbva484-1-i", [70_560, 141_120, 360, 432, 0], 300.0),
    row("pynq-z2", "xc7z020clg400-1", [53_200, 106_400, 220, 280, 0], 100.0),
    row("zc706", "xc7z045ffg900-2", [218_600, 437_200, 900, 1_090, 0], 200.0),
    row("zcu104", "xczu7ev-ffvc1156-2-e", [230_400, 460_800, 1_728, 624, 96], 300.0),
    row("zcu102", "xczu9eg-ffvb1156-2-e", [274_080, 548_160, 2_520, 1_824, 0], 300.0),
    row("kv260", "xck26-sfvc784-2lv-c", [117_120, 234_240, 1_248, 288, 64], 300.0),
    row("ecp5-25k", "LFE5U-25F-6BG381C", [12_144, 24_288, 28, 56, 0], 50.0),
];

/// A target name that is not in the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown target `{name}`; did you mean `{nearest}`? The targets are: {}", known.join(", "))]
pub struct UnknownTarget {
    /// What was asked for.
    pub name: String,
    /// The known name with the fewest edits to it.
    pub nearest: &'static str,
    /// All known names.
    pub known: Vec<&'static str>,
}

/// The target called `name` (upper and lower case alike).
///
/// # Errors
/// [`UnknownTarget`], with the names that exist.
pub fn find(name: &str) -> Result<Target, UnknownTarget> {
    let wanted = name.to_lowercase();
    TARGETS.iter().find(|row| row.name == wanted).map(target).ok_or_else(|| UnknownTarget {
        name: name.to_owned(),
        nearest: TARGETS.iter().min_by_key(|row| edits(&wanted, row.name)).map_or("", |row| row.name),
        known: TARGETS.iter().map(|row| row.name).collect(),
    })
}

/// All targets, in the table's order.
pub fn all() -> Vec<Target> {
    TARGETS.iter().map(target).collect()
}

fn target(row: &Row) -> Target {
    Target {
        name: row.name.to_owned(),
        part: row.part.to_owned(),
        resources: row.resources,
        clock_mhz: row.clock_mhz,
    }
}

/// Edit distance (Levenshtein), one row of the table at a time.
fn edits(a: &str, b: &str) -> usize {
    let mut costs: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        costs[0] = i + 1;
        for (j, cb) in b.chars().enumerate() {
            let replace = diagonal + usize::from(ca != cb);
            diagonal = costs[j + 1];
            costs[j + 1] = replace.min(costs[j] + 1).min(diagonal + 1);
        }
    }
    costs.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_name_is_found_in_any_case() {
        let target = find("Ultra96").unwrap();
        assert_eq!((target.name.as_str(), target.resources.dsp), ("ultra96", 360));
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_and_the_list() {
        let error = find("pynqz2").unwrap_err();
        assert_eq!(error.nearest, "pynq-z2");
        assert!(error.to_string().contains("zcu104"));
    }

    #[test]
    fn edit_distance_counts_inserts_deletes_and_replacements() {
        for (a, b, n) in [("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0), ("abc", "", 3)] {
            assert_eq!(edits(a, b), n);
        }
    }
}
