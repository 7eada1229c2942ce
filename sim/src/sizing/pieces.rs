//! What is left of a design that is cut off at its memories.

use super::{Memory, apply, sizes};
use crate::timing::{Rate, TimingError, steady_rate};
use mpqc_ir::design::blocks::{AxisInput, AxisOutput};
use mpqc_ir::design::{Block, BlockNode, Design, Stream};
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::unionfind::UnionFind;
use petgraph::visit::EdgeRef;

/// The rate of a design whose memories have no end: that of its slowest piece.
pub(super) fn rate(design: &Design, memory: Memory) -> Result<Rate, TimingError> {
    let mut slowest: Option<Rate> = None;
    for mut piece in pieces(design, memory) {
        let ample = sizes(&piece, |block| memory.ample(block));
        apply(&mut piece, &ample);
        let (rate, _) = steady_rate(&piece)?;
        slowest = Some(slowest.filter(|slowest| rate.reaches(*slowest)).unwrap_or(rate));
    }
    Ok(slowest.unwrap_or_else(Rate::unlimited))
}

/// The connected pieces of a design in which what feeds a memory leaves it, and memories are fed from outside.
fn pieces(design: &Design, memory: Memory) -> Vec<Design> {
    let graph = cut(design, memory);
    let mut sets = UnionFind::<usize>::new(graph.node_count());
    for edge in graph.edge_references() {
        sets.union(edge.source().index(), edge.target().index());
    }
    let labels = sets.into_labeling();
    let mut roots = labels.clone();
    roots.sort_unstable();
    roots.dedup();
    let piece = |root| {
        let part = graph.filter_map(
            |node, block| (labels[node.index()] == root).then(|| block.clone()),
            |_, stream| Some(stream.clone()),
        );
        of(design, part)
    };
    roots.into_iter().map(piece).collect()
}

/// A design of these blocks; the order of its ports does not matter.
fn of(design: &Design, graph: DiGraph<BlockNode, Stream>) -> Design {
    let all = |is: fn(&Block) -> bool| graph.node_indices().filter(|n| is(&graph[*n].block)).collect();
    Design {
        inputs: all(|block| matches!(block, Block::AxisInput(_))),
        outputs: all(|block| matches!(block, Block::AxisOutput(_))),
        name: design.name.clone(),
        target: design.target.clone(),
        host: design.host.clone(),
        graph,
    }
}

/// The blocks, where each stream into a memory is cut in two that end outside.
fn cut(design: &Design, memory: Memory) -> DiGraph<BlockNode, Stream> {
    let is_cut = |edge: EdgeIndex| {
        let (_, to) = design.graph.edge_endpoints(edge)?;
        memory.least(&design.graph[to].block)
    };
    let keep = |edge, stream: &Stream| is_cut(edge).is_none().then(|| stream.clone());
    let mut graph = design.graph.filter_map(|_, node| Some(node.clone()), keep);
    for edge in design.graph.edge_references().filter(|edge| is_cut(edge.id()).is_some()) {
        end(&mut graph, edge.source(), edge.target(), edge.weight());
    }
    graph
}

/// Puts both ends of a stream outside.
fn end(graph: &mut DiGraph<BlockNode, Stream>, from: NodeIndex, to: NodeIndex, stream: &Stream) {
    let (elem, lanes, beats_per_frame) = (stream.elem, stream.lanes, stream.beats_per_frame());
    let node = |block| BlockNode { name: stream.name.clone(), origin: Vec::new(), block };
    let out = graph.add_node(node(AxisOutput { elem, lanes, beats_per_frame }.into()));
    let back = graph.add_node(node(AxisInput { elem, lanes, beats_per_frame }.into()));
    graph.add_edge(from, out, Stream { to: 0, ..stream.clone() });
    graph.add_edge(back, to, Stream { from: 0, ..stream.clone() });
}
