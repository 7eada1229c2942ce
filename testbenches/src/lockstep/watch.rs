//! The wires of the watched streams in Verilog.

use crate::verilator::{Port, Probe};
use mpqc_ir::design::Design;
use mpqc_sim::trace::{Source, Watch, axis, tdata_width};
use petgraph::graph::NodeIndex;

/// Names of a stream's wires: valid, ready, data.
fn wires(watch: &Watch) -> [String; 3] {
    let wires = match watch.source {
        Source::Inside(_) => ["valid", "ready", "data"],
        Source::Input(_) | Source::Output(_) => ["tvalid", "tready", "tdata"],
    };
    wires.map(|wire| format!("{}_{wire}", watch.name))
}

/// Three probes a watch (valid, ready, data), then `tlast` of every AXI output, then `tlast_error`.
pub(crate) fn probes(design: &Design, watches: &[Watch]) -> Vec<Probe> {
    let of_watch = |watch: &Watch| {
        let [valid, ready, data] = wires(watch);
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
