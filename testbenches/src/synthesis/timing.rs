//! What place and route says of a clock.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The clock that a module reached, and what bounds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// What was placed and routed: a block, or the design.
    pub name: String,
    /// The highest clock in MHz between registers, after routing.
    pub fmax_mhz: f64,
    /// Start of the placement's random numbers.
    pub seed: u32,
    /// The slowest path from register to register.
    pub worst: WorstPath,
    /// Primitives of the device that are used, of those there are; with those of the harness.
    pub used: BTreeMap<String, [u64; 2]>,
}

/// A path from one register to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstPath {
    /// The register where it begins, by its place in the hierarchy.
    pub from: String,
    /// The register where it ends.
    pub to: String,
    /// Tables and carry cells between them.
    pub levels: usize,
    /// Its whole delay in nanoseconds.
    pub delay_ns: f64,
    /// The part of the delay that is wires.
    pub routing_ns: f64,
}

/// The parts of nextpnr's report that are read.
#[derive(Deserialize)]
struct Report {
    fmax: BTreeMap<String, Clock>,
    critical_paths: Vec<Path>,
    utilization: BTreeMap<String, Use>,
}

#[derive(Deserialize)]
struct Clock {
    achieved: f64,
}

#[derive(Deserialize)]
struct Path {
    from: String,
    to: String,
    path: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    #[serde(rename = "type")]
    kind: String,
    delay: f64,
    from: End,
    to: End,
}

#[derive(Deserialize)]
struct End {
    cell: String,
}

#[derive(Deserialize)]
struct Use {
    used: u64,
    available: u64,
}

impl Timing {
    /// Reads nextpnr's report of what is called `name`.
    pub(super) fn parse(text: &str, name: &str, seed: u32) -> Result<Self, String> {
        let report: Report = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let achieved = report.fmax.values().map(|clock| clock.achieved);
        let fmax_mhz = achieved.min_by(f64::total_cmp).ok_or("the timing report names no clock")?;
        let clocked = |path: &&Path| path.from.starts_with("posedge") && path.to.starts_with("posedge");
        let worst = report.critical_paths.iter().find(clocked).and_then(worst);
        let used = |(name, it): (String, Use)| (it.used > 0).then_some((name, [it.used, it.available]));
        Ok(Timing {
            name: name.to_owned(),
            fmax_mhz,
            seed,
            worst: worst.ok_or("the timing report names no path between registers")?,
            used: report.utilization.into_iter().filter_map(used).collect(),
        })
    }
}

fn worst(path: &Path) -> Option<WorstPath> {
    let sum = |routing: bool| -> f64 {
        let counted = path.path.iter().filter(|segment| !routing || segment.kind == "routing");
        counted.map(|segment| segment.delay).sum()
    };
    Some(WorstPath {
        from: inside(&path.path.first()?.from.cell),
        to: inside(&path.path.last()?.to.cell),
        levels: path.path.iter().filter(|segment| segment.kind == "logic").count(),
        delay_ns: sum(false),
        routing_ns: sum(true),
    })
}

/// A cell's name below the harness, in which the module is called `unit`.
fn inside(cell: &str) -> String {
    cell.strip_prefix("unit.").map_or_else(|| format!("(harness) {cell}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"fmax": {"$glbnet$clk": {"achieved": 114.5, "constraint": 120}},
        "critical_paths": [
            {"from": "<async>", "to": "posedge clk", "path": []},
            {"from": "posedge clk", "to": "posedge clk", "path": [
                {"type": "clk-to-q", "delay": 0.5, "from": {"cell": "unit.mac.full"}, "to": {"cell": "unit.mac.full"}},
                {"type": "routing", "delay": 2.0, "from": {"cell": "unit.mac.full"}, "to": {"cell": "unit.t"}},
                {"type": "logic", "delay": 0.25, "from": {"cell": "unit.t"}, "to": {"cell": "unit.t"}},
                {"type": "setup", "delay": 0.0, "from": {"cell": "out_3"}, "to": {"cell": "out_3"}}]}],
        "utilization": {"DCCA": {"available": 56, "used": 1}, "DTR": {"available": 1, "used": 0}}}"#;

    #[test]
    fn the_worst_path_is_between_registers() {
        let timing = Timing::parse(REPORT, "mac", 1).unwrap();
        let worst = &timing.worst;
        assert_eq!((worst.from.as_str(), worst.to.as_str()), ("mac.full", "(harness) out_3"));
        assert_eq!((worst.levels, worst.delay_ns, worst.routing_ns), (1, 2.75, 2.0));
        assert_eq!((timing.fmax_mhz, timing.used.len()), (114.5, 1));
    }

    #[test]
    fn a_report_without_a_clock_is_refused() {
        let empty = r#"{"fmax": {}, "critical_paths": [], "utilization": {}}"#;
        assert!(Timing::parse(empty, "mac", 1).unwrap_err().contains("no clock"));
    }
}
