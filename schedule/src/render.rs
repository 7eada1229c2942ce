//! Schedules and designs to look at: a text table and a Graphviz graph.

use crate::{Feed, LayerReport, Requantizer, Schedule};
use mpqc_ir::design::blocks::{Block, MemoryStyle, Multiplier, RamStyle};
use mpqc_ir::design::{Design, Resources, Stream};
use petgraph::visit::EdgeRef;
use std::fmt::Write;

const HEADINGS: [&str; 15] = [
    "layer",
    "w×x→acc",
    "PE",
    "SIMD",
    "SF",
    "NF",
    "feed",
    "multiplier",
    "weights",
    "requantizer",
    "cycles",
    "LUT",
    "FF",
    "DSP",
    "BRAM18",
];

/// Columns from here on are numbers, set to the right.
const LEFT_COLUMNS: [usize; 6] = [0, 1, 6, 7, 8, 9];

/// The schedule as a table: a line per layer, one for the rest, the sums, and what there is.
pub fn table(schedule: &Schedule) -> String {
    let target = &schedule.design.target;
    let layers: Resources = schedule.layers.iter().map(|l| l.resources).sum();
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(schedule.layers.iter().map(row));
    rows.push(summary("ports, forks, …", "", &schedule.resources.without(layers)));
    rows.push(summary("all", &schedule.cycles_per_frame.to_string(), &schedule.resources));
    rows.push(summary(&target.name, "", &target.resources));
    let mut text = align(&rows);
    let _ = writeln!(
        text,
        "{} cycles per frame: {:.0} frames/s at {} MHz",
        schedule.cycles_per_frame, schedule.fps, target.clock_mhz
    );
    let _ = write!(text, "{}", schedule.stop);
    text
}

fn row(layer: &LayerReport) -> [String; 15] {
    let r = &layer.resources;
    [
        layer.name.clone(),
        format!("{}×{}→{}", layer.w_bits, layer.x_bits, layer.acc_bits),
        layer.pe.to_string(),
        layer.simd.to_string(),
        layer.sf.to_string(),
        layer.nf.to_string(),
        match (layer.pixels, layer.neighbours) {
            (1, 1) => feed(layer.feed).to_owned(),
            (1, n) => format!("{}, {n} neighbours", feed(layer.feed)),
            (pixels, _) => format!("{}, {pixels} pixels", feed(layer.feed)),
        },
        multiplier(layer),
        memory(layer.memory).to_owned(),
        layer.requantizer.map_or("", requantizer).to_owned(),
        layer.cycles.to_string(),
        r.lut.to_string(),
        r.ff.to_string(),
        r.dsp.to_string(),
        r.bram18.to_string(),
    ]
}

fn summary(name: &str, cycles: &str, r: &Resources) -> [String; 15] {
    let mut row = [const { String::new() }; 15];
    let cells =
        [cycles.to_owned(), r.lut.to_string(), r.ff.to_string(), r.dsp.to_string(), r.bram18.to_string()];
    row[0] = name.to_owned();
    for (cell, text) in row[10..].iter_mut().zip(cells) {
        *cell = text;
    }
    row
}

fn align(rows: &[[String; 15]]) -> String {
    let mut widths = [0; 15];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).enumerate().map(|(i, (cell, width))| {
            if LEFT_COLUMNS.contains(&i) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        let line: Vec<String> = cells.collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}

fn multiplier(layer: &LayerReport) -> String {
    let rows = layer.dsp.rows;
    let products = layer.dsp.products * layer.neighbours * layer.taps;
    match (layer.multiplier, layer.pe.saturating_sub(rows)) {
        (Multiplier::Xnor, _) => "XNOR".to_owned(),
        (_, others) if rows == 0 => format!("{others} LUT"),
        (_, 0) => format!("{rows} DSP/{products}"),
        (_, others) => format!("{rows} DSP/{products} + {others} LUT"),
    }
}

fn feed(f: Feed) -> &'static str {
    match f {
        Feed::Replay => "replay",
        Feed::Window(RamStyle::Distributed) => "window (LUTRAM)",
        Feed::Window(RamStyle::Block) => "window (BRAM)",
        Feed::Window(RamStyle::Ultra) => "window (URAM)",
        Feed::LineBuffer(RamStyle::Distributed) => "line buffer (LUTRAM)",
        Feed::LineBuffer(RamStyle::Block) => "line buffer (BRAM)",
        Feed::LineBuffer(RamStyle::Ultra) => "line buffer (URAM)",
    }
}

fn memory(m: MemoryStyle) -> &'static str {
    match m {
        MemoryStyle::Constant => "constant",
        MemoryStyle::Distributed => "LUTRAM",
        MemoryStyle::Block => "BRAM",
    }
}

fn requantizer(r: Requantizer) -> &'static str {
    match r {
        Requantizer::Thresholds => "thresholds",
        Requantizer::ScaleLut => "scale (LUT)",
        Requantizer::ScaleDsp => "scale (DSP)",
    }
}

/// The design's blocks, one a line, producers first: name, kind, cycles per frame and cost.
pub fn blocks(design: &Design) -> String {
    let mut text = String::new();
    for id in design.topological() {
        let node = &design.graph[id];
        let spec = node.block.spec();
        let r = spec.cost(&design.target);
        let _ = writeln!(
            text,
            "{:<24} {:<16} {:>8} cycles {:>7} LUT {:>7} FF {:>4} DSP {:>4} BRAM18",
            node.name,
            node.block.kind(),
            spec.cycles_per_frame(),
            r.lut,
            r.ff,
            r.dsp,
            r.bram18
        );
    }
    text
}

/// The design as a Graphviz graph: blocks with their parameters, streams with type, lanes and beats.
pub fn dot(design: &Design) -> String {
    let mut text = format!("digraph {} {{\n    rankdir=LR;\n    node [shape=box];\n", design.name);
    for id in design.graph.node_indices() {
        let node = &design.graph[id];
        let label = format!("{}\\n{}{}", node.name, node.block.kind(), detail(&node.block));
        let _ = writeln!(text, "    n{} [label=\"{label}\"];", id.index());
    }
    for edge in design.graph.edge_references() {
        let (from, to) = (edge.source().index(), edge.target().index());
        let _ = writeln!(text, "    n{from} -> n{to} [label=\"{}\"];", stream_label(edge.weight()));
    }
    text.push_str("}\n");
    text
}

fn stream_label(stream: &Stream) -> String {
    format!("{}\\n{} × {}, {} beats", stream.name, stream.lanes, stream.elem, stream.beats_per_frame())
}

fn detail(block: &Block) -> String {
    match block {
        Block::MacArray(m) => {
            format!("\\n{} × {}\\nPE {} SIMD {}", m.outputs(), m.inputs(), m.pe, m.simd)
        }
        Block::WidthConverter(w) => format!("\\n{} → {}", w.in_lanes, w.out_lanes),
        Block::Replay(r) => format!("\\n{} × {}", r.beats, r.repeats),
        Block::Fifo(f) => format!("\\ndepth {}", f.depth),
        Block::Thresholds(t) => format!("\\n{} steps", t.steps()),
        Block::Window(w) => {
            let ([rows, columns], [down, right]) = (w.window.kernel, w.window.stride);
            format!("\\n{rows}×{columns} / {down}×{right}\\nring of {}", w.capacity)
        }
        Block::LineBuffer(b) => format!("\\n{}×{}", b.window.kernel[0], b.window.kernel[1]),
        Block::Pool(p) => format!("\\n{:?} of {}×{}", p.pool.function, p.pool.kernel[0], p.pool.kernel[1]),
        Block::Depthwise(d) => format!("\\n{} taps × {}\\nlanes {}", d.taps(), d.channels(), d.lanes),
        Block::Reorder(r) => format!("\\n{} of {}", r.order.len(), r.group),
        _ => String::new(),
    }
}
