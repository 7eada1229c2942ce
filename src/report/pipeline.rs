//! Blocks by the ONNX nodes that they compute, and the streams between them.

use super::{Edge, Stage};
use mpqc_ir::design::{Design, Resources};
use petgraph::graph::NodeIndex;
use std::collections::HashMap;

/// Stages and the streams that join them.
pub(super) struct Pipeline {
    pub stages: Vec<Stage>,
    pub edges: Vec<Edge>,
}

impl Pipeline {
    /// The pipeline of a design that takes a frame every `cycles` cycles.
    pub fn new(design: &Design, cycles: u64) -> Pipeline {
        let (layers, order) = (design.layers(), design.topological());
        // A stage stands where its last block does: behind all that it needs.
        let last = |id: &NodeIndex| order.iter().rposition(|it| layers[it.index()] == *id);
        let mut heads: Vec<NodeIndex> = order.iter().map(|id| layers[id.index()]).collect();
        heads.sort_by_key(last);
        heads.dedup();
        let stage_of: HashMap<NodeIndex, usize> = order
            .iter()
            .filter_map(|id| Some((*id, heads.iter().position(|head| *head == layers[id.index()])?)))
            .collect();
        let mut stages: Vec<Stage> = heads.iter().map(|head| Stage::new(design, *head)).collect();
        order.iter().for_each(|id| stages[stage_of[id]].take(design, *id));
        let between = |edge: petgraph::graph::EdgeIndex| {
            let (a, b) = design.graph.edge_endpoints(edge)?;
            let (from, to) = (stage_of[&a], stage_of[&b]);
            (from != to).then(|| Edge::new(design, edge, [from, to], cycles))
        };
        let edges = design.graph.edge_indices().filter_map(between).collect();
        Pipeline { stages, edges }
    }
}

impl Stage {
    fn new(design: &Design, head: NodeIndex) -> Stage {
        let node = &design.graph[head];
        Stage {
            name: node.origin.first().unwrap_or(&node.name).clone(),
            blocks: Vec::new(),
            kinds: Vec::new(),
            cycles: 0,
            resources: Resources::default(),
        }
    }

    fn take(&mut self, design: &Design, id: NodeIndex) {
        let node = &design.graph[id];
        self.blocks.push(node.name.clone());
        self.kinds.push(node.block.kind().to_owned());
        self.cycles = self.cycles.max(node.block.spec().cycles_per_frame());
        self.resources = [self.resources, node.block.spec().cost(&design.target)].into_iter().sum();
    }
}

impl Edge {
    fn new(design: &Design, edge: petgraph::graph::EdgeIndex, [from, to]: [usize; 2], cycles: u64) -> Edge {
        let stream = &design.graph[edge];
        let beats = stream.beats_per_frame() as u64;
        let rate = beats as f64 / cycles as f64;
        Edge {
            stream: stream.name.clone(),
            from,
            to,
            element: stream.elem.to_string(),
            lanes: stream.lanes,
            bits: stream.width(),
            beats,
            rate,
            gbit_s: rate * stream.width() as f64 * design.target.clock_mhz * 1e6 / 1e9,
        }
    }
}
