//! `report.html`: one file, no scripts, nothing from outside.

use super::data::{Report, Simulated, Stage};
use super::diagram::Diagram;
use super::text::{grouped, percent, plural, si};
use askama::Template;
use mpqc_ir::design::Resources;
use mpqc_sim::timing::Timing;

/// The page, every word and number in its final form.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    cards: Vec<Card>,
    devices: Vec<Device>,
    diagram: Diagram,
    layers: Vec<LayerRow>,
    cycles: Vec<Bar>,
    areas: Vec<Area>,
    timeline: Timeline,
    waits: Vec<Waits>,
    waits_of: String,
    memories: Vec<MemoryRow>,
    fifos: Vec<FifoRow>,
    has_synthesis: bool,
}

/// A figure in large letters.
struct Card {
    name: &'static str,
    value: String,
    unit: &'static str,
    note: String,
}

/// A resource against what the device has.
struct Device {
    name: &'static str,
    used: String,
    there: String,
    percent: f64,
    synthesized: Option<(String, f64)>,
}

struct LayerRow {
    name: String,
    bits: String,
    kind: String,
    feed: String,
    memory: String,
    fold: String,
    passes: String,
    cycles: String,
    utilization: String,
    sets_pace: bool,
    cells: Vec<Cell>,
}

/// Predicted, and synthesized where it is known.
struct Cell {
    predicted: String,
    synthesized: Option<String>,
}

/// A bar of a chart.
struct Bar {
    name: String,
    value: String,
    percent: f64,
    sets_pace: bool,
}

/// A chart of one resource.
struct Area {
    name: &'static str,
    bars: Vec<Bar>,
}

/// When each stage is busy for one frame.
struct Timeline {
    bins: usize,
    rows: Vec<TimelineRow>,
    ticks: Vec<String>,
    cycles: String,
}

struct TimelineRow {
    name: String,
    span: String,
    /// Bin, width and opacity of a stretch of equal load.
    cells: Vec<(usize, usize, f64)>,
}

/// How a block spends its cycles.
struct Waits {
    name: String,
    kind: String,
    busy: f64,
    blocked: f64,
    starved: f64,
    is_critical: bool,
}

struct MemoryRow {
    block: String,
    content: String,
    style: String,
    shape: String,
    size: String,
    percent: f64,
}

struct FifoRow {
    name: String,
    capacity: String,
    most: String,
    percent: f64,
    full: String,
}

/// One of the resources.
type Count = fn(&Resources) -> u64;

/// Resources by name.
const KINDS: [(&str, Count); 5] = [
    ("LUT", |r| r.lut),
    ("FF", |r| r.ff),
    ("DSP", |r| r.dsp),
    ("BRAM18", |r| r.bram18),
    ("URAM", |r| r.uram),
];

/// The page of a report.
pub fn render(report: &Report) -> String {
    let page = Page {
        report,
        cards: cards(report),
        devices: devices(report),
        diagram: Diagram::new(report),
        layers: report.layers.iter().map(|layer| layer_row(report, layer)).collect(),
        cycles: cycles(report),
        areas: areas(report),
        timeline: timeline(report),
        waits: waits(report),
        waits_of: match observed(report) {
            (timing, Some(it)) => {
                format!("mpqc sim, stalls {}, {}", it.stall, plural(timing.frames, "frame"))
            }
            (timing, None) => format!("{} without stalls", plural(timing.frames, "frame")),
        },
        memories: memories(report),
        fifos: fifos(report),
        has_synthesis: report.synthesized.is_some(),
    };
    page.render().expect("a template of strings renders")
}

fn cards(report: &Report) -> Vec<Card> {
    let it = &report.summary;
    let clock = format!("at {} MHz, the planned clock", it.clock_mhz);
    let (latency, unit) = match it.latency_us {
        us if us >= 1e4 => (format!("{:.1}", us / 1e3), "ms"),
        us => (format!("{us:.1}"), "µs"),
    };
    let mut cards = vec![
        Card { name: "Throughput", value: grouped(it.fps.round() as u64), unit: "frames/s", note: clock },
        Card {
            name: "Latency",
            value: latency,
            unit,
            note: format!("{} cycles", grouped(it.latency_cycles)),
        },
        Card {
            name: "Interval",
            value: grouped(it.cycles_per_frame),
            unit: "cycles",
            note: "between frames, exact".into(),
        },
        Card {
            name: "Arithmetic",
            value: si(it.gops * 1e9),
            unit: "op/s",
            note: format!("{} products a frame", si(report.model.macs as f64)),
        },
    ];
    if let Some(accuracy) = report.simulated.as_ref().and_then(|s| s.accuracy) {
        let top5 = accuracy.top5.map(|top5| format!("top-5 {}, ", percent(top5)));
        let note =
            format!("{}{} in simulated hardware", top5.unwrap_or_default(), plural(accuracy.frames, "frame"));
        cards.push(Card { name: "Accuracy", value: percent(accuracy.top1), unit: "top-1", note });
    }
    cards
}

fn devices(report: &Report) -> Vec<Device> {
    let share = |used: u64, there: u64| 100.0 * used as f64 / there.max(1) as f64;
    let device = |(name, count): (&'static str, Count)| {
        let (used, there) = (count(&report.summary.resources), count(&report.target.resources));
        let synthesized = report.synthesized.as_ref().map(|it| count(&it.total));
        Device {
            name,
            used: grouped(used),
            there: grouped(there),
            percent: share(used, there),
            synthesized: synthesized.map(|n| (grouped(n), share(n, there))),
        }
    };
    let exists = |device: &Device| device.there != "0" || device.used != "0";
    KINDS.into_iter().map(device).filter(exists).collect()
}

/// The stage whose blocks hold one of that name.
fn stage_of<'a>(report: &'a Report, block: &str) -> Option<&'a Stage> {
    report.stages.iter().find(|stage| stage.blocks.iter().any(|it| it == block))
}

fn layer_row(report: &Report, layer: &super::Layer) -> LayerRow {
    let synthesized = stage_of(report, &layer.name).and_then(|stage| report.synthesized_of(stage));
    let cell = |(_, count): &(&str, Count)| Cell {
        predicted: grouped(count(&layer.predicted)),
        synthesized: synthesized.as_ref().map(|it| grouped(count(it))),
    };
    let number = |key| grouped(layer.number(key));
    LayerRow {
        name: layer.name.clone(),
        bits: format!("{}×{}→{}", number("w_bits"), number("x_bits"), number("acc_bits")),
        kind: layer.word("multiplier").to_uppercase(),
        feed: layer.word("feed"),
        memory: layer.word("memory"),
        fold: format!("{}×{}", number("pe"), number("simd")),
        passes: format!("{}×{}", number("sf"), number("nf")),
        cycles: number("cycles"),
        utilization: percent(layer.utilization),
        sets_pace: sets_pace(report, &layer.name),
        cells: KINDS.iter().take(4).map(cell).collect(),
    }
}

/// Whether a block is in the ring that sets the pace.
fn sets_pace(report: &Report, block: &str) -> bool {
    report.profile.critical.iter().any(|it| it == block)
}

fn cycles(report: &Report) -> Vec<Bar> {
    let most = report.stages.iter().map(|stage| stage.cycles).max().unwrap_or(1).max(1);
    let bar = |stage: &Stage| Bar {
        name: stage.name.clone(),
        value: grouped(stage.cycles),
        percent: 100.0 * stage.cycles as f64 / most as f64,
        sets_pace: stage.blocks.iter().any(|block| sets_pace(report, block)),
    };
    report.stages.iter().filter(|stage| !is_port(stage)).map(bar).collect()
}

/// Ports take no arithmetic: they are left out of charts.
fn is_port(stage: &Stage) -> bool {
    stage.kinds.iter().all(|kind| kind.starts_with("axis_"))
}

fn areas(report: &Report) -> Vec<Area> {
    let area = |(name, count): &(&'static str, Count)| {
        let most = report.stages.iter().map(|stage| count(&stage.resources)).max().unwrap_or(0);
        let bar = |stage: &Stage| Bar {
            name: stage.name.clone(),
            value: grouped(count(&stage.resources)),
            percent: 100.0 * count(&stage.resources) as f64 / most.max(1) as f64,
            sets_pace: false,
        };
        let bars =
            report.stages.iter().filter(|stage| count(&stage.resources) > 0 && !is_port(stage)).map(bar);
        (most > 0).then(|| Area { name, bars: bars.collect() })
    };
    KINDS.iter().filter(|(name, _)| *name != "FF").filter_map(area).collect()
}

fn timeline(report: &Report) -> Timeline {
    let profile = &report.profile;
    let bins = profile.lanes.first().map_or(1, |lane| lane.busy.len()).max(1);
    let row = |stage: &Stage| {
        let lanes = profile.lanes.iter().filter(|lane| stage.blocks.contains(&lane.name));
        let mut most = vec![0u32; bins];
        for lane in lanes {
            most.iter_mut().zip(&lane.busy).for_each(|(most, busy)| *most = (*most).max(*busy));
        }
        let busy = |i: &usize| most[*i] > 0;
        let (first, last) = ((0..bins).find(busy), (0..bins).rfind(busy));
        let cycle = |bin: usize| grouped((bin as u64 * profile.bin).min(profile.cycles));
        let span = first.zip(last).map(|(a, b)| format!("{} – {}", cycle(a), cycle(b + 1)));
        TimelineRow {
            name: stage.name.clone(),
            span: span.unwrap_or_default(),
            cells: strips(&most, profile.bin),
        }
    };
    Timeline {
        bins,
        rows: report.stages.iter().map(row).collect(),
        ticks: (0..=4).map(|i| si_cycles(profile.cycles * i / 4)).collect(),
        cycles: grouped(profile.cycles),
    }
}

fn si_cycles(cycles: u64) -> String {
    if cycles < 10_000 { grouped(cycles) } else { format!("{}k", grouped((cycles + 500) / 1000)) }
}

/// Stretches of bins that are about equally busy: first bin, bins, opacity.
fn strips(busy: &[u32], bin: u64) -> Vec<(usize, usize, f64)> {
    let level = |n: u32| (f64::from(n) / bin as f64 * 8.0).ceil().min(8.0) as u8;
    let mut at = 0;
    let runs = busy.chunk_by(|a, b| level(*a) == level(*b)).map(|run| {
        at += run.len();
        (at - run.len(), run.len(), f64::from(level(run[0])) / 8.0)
    });
    runs.filter(|(_, _, load)| *load > 0.0).map(|(at, n, load)| (at, n, 0.2 + 0.8 * load)).collect()
}

/// The run whose waits are shown: the last simulation, if it says more than the one without stalls.
fn observed(report: &Report) -> (&Timing, Option<&Simulated>) {
    let says_more = |it: &&Simulated| it.stall != "none" || it.timing.frames >= report.timing.frames;
    match report.simulated.as_ref().filter(says_more) {
        Some(it) => (&it.timing, Some(it)),
        None => (&report.timing, None),
    }
}

fn waits(report: &Report) -> Vec<Waits> {
    let (timing, _) = observed(report);
    let share = |cycles: u64| 100.0 * cycles as f64 / timing.cycles.max(1) as f64;
    let of = |block: &mpqc_sim::timing::BlockTiming| {
        let busy = share(block.busy);
        let blocked = share(block.stalled_by_consumer).min(100.0 - busy);
        let starved = share(block.starved).min(100.0 - busy - blocked);
        let kind = block.kind.replace('_', " ");
        let is_critical = sets_pace(report, &block.name);
        Waits { name: block.name.clone(), kind, busy, blocked, starved, is_critical }
    };
    timing.blocks.iter().map(of).collect()
}

fn memories(report: &Report) -> Vec<MemoryRow> {
    let most = report.memories.iter().map(|m| m.words * m.bits).max().unwrap_or(1).max(1);
    let row = |memory: &super::Memory| MemoryRow {
        block: memory.block.clone(),
        content: memory.content.clone(),
        style: memory.style.clone(),
        shape: format!("{} × {}", grouped(memory.words), grouped(memory.bits)),
        size: format!("{:.1}", (memory.words * memory.bits) as f64 / 1024.0),
        percent: 100.0 * (memory.words * memory.bits) as f64 / most as f64,
    };
    report.memories.iter().map(row).collect()
}

fn fifos(report: &Report) -> Vec<FifoRow> {
    let (timing, _) = observed(report);
    let row = |fifo: &mpqc_sim::timing::FifoTiming| {
        let full = report.profile.full.iter().find(|full| full.name == fifo.name);
        let [from, to] = full.map_or([0, 0], |full| full.longest);
        FifoRow {
            name: fifo.name.clone(),
            capacity: grouped(fifo.capacity),
            most: grouped(fifo.high_water),
            percent: 100.0 * fifo.high_water as f64 / fifo.capacity.max(1) as f64,
            full: full.map_or_else(
                || "never".to_owned(),
                |full| {
                    format!("{} cycles; longest {} – {}", grouped(full.cycles), grouped(from), grouped(to))
                },
            ),
        }
    };
    timing.fifos.iter().map(row).collect()
}
