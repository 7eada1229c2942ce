//! A [`Network`] for people: a table, and Graphviz. Constants are told with the operators that take them.

use super::{Network, Op, Wire};
use crate::tensor::Constant;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::fmt::Write;

/// Longest name that keeps its column; longer ones keep their end, which tells nodes apart.
const NAME: usize = 40;

impl Network {
    /// One line a node, producers first: output shape, parameters, multiply-accumulates for the wires' batch, and
    /// what the operator does (bits, ranges and scales of quantizers and weights); totals in the last line.
    pub fn to_text(&self) -> String {
        let mut text = line(["node", "operator", "shape", "parameters", "MACs", "details"]);
        let (mut parameters, mut macs) = (0, 0);
        for node in self.topological().into_iter().filter(|node| !self.is_constant(*node)) {
            parameters += self.parameters(node);
            macs += self.macs(node);
            text += &self.row(node);
        }
        text + &line(["total", "", "", &parameters.to_string(), &macs.to_string(), ""])
    }

    /// The graph in Graphviz's language.
    pub fn to_dot(&self) -> String {
        let mut text = format!("digraph {:?} {{\n  node [shape=box, fontname=Helvetica];\n", self.name);
        for node in self.graph.node_indices().filter(|node| !self.is_constant(*node)) {
            let label =
                format!("{}\n{} {}", self.graph[node].name, self.graph[node].operator, self.details(node));
            // writing to a String cannot fail
            let _ = writeln!(text, "  n{} [label={:?}];", node.index(), label.trim_end());
        }
        for edge in self.graph.edge_references().filter(|edge| !self.is_constant(edge.source())) {
            let (from, to) = (edge.source().index(), edge.target().index());
            let _ = writeln!(text, "  n{from} -> n{to} [label={:?}];", times(&edge.weight().shape));
        }
        text + "}\n"
    }

    /// Elements of the constants that a node takes.
    pub fn parameters(&self, node: NodeIndex) -> usize {
        let constants = self.graph.edges_directed(node, Direction::Incoming);
        constants
            .filter(|edge| self.is_constant(edge.source()))
            .map(|edge| elements(&edge.weight().shape))
            .sum()
    }

    /// Multiply-accumulates of a node; 0 where it is no matrix product or convolution.
    pub fn macs(&self, node: NodeIndex) -> usize {
        let operands = self.operands(node);
        let shape = |at: usize| operands.get(at).copied().flatten().map(|(_, wire)| wire.shape.as_slice());
        let (Some(a), Some(b)) = (shape(0), shape(1)) else { return 0 };
        let output = self.output(node).map_or(0, |wire| elements(&wire.shape));
        match &self.graph[node].op {
            Op::MatMul => output * a.last().copied().unwrap_or(0),
            Op::Gemm { trans_a, .. } => output * a.get(usize::from(!trans_a)).copied().unwrap_or(0),
            Op::Conv(_) => output * elements(&b[1..]),
            Op::ConvTranspose { .. } => elements(a) * elements(&b[1..]),
            _ => 0,
        }
    }

    fn row(&self, id: NodeIndex) -> String {
        let node = &self.graph[id];
        let wire = self.output(id).or(self.input(id));
        let shape = wire.map_or(String::new(), |wire| times(&wire.shape));
        let count = |n: usize| if n == 0 { String::new() } else { n.to_string() };
        let (parameters, macs) = (count(self.parameters(id)), count(self.macs(id)));
        line([&shortened(&node.name), &node.operator, &shape, &parameters, &macs, &self.details(id)])
    }

    /// What the operator does, and the types of the quantized constants that it takes.
    fn details(&self, id: NodeIndex) -> String {
        let weights = self.operands(id).into_iter().flatten().filter_map(|(source, _)| {
            let Op::Constant(Constant::Quantized { ty, scale, .. }) = &self.graph[source].op else {
                return None;
            };
            Some(format!("{ty} constant, scale {}", super::describe::param(scale)))
        });
        let own = Some(self.graph[id].op.describe()).filter(|own| !own.is_empty());
        own.into_iter().chain(weights).collect::<Vec<_>>().join("; ")
    }

    fn is_constant(&self, node: NodeIndex) -> bool {
        matches!(self.graph[node].op, Op::Constant(_))
    }

    /// A use of the node's first output.
    fn output(&self, node: NodeIndex) -> Option<&Wire> {
        let uses = self.graph.edges_directed(node, Direction::Outgoing).map(|edge| edge.weight());
        uses.min_by_key(|wire| wire.from)
    }

    fn input(&self, node: NodeIndex) -> Option<&Wire> {
        self.graph.edges_directed(node, Direction::Incoming).next().map(|edge| edge.weight())
    }
}

fn line([name, operator, shape, parameters, macs, details]: [&str; 6]) -> String {
    let line = format!("{name:<NAME$} {operator:<20} {shape:<16} {parameters:>10} {macs:>12}  {details}");
    format!("{}\n", line.trim_end())
}

fn elements(shape: &[usize]) -> usize {
    shape.iter().product()
}

fn times(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "scalar".to_owned();
    }
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}

fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME {
        return name.to_owned();
    }
    let end: String = name.chars().skip(length + 1 - NAME).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use crate::import::{Options, import};
    use crate::network::Network;
    use crate::onnx::{ElemType, testing::*};

    fn network() -> Network {
        let quant = |inputs, output| node("Quant", inputs, [output]).domain("qonnx.custom_op.general");
        let graph = graph()
            .name("a \"small\" one")
            .input(value_info("x", ElemType::Float, [1, 2]))
            .output(value_info("y", ElemType::Float, [1, 3]))
            .initializer(tensor_f32("w", &[2, 3], &[0.5, -1.0, 2.0, 0.0, 1.0, 1.0]))
            .initializer(tensor_f32("half", &[], &[0.5]))
            .initializer(tensor_f32("steps", &[3], &[0.5, 0.25, 0.125]))
            .initializer(tensor_f32("zero", &[], &[0.0]))
            .initializer(tensor_f32("four", &[], &[4.0]))
            .node(quant(["x", "half", "zero", "four"], "xq").name("input quantizer"))
            .node(quant(["w", "steps", "zero", "four"], "wq").attr_int("narrow", 1))
            .node(node("MatMul", ["xq", "wq"], ["y"]).name(&"long/".repeat(12)));
        import(&model(graph).to_bytes(), &Options::default()).unwrap()
    }

    #[test]
    fn table() {
        insta::assert_snapshot!(network().to_text(), @r"
        node                                     operator             shape            parameters         MACs  details
        x                                        Input                1×2
        input quantizer                          Quant                1×2                                       i4, scale 0.5
        …ong/long/long/long/long/long/long/long/ MatMul               1×3                       6            6  i4[-7,7] constant, scale 0.125 … 0.5 along axis 1
        y                                        Output               1×3
        total                                                                                   6            6
        ");
    }

    #[test]
    fn graphviz() {
        insta::assert_snapshot!(network().to_dot(), @r#"
        digraph "a \"small\" one" {
          node [shape=box, fontname=Helvetica];
          n0 [label="x\nInput"];
          n1 [label="input quantizer\nQuant i4, scale 0.5"];
          n3 [label="long/long/long/long/long/long/long/long/long/long/long/long/\nMatMul i4[-7,7] constant, scale 0.125 … 0.5 along axis 1"];
          n4 [label="y\nOutput"];
          n0 -> n1 [label="1×2"];
          n1 -> n3 [label="1×2"];
          n3 -> n4 [label="1×3"];
        }
        "#);
    }
}
