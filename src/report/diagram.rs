//! The pipeline as a drawing: a box a stage from top to bottom, arrows with bits and rates, detours at the side.

use super::data::{Edge, Report, Stage};
use super::text::{grouped, shortened};

/// The drawing; all lengths in pixels.
pub(super) struct Diagram {
    pub width: usize,
    pub height: usize,
    pub boxes: Vec<Shape>,
    pub arrows: Vec<Arrow>,
}

/// A stage.
pub(super) struct Shape {
    pub y: usize,
    pub name: String,
    pub full_name: String,
    pub kinds: String,
    pub cycles: String,
    pub load: f64,
    pub sets_pace: bool,
}

/// A stream.
pub(super) struct Arrow {
    pub path: String,
    pub x: usize,
    pub y: usize,
    pub lines: Vec<String>,
    pub title: String,
}

/// Left edge and size of a box, and the distance of boxes.
const BOX: [usize; 3] = [8, 224, 46];
const PITCH: usize = 88;
/// Distance of detours.
const LANE: usize = 16;

impl Diagram {
    /// The stages of a report.
    pub fn new(report: &Report) -> Diagram {
        let most = report.summary.cycles_per_frame.max(1);
        let boxes = report.stages.iter().enumerate().map(|(i, stage)| {
            let sets_pace = stage.blocks.iter().any(|block| report.profile.critical.contains(block));
            shape(stage, top(i), most, sets_pace)
        });
        let mut lanes = Vec::new();
        let arrows: Vec<Arrow> = report.edges.iter().map(|edge| arrow(edge, &mut lanes)).collect();
        Diagram {
            width: BOX[0] + BOX[1] + 148.max(28 + LANE * lanes.len()),
            height: top(report.stages.len()).saturating_sub(PITCH - BOX[2]) + 8,
            boxes: boxes.collect(),
            arrows,
        }
    }
}

/// Upper edge of box `i`.
fn top(i: usize) -> usize {
    8 + i * PITCH
}

fn shape(stage: &Stage, y: usize, most: u64, sets_pace: bool) -> Shape {
    let plumbing = ["width_converter", "fifo", "fork", "replay", "pad"];
    let works = |kind: &&String| !plumbing.contains(&kind.as_str());
    let mut kinds: Vec<String> =
        stage.kinds.iter().filter(works).map(|kind| kind.replace('_', " ")).collect();
    if kinds.is_empty() {
        kinds = stage.kinds.iter().map(|kind| kind.replace('_', " ")).collect();
    }
    kinds.dedup();
    Shape {
        y,
        name: shortened(&stage.name, 26),
        full_name: format!("{}: {}", stage.name, stage.blocks.join(", ")),
        kinds: shortened(&kinds.join(" · "), 36),
        cycles: grouped(stage.cycles),
        load: BOX[1] as f64 * (stage.cycles as f64 / most as f64).min(1.0),
        sets_pace,
    }
}

/// An arrow to the next box, or around those between; `lanes` are the last boxes of the detours so far.
fn arrow(edge: &Edge, lanes: &mut Vec<usize>) -> Arrow {
    let label = format!("{} × {}", edge.element, edge.lanes);
    let title = format!(
        "{}: {} bits a beat, {} beats a frame, {:.3} beats a cycle, {:.2} Gbit/s",
        edge.stream,
        edge.bits,
        grouped(edge.beats),
        edge.rate,
        edge.gbit_s
    );
    let (begin, end) = (top(edge.from) + BOX[2], top(edge.to));
    if edge.to == edge.from + 1 {
        let x = BOX[0] + BOX[1] / 4;
        let path = format!("M{x} {begin}V{}", end - 7);
        return Arrow {
            path,
            x: x + 12,
            y: (begin + end) / 2 + 4,
            lines: vec![with_rate(&label, edge)],
            title,
        };
    }
    let lane = lanes.iter().position(|last| *last <= edge.from).unwrap_or(lanes.len());
    if lane == lanes.len() {
        lanes.push(0);
    }
    lanes[lane] = edge.to;
    let (right, x) = (BOX[0] + BOX[1], BOX[0] + BOX[1] + 14 + LANE * lane);
    let (from, to) = (begin - BOX[2] / 2, end + BOX[2] / 2);
    let lines = vec![label, format!("{} bit", edge.bits), format!("{:.2}/cycle", edge.rate)];
    let path = format!(
        "M{right} {from}H{}Q{x} {from} {x} {}V{}Q{x} {to} {} {to}H{}",
        x - 6,
        from + 6,
        to - 6,
        x - 6,
        right + 7
    );
    Arrow { path, x: x + 6, y: from + 22, lines, title }
}

fn with_rate(label: &str, edge: &Edge) -> String {
    format!("{label} · {} bit · {:.2}/cycle", edge.bits, edge.rate)
}
