//! An `IntNetwork` for people: a table, and Graphviz.

use super::{IntNetwork, IntNode, IntOp};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::fmt::Write;

impl IntNetwork {
    /// One line a node: what it computes, the type, extent and scale of its result, parameters, MACs, origin.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{:<32} {:<34} {:<16} {:<14} {:<24} {:>9} {:>10}  ONNX\n",
            "node", "operator", "result", "h×w×c", "scale, zero", "params", "MACs/frame"
        );
        for node in self.topological() {
            self.line(node, &mut text);
        }
        text
    }

    /// Multiply-accumulates per frame.
    pub fn macs(&self) -> u64 {
        let of = |node: NodeIndex| {
            let mut operands = self.graph.edges_directed(node, Direction::Incoming);
            let elements = operands.next().map_or(0, |e| e.weight().shape.elements());
            self.graph[node].op.size(elements).1 as u64
        };
        self.graph.node_indices().map(of).sum()
    }

    fn line(&self, id: NodeIndex, text: &mut String) {
        let node = &self.graph[id];
        let edge = |direction| self.graph.edges_directed(id, direction).next().map(|e| e.weight());
        let result = edge(Direction::Outgoing).or(edge(Direction::Incoming));
        let shape = result
            .map_or(String::new(), |e| format!("{}×{}×{}", e.shape.height, e.shape.width, e.shape.channels));
        let scale = result.and_then(|e| e.scale).map_or(String::new(), |(s, z)| format!("{s:.6}, {z:.3}"));
        let ty = result.map_or(String::new(), |e| e.ty.to_string());
        let vectors = edge(Direction::Incoming).map_or(0, |e| e.shape.elements());
        let (params, macs) = node.op.size(vectors);
        let origin = node.origin.join(" ");
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:<32} {:<34} {ty:<16} {shape:<14} {scale:<24} {params:>9} {macs:>10}  {origin}",
            node.name,
            node.op.describe()
        );
    }

    /// The graph in Graphviz's language.
    pub fn to_dot(&self) -> String {
        let mut text =
            format!("digraph {} {{\n  rankdir=LR; node [shape=box, fontname=Helvetica];\n", self.name);
        for id in self.graph.node_indices() {
            let IntNode { name, op, .. } = &self.graph[id];
            let _ = writeln!(text, "  n{} [label=\"{name}\\n{}\"];", id.index(), op.describe());
        }
        for edge in self.graph.edge_references() {
            let (from, to, weight) = (edge.source().index(), edge.target().index(), edge.weight());
            let _ =
                writeln!(text, "  n{from} -> n{to} [label=\"{} × {}\"];", weight.ty, weight.shape.elements());
        }
        text + "}\n"
    }
}

impl IntOp {
    /// What it computes, in a few words.
    pub fn describe(&self) -> String {
        match self {
            IntOp::Input(port) => format!("input {port}"),
            IntOp::Output(port) => format!("output {port}"),
            IntOp::Dot(dot) => {
                let (outputs, inputs) = dot.weights.dim();
                format!("dot {inputs}→{outputs}, weights {}", dot.weight_type)
            }
            IntOp::Requantize(r) => {
                let thresholds = r.thresholds.as_ref().map(|t| format!("{} thresholds", t.table.ncols()));
                let scale = r.scale.as_ref().map(|s| format!("scale >> {}", s.shift));
                format!(
                    "requantize, {}",
                    [thresholds, scale].into_iter().flatten().collect::<Vec<_>>().join(" or ")
                )
            }
            IntOp::Add(add) => format!("add, gains {} and {}", add.gains[0], add.gains[1]),
            IntOp::ArgMax(top) => format!("largest {}", top.k),
            IntOp::Window(w) => {
                let ([rows, columns], [down, right]) = (w.kernel, w.stride);
                let padded = if w.pads == [0; 4] { String::new() } else { format!(", pads {:?}", w.pads) };
                format!("window {rows}×{columns} / {down}×{right}{padded}")
            }
            IntOp::Depthwise(d) => {
                format!("depthwise, {} taps, weights {}", d.weights.nrows(), d.weight_type)
            }
            IntOp::Pool(p) => format!("{:?} of {}×{}", p.function, p.kernel[0], p.kernel[1]).to_lowercase(),
            IntOp::Pad(p) => format!("pad {:?} with {}", p.pads, p.value),
            IntOp::Concat => "concat".to_owned(),
            IntOp::Reorder(_) => "reorder".to_owned(),
        }
    }

    /// Parameters, and multiply-accumulates per frame of `elements` input elements.
    fn size(&self, elements: usize) -> (usize, usize) {
        match self {
            IntOp::Dot(dot) => {
                let vector = dot.weights.ncols() * dot.groups;
                (dot.weights.len(), elements / vector.max(1) * dot.weights.len())
            }
            IntOp::Depthwise(d) => (d.weights.len(), elements),
            IntOp::Requantize(r) => {
                let scale = r.scale.as_ref().map(|s| s.mul.len() + s.add.len());
                (scale.or(r.thresholds.as_ref().map(|t| t.table.len())).unwrap_or(0), 0)
            }
            _ => (0, 0),
        }
    }
}
