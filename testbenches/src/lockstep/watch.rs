//! What is watched: every stream of the design and the AXI ends.

use crate::verilator::{Port, Probe};
use mpqc_ir::design::{Design, Stream};
use petgraph::graph::{EdgeIndex, NodeIndex};

/// Where a watched stream is in the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Between two blocks.
    Inside(EdgeIndex),
    /// AXI input port `n`.
    Input(usize),
    /// AXI output port `n`.
    Output(usize),
}

/// A watched stream.
pub(crate) struct Watch {
    pub name: String,
    pub source: Source,
    /// The block that drives it (AXI input: that takes it).
    pub block: NodeIndex,
    /// The stream whose beats it carries.
    pub layout: EdgeIndex,
    /// Names of the wires: valid, ready, data.
    wires: [String; 3],
    /// Width of the data wire.
    pub width: usize,
}

impl Watch {
    /// 32-bit words of data.
    pub fn words(&self) -> usize {
        self.width.div_ceil(32)
    }
}

/// `s_axis`/`m_axis`, numbered where there are several.
fn axis(letter: char, port: usize, count: usize) -> String {
    if count == 1 { format!("{letter}_axis") } else { format!("{letter}{port}_axis") }
}

fn tdata_width(stream: &Stream) -> usize {
    stream.width().div_ceil(8) * 8
}

/// All streams in a fixed order: AXI inputs, inner streams, AXI outputs.
pub(crate) fn watches(design: &Design) -> Vec<Watch> {
    let inputs = design.inputs.iter().enumerate().map(|(port, node)| {
        let prefix = axis('s', port, design.inputs.len());
        end(design, prefix, Source::Input(port), *node, design.outputs_of(*node))
    });
    let outputs = design.outputs.iter().enumerate().map(|(port, node)| {
        let prefix = axis('m', port, design.outputs.len());
        end(design, prefix, Source::Output(port), *node, design.inputs_of(*node))
    });
    let inner = design.graph.edge_indices().map(|edge| Some(inside(design, edge)));
    inputs.chain(inner).chain(outputs).flatten().collect()
}

fn end(
    design: &Design,
    prefix: String,
    source: Source,
    block: NodeIndex,
    streams: Vec<EdgeIndex>,
) -> Option<Watch> {
    let layout = *streams.first()?;
    let wires = ["tvalid", "tready", "tdata"].map(|wire| format!("{prefix}_{wire}"));
    Some(Watch { name: prefix, source, block, layout, wires, width: tdata_width(&design.graph[layout]) })
}

fn inside(design: &Design, edge: EdgeIndex) -> Watch {
    let stream = &design.graph[edge];
    let (block, _) = design.graph.edge_endpoints(edge).expect("an edge of this graph");
    let wires = ["valid", "ready", "data"].map(|wire| format!("{}_{wire}", stream.name));
    Watch {
        name: stream.name.clone(),
        source: Source::Inside(edge),
        block,
        layout: edge,
        wires,
        width: stream.width(),
    }
}

/// The AXI ends alone.
pub(crate) fn ends(design: &Design) -> Vec<Watch> {
    watches(design).into_iter().filter(|watch| !matches!(watch.source, Source::Inside(_))).collect()
}

/// Three probes a watch (valid, ready, data), then `tlast` of every AXI output, then `tlast_error`.
pub(crate) fn probes(design: &Design, watches: &[Watch]) -> Vec<Probe> {
    let of_watch = |watch: &Watch| {
        let [valid, ready, data] = watch.wires.clone();
        [Probe::new(valid, 1), Probe::new(ready, 1), Probe::new(data, watch.width as u32)]
    };
    let count = design.outputs.len();
    let lasts = (0..count).map(|port| Probe::new(format!("{}_tlast", axis('m', port, count)), 1));
    watches.iter().flat_map(of_watch).chain(lasts).chain([Probe::new("tlast_error", 1)]).collect()
}

/// Input pins: tvalid, tdata, tlast of every AXI input, then tready of every AXI output.
pub(crate) fn inputs(design: &Design) -> Vec<Port> {
    let (sources, sinks) = (design.inputs.len(), design.outputs.len());
    let source = |(port, node): (usize, &NodeIndex)| {
        let prefix = axis('s', port, sources);
        let width = design.outputs_of(*node).first().map_or(8, |edge| tdata_width(&design.graph[*edge]));
        [("tvalid", 1), ("tdata", width as u32), ("tlast", 1)]
            .map(|(wire, width)| Port::new(format!("{prefix}_{wire}"), width))
    };
    let sink = |port: usize| Port::new(format!("{}_tready", axis('m', port, sinks)), 1);
    design.inputs.iter().enumerate().flat_map(source).chain((0..sinks).map(sink)).collect()
}
