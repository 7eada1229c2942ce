//! One function per integer operator: the blocks that it becomes.

use super::convert::{conversion_cost, gcd, port_lanes};
use super::flow::{Flow, Layout, Span};
use super::{Builder, Placement};
use crate::fold::{Requantizer, RequantizerPlace};
use crate::layer::{ARGMAX_LANES, bad_shape, operand, operands, uses, vectors_of};
use crate::price::Price;
use mpqc_ir::design::blocks::{self, BlockSpec};
use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::int_network::{self, IntOp};
use mpqc_ir::number::IntType;
use petgraph::graph::NodeIndex;

type Done = Result<(), Diagnostic>;

impl Builder<'_> {
    pub(super) fn input(&mut self, node: NodeIndex, port: usize) -> Done {
        let network = self.plan.network;
        let Some(edge) = uses(network, node).first().map(|e| &network.graph[*e]) else { return Ok(()) };
        let (mut vector, mut vectors) = (edge.shape.channels, edge.shape.pixels());
        if self.only_whole_frames(node) {
            (vector, vectors) = (vector * vectors, 1);
        }
        let mut layout = Layout { elem: edge.ty, lanes: vector, vector, vectors, repeats: 1 };
        layout.lanes = self.wanted_lanes(node).unwrap_or(vector).min(vector);
        layout.lanes = port_lanes(&layout, self.plan.limit);
        let (elem, lanes, beats) = (layout.elem, layout.lanes, layout.beats());
        let name = &network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_in"),
            block: blocks::AxisInput { elem, lanes, beats_per_frame: beats }.into(),
            layout,
            interval: 1,
            span: Span { start: 1, end: beats as u64 },
        };
        let flow = self.place(node, Vec::new(), placement);
        self.inputs.insert(port, flow.from);
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn dot(&mut self, node: NodeIndex) -> Done {
        let (layer, choice) = self.layer(node).expect("every dot product is a layer");
        let flow = self.take(node, 0)?;
        let flow = self.as_vectors_of(node, flow, layer.inputs())?;
        let flow = self.convert(node, flow, choice.simd);
        let flow = self.replayed(node, flow);
        let array = layer.mac_array(choice);
        let name = &self.plan.network.graph[node].name;
        let latency = (array.stages() + 2) as u64;
        let beats = array.synapse_fold() as u64;
        let placement = Placement {
            name,
            stream: &format!("{name}_acc"),
            layout: Layout {
                elem: array.acc,
                lanes: array.pe,
                vector: array.outputs(),
                vectors: array.vectors,
                repeats: 1,
            },
            interval: array.synapse_fold(),
            span: flow.span.delayed(beats, latency),
            block: array.into(),
        };
        let flow = self.place(node, vec![flow], placement);
        self.arrays[self.layer_of[&node]] = flow.from;
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn requantize(&mut self, node: NodeIndex, r: &int_network::Requantize) -> Done {
        let flow = self.take(node, 0)?;
        let Layout { elem: input, lanes, vector: channels, vectors, .. } = flow.layout;
        let place = RequantizerPlace { input, lanes, channels, vectors, interval: flow.interval };
        let block = match self.chosen_form(node) {
            Some(form) => place.block(r, form),
            None => Price::even(self.plan.target).cheapest(place.options(r), self.plan.target),
        };
        let block = block.ok_or_else(|| self.no_form(node))?;
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_codes"),
            block,
            layout: Layout { elem: r.output, ..flow.layout },
            interval: flow.interval.min(2),
            span: flow.span.delayed(1, REQUANTIZE_LATENCY),
        };
        let flow = self.place(node, vec![flow], placement);
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn add(&mut self, node: NodeIndex, add: &int_network::Add) -> Done {
        let (a, b) = (self.take(node, 0)?, self.take(node, 1)?);
        if (a.layout.vector, a.layout.vectors) != (b.layout.vector, b.layout.vectors) {
            let reason = "the operands of an addition have different shapes".to_owned();
            return Err(bad_shape(&self.plan.network.graph[node], reason));
        }
        let lanes = self.common_lanes(&a.layout, &b.layout);
        let (a, b) = (self.convert(node, a, lanes), self.convert(node, b, lanes));
        let (spans, layout) = ([a.span, b.span], a.layout);
        let block = blocks::Add {
            operands: [a.layout.elem, b.layout.elem],
            gains: add.gains,
            output: self.result_type(node).unwrap_or(layout.elem),
            lanes,
            beats_per_frame: layout.beats(),
        };
        let a = self.aligned(node, a, spans[1]);
        let b = self.aligned(node, b, spans[0]);
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_sum"),
            layout: Layout { elem: block.output, ..layout },
            interval: 1,
            span: a.span.join(b.span).delayed(1, ADD_LATENCY),
            block: block.into(),
        };
        let flow = self.place(node, vec![a, b], placement);
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn argmax(&mut self, node: NodeIndex, function: &int_network::ArgMax) -> Done {
        let flow = self.take(node, 0)?;
        let input = flow.layout;
        let output = self.result_type(node).unwrap_or(input.elem);
        let at = |lanes| blocks::ArgMax {
            function: function.clone(),
            input: input.elem,
            output,
            lanes,
            channels: input.vector,
            vectors: input.vectors,
        };
        let lanes = if function.k > 1 { 1 } else { self.argmax_lanes(&input, at) };
        let block = at(lanes);
        let flow = self.convert(node, flow, lanes);
        let (k, interval) = (function.k, block.beats());
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_best"),
            block: block.into(),
            layout: Layout { elem: output, lanes: k, vector: k, vectors: input.vectors, repeats: 1 },
            interval,
            span: flow.span.delayed(1, ARGMAX_LATENCY),
        };
        let flow = self.place(node, vec![flow], placement);
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn output(&mut self, node: NodeIndex, port: usize) -> Done {
        let flow = self.take(node, 0)?;
        let lanes = port_lanes(&flow.layout, self.plan.limit);
        let flow = self.convert(node, flow, lanes);
        let (elem, beats) = (flow.layout.elem, flow.layout.beats());
        let block = blocks::AxisOutput { elem, lanes, beats_per_frame: beats };
        let name = &self.plan.network.graph[node].name;
        let id = self.block(node, name, block.into(), vec![flow]);
        self.outputs.insert(port, id);
        Ok(())
    }

    /// The stream of operand `index`.
    fn take(&mut self, node: NodeIndex, index: usize) -> Result<Flow, Diagnostic> {
        let (edge, _) = operand(self.plan.network, node, index)?;
        Ok(self.open.remove(&edge).expect("producers are built before consumers, and every use once"))
    }

    /// The element type of a node's result, as its uses know it.
    fn result_type(&self, node: NodeIndex) -> Option<IntType> {
        uses(self.plan.network, node).first().map(|e| self.plan.network.graph[*e].ty)
    }

    /// The requantizer that was chosen together with the layer before it.
    fn chosen_form(&self, node: NodeIndex) -> Option<Requantizer> {
        let index = self.served_layer(node)?;
        self.plan.choices[index].requantizer
    }

    /// Reads a stream of pixels as one vector per frame where a matrix spans the whole frame. No beat may be
    /// padded then, so its lanes must divide a pixel's channels first.
    fn as_vectors_of(&mut self, node: NodeIndex, flow: Flow, inputs: usize) -> Result<Flow, Diagnostic> {
        if flow.layout.vector == inputs {
            return Ok(flow);
        }
        let lanes = gcd(flow.layout.lanes, flow.layout.vector);
        let mut flow = self.convert(node, flow, lanes);
        let layout = &mut flow.layout;
        (layout.vector, layout.vectors) = (layout.vector * layout.vectors, 1);
        let reason = || format!("a matrix of {inputs} columns over frames of {} elements", layout.vector);
        if layout.vector != inputs {
            return Err(bad_shape(&self.plan.network.graph[node], reason()));
        }
        Ok(flow)
    }

    fn replayed(&mut self, node: NodeIndex, flow: Flow) -> Flow {
        let (layer, choice) = self.layer(node).expect("every dot product is a layer");
        let Some(replay) = layer.replay(choice.pe, choice.simd) else { return flow };
        let name = &self.plan.network.graph[node].name;
        let layout = Layout { repeats: replay.repeats, ..flow.layout };
        let placement = Placement {
            name: &format!("{name}_replay"),
            stream: &format!("{name}_x"),
            block: replay.into(),
            layout,
            interval: 1,
            span: flow.span.delayed(2, 2 + layout.beats() as u64),
        };
        self.place(node, vec![flow], placement)
    }

    /// Lanes for both operands of an addition: one of theirs, the cheaper that sustains the rate.
    fn common_lanes(&self, a: &Layout, b: &Layout) -> usize {
        let (limit, target) = (self.plan.limit, self.plan.target);
        let price = Price::even(target);
        let cost = |lanes: usize| {
            let both = conversion_cost(a, lanes, limit, target) + conversion_cost(b, lanes, limit, target);
            let late = Layout { lanes, ..*a }.beats() as u64 > limit;
            (late, price.of(&both), std::cmp::Reverse(lanes))
        };
        let cheaper = |x: &usize, y: &usize| {
            let (x, y) = (cost(*x), cost(*y));
            x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)).then(x.2.cmp(&y.2))
        };
        [a.lanes, b.lanes].into_iter().min_by(cheaper).unwrap_or(a.lanes)
    }

    /// Keeps an operand of an addition while the other is on its way: all beats of the frames that may enter
    /// between this one's first beat and the other's last, and of one frame more, so that neither operand's
    /// unevenness within a frame stalls the other.
    fn aligned(&mut self, node: NodeIndex, flow: Flow, other: Span) -> Flow {
        let wait = other.end.saturating_sub(flow.span.start);
        if wait == 0 || operands(self.plan.network, node).len() < 2 {
            return flow;
        }
        let frames = wait.div_ceil(self.plan.limit.max(1)) as usize + 1;
        let depth = frames * flow.layout.beats();
        self.fifo(node, flow, depth)
    }

    /// Lanes that are cheapest with the converters before them, among those that sustain the rate; the most
    /// that are allowed where none does.
    fn argmax_lanes(&self, input: &Layout, at: impl Fn(usize) -> blocks::ArgMax) -> usize {
        let (limit, target) = (self.plan.limit, self.plan.target);
        let price = Price::even(target);
        let widest = ARGMAX_LANES.min(input.vector);
        let cost = |l: usize| price.of(&(conversion_cost(input, l, limit, target) + at(l).cost(target)));
        let enough = (1..=widest).rev().filter(|l| at(*l).cycles_per_frame() <= limit);
        enough.min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(widest)
    }

    /// Whether every use of a node is a matrix over the whole frame.
    fn only_whole_frames(&self, node: NodeIndex) -> bool {
        let network = self.plan.network;
        uses(network, node).iter().all(|edge| {
            let (_, to) = network.graph.edge_endpoints(*edge).expect("a graph's own edge has endpoints");
            let IntOp::Dot(dot) = &network.graph[to].op else { return false };
            let shape = network.graph[*edge].shape;
            shape.channels != dot.weights.ncols() && vectors_of(dot.weights.ncols(), shape) == Some(1)
        })
    }

    /// Lanes of the first layer behind a node, looking through element-wise operators.
    fn wanted_lanes(&self, node: NodeIndex) -> Option<usize> {
        let network = self.plan.network;
        uses(network, node).iter().find_map(|edge| {
            let (_, to) = network.graph.edge_endpoints(*edge).expect("a graph's own edge has endpoints");
            self.layer(to).map(|(_, choice)| choice.simd).or_else(|| self.wanted_lanes(to))
        })
    }

    fn no_form(&self, node: NodeIndex) -> Diagnostic {
        let node = &self.plan.network.graph[node];
        let name = node.origin.first().unwrap_or(&node.name);
        let reason = "the requantizer has neither thresholds nor a multiply-add-shift form";
        Diagnostic::new(Code::NotExact, name, reason, "report this: lowering must give at least one")
    }
}

/// Upper bound of cycles from a value to its code: the deepest search of 16 steps, or three stages, and the buffer.
const REQUANTIZE_LATENCY: u64 = 18;
/// Cycles from two operands to their sum, at most.
const ADD_LATENCY: u64 = 3;
/// Cycles from a vector's last beat to its result, at most.
const ARGMAX_LATENCY: u64 = 4;
