//! What can be watched: every stream of the design and the AXI ends.

use mpqc_ir::design::{Design, Stream};
use petgraph::graph::{EdgeIndex, NodeIndex};

/// Where a watched stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Between two blocks.
    Inside(EdgeIndex),
    /// AXI input port `n`.
    Input(usize),
    /// AXI output port `n`.
    Output(usize),
}

/// A watched stream.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Its name; that of an AXI end is its prefix in Verilog: `s_axis`, `m_axis`, numbered where there are several.
    pub name: String,
    /// Where it is.
    pub source: Source,
    /// The block that drives it (AXI input: that takes it).
    pub block: NodeIndex,
    /// The stream whose beats it carries.
    pub layout: EdgeIndex,
    /// Bits of the data; whole bytes at an AXI end.
    pub width: usize,
}

impl Watch {
    /// 32-bit words of data.
    pub fn words(&self) -> usize {
        self.width.div_ceil(32)
    }

    /// The ONNX node that the stream belongs to: its block's ([`Design::onnx_node`], with the design's layers).
    pub fn origin<'d>(&self, design: &'d Design, layers: &[NodeIndex]) -> &'d str {
        design.onnx_node(self.block, layers)
    }
}

/// `s_axis`/`m_axis`, numbered where there are several.
pub fn axis(letter: char, port: usize, count: usize) -> String {
    if count == 1 { format!("{letter}_axis") } else { format!("{letter}{port}_axis") }
}

/// Bits of a stream's data at an AXI end.
pub fn tdata_width(stream: &Stream) -> usize {
    stream.width().div_ceil(8) * 8
}

/// All streams in a fixed order: AXI inputs, inner streams, AXI outputs.
pub fn watches(design: &Design) -> Vec<Watch> {
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

/// The AXI ends alone.
pub fn ends(design: &Design) -> Vec<Watch> {
    watches(design).into_iter().filter(|watch| !matches!(watch.source, Source::Inside(_))).collect()
}

fn end(
    design: &Design,
    name: String,
    source: Source,
    block: NodeIndex,
    streams: Vec<EdgeIndex>,
) -> Option<Watch> {
    let layout = *streams.first()?;
    Some(Watch { name, source, block, layout, width: tdata_width(&design.graph[layout]) })
}

fn inside(design: &Design, edge: EdgeIndex) -> Watch {
    let stream = &design.graph[edge];
    let (block, _) = design.graph.edge_endpoints(edge).expect("an edge of this graph");
    Watch {
        name: stream.name.clone(),
        source: Source::Inside(edge),
        block,
        layout: edge,
        width: stream.width(),
    }
}
