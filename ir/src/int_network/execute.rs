//! The meaning of an `IntNetwork`: plain loops over exact integers, for the simulator to be held against.

use super::{ArgMax, Dot, IntNetwork, IntOp, Requantize, ScaleShift, Thresholds, concat};
use crate::number::IntType;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::collections::HashMap;

impl IntNetwork {
    /// One frame: integers of each input port to integers of each output port, in stream order.
    pub fn execute(&self, inputs: &[Vec<i64>]) -> Vec<Vec<i64>> {
        let mut streams = self.streams(inputs);
        let mut outputs = vec![Vec::new(); self.host.outputs.len()];
        for node in self.graph.node_indices() {
            if let IntOp::Output(port) = self.graph[node].op {
                outputs[port] = streams.remove(&node).unwrap_or_default();
            }
        }
        outputs
    }

    /// One frame: the result of every node.
    pub fn streams(&self, inputs: &[Vec<i64>]) -> HashMap<NodeIndex, Vec<i64>> {
        let mut streams = HashMap::new();
        for node in self.topological() {
            let result = self.execute_node(node, &streams, inputs);
            streams.insert(node, result);
        }
        streams
    }

    fn execute_node(
        &self,
        node: NodeIndex,
        streams: &HashMap<NodeIndex, Vec<i64>>,
        inputs: &[Vec<i64>],
    ) -> Vec<i64> {
        let mut edges: Vec<_> = self.graph.edges_directed(node, Direction::Incoming).collect();
        edges.sort_by_key(|e| e.weight().to);
        let operand = |i: usize| streams[&edges[i].source()].as_slice();
        match &self.graph[node].op {
            IntOp::Input(port) => inputs[*port].clone(),
            IntOp::Output(_) => operand(0).to_vec(),
            IntOp::Dot(dot) => dot.apply(operand(0)),
            IntOp::Requantize(requantize) => {
                let channels = edges[0].weight().shape.channels;
                operand(0).iter().enumerate().map(|(i, x)| requantize.code(i % channels, *x)).collect()
            }
            IntOp::Add(add) => {
                operand(0).iter().zip(operand(1)).map(|(a, b)| add.gains[0] * a + add.gains[1] * b).collect()
            }
            IntOp::ArgMax(top) => operand(0)
                .chunks(edges[0].weight().shape.channels)
                .flat_map(|pixel| top.best(pixel))
                .collect(),
            IntOp::Window(window) => window.apply(edges[0].weight().shape, operand(0)),
            IntOp::Depthwise(depthwise) => depthwise.apply(operand(0)),
            IntOp::Pool(pool) => pool.apply(operand(0)),
            IntOp::Pad(pad) => pad.apply(edges[0].weight().shape, operand(0)),
            IntOp::Concat => {
                let operands: Vec<&[i64]> = (0..edges.len()).map(operand).collect();
                let channels: Vec<usize> = edges.iter().map(|e| e.weight().shape.channels).collect();
                concat(&operands, &channels)
            }
            IntOp::Reorder(reorder) => {
                let x = operand(0);
                reorder.order.iter().map(|i| x[*i as usize]).collect()
            }
        }
    }
}

impl Dot {
    /// The products of a frame.
    fn apply(&self, x: &[i64]) -> Vec<i64> {
        let (outputs, inputs) = self.weights.dim();
        let product = |vector: &[i64], o: usize| -> i64 {
            let start = o * self.groups / outputs * inputs;
            self.weights.row(o).iter().zip(&vector[start..]).map(|(w, x)| w * x).sum()
        };
        x.chunks(inputs * self.groups).flat_map(|v| (0..outputs).map(move |o| product(v, o))).collect()
    }
}

impl Requantize {
    /// The code at `x`, by comparisons where they are stored.
    pub fn code(&self, channel: usize, x: i64) -> i64 {
        match (&self.thresholds, &self.scale) {
            (Some(thresholds), _) => thresholds.code(channel, x, self.output),
            (None, Some(scale)) => scale.code(channel, x),
            (None, None) => x,
        }
    }
}

impl Thresholds {
    /// The code at `x`.
    pub fn code(&self, channel: usize, x: i64, output: IntType) -> i64 {
        let row = if self.table.nrows() == 1 { 0 } else { channel };
        let v = if self.falling[row] { !x } else { x };
        let count = self.table.row(row).iter().filter(|t| v >= **t).count() as i64;
        self.base + count * if output.is_bipolar() { 2 } else { 1 }
    }
}

impl ScaleShift {
    /// The code at `x`.
    pub fn code(&self, channel: usize, x: i64) -> i64 {
        let at = |v: &[i64]| if v.len() == 1 { v[0] } else { v[channel] };
        ((x * at(&self.mul) + at(&self.add)) >> self.shift).clamp(self.min, self.max)
    }
}

impl ArgMax {
    /// The best channels of a pixel.
    pub fn best(&self, pixel: &[i64]) -> Vec<i64> {
        let mut order: Vec<usize> = (0..pixel.len()).collect();
        order.sort_by_key(|i| (std::cmp::Reverse(pixel[*i]), *i));
        let value =
            |i: &usize| if self.with_value { (pixel[*i] << self.index_bits) + *i as i64 } else { *i as i64 };
        order.iter().take(self.k).map(value).collect()
    }
}
