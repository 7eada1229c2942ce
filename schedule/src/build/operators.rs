//! One function per integer operator: the blocks that it becomes.

use super::convert::{conversion_cost, gcd, port_lanes};
use super::flow::{Flow, Layout};
use super::{Builder, Placement};
use crate::fold::{Choice, Requantizer, RequantizerPlace};
use crate::layer::{ARGMAX_LANES, Front, Layer, bad_shape, operand, uses, vectors_of};
use crate::pixels::repeated;
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
        let wanted = self.wanted_lanes(node).unwrap_or(vector);
        if wanted > vector && wanted.is_multiple_of(vector) && layout.elements().is_multiple_of(wanted) {
            layout = layout.as_vectors_of(wanted);
        }
        layout.lanes = wanted.min(layout.vector);
        layout.lanes = port_lanes(&layout, self.plan.limit);
        let (elem, lanes, beats) = (layout.elem, layout.lanes, layout.beats());
        let name = &network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_in"),
            block: blocks::AxisInput { elem, lanes, beats_per_frame: beats }.into(),
            layout,
            interval: 1,
            start: 1,
        };
        let flow = self.place(node, Vec::new(), placement);
        self.inputs.insert(port, flow.from);
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn dot(&mut self, node: NodeIndex) -> Done {
        let (layer, choice) = self.layer(node).expect("every dot product is a layer");
        let flow = self.take_as_it_is(node, 0)?;
        let flow = match &layer.front {
            Front::Vectors => self.vectors(node, flow, layer, choice)?,
            Front::Image(image) => self.windows(node, flow, image),
        };
        let array = self.ordered_array(layer, choice);
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_acc"),
            layout: Layout {
                elem: array.acc,
                lanes: array.sums(),
                vector: array.outputs() * array.overlap.pixels,
                vectors: array.vectors_out(),
                repeats: 1,
            },
            interval: array.synapse_fold(),
            start: flow.start + self.share(1, array.vectors) + (array.synapse_fold() + array.stages()) as u64,
            block: array.into(),
        };
        let mut flow = self.place(node, vec![flow], placement);
        self.arrays[self.layer_of[&node]] = flow.from;
        if layer.follower.is_none() {
            flow = self.ungrouped(node, flow, layer, choice);
        }
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn requantize(&mut self, node: NodeIndex, r: &int_network::Requantize) -> Done {
        let flow = self.take_as_it_is(node, 0)?;
        let Layout { elem: input, lanes, vector: channels, vectors, .. } = flow.layout;
        let per_stage = self.plan.target.pipeline.threshold_steps_per_stage;
        let place = RequantizerPlace { input, lanes, channels, vectors, interval: flow.interval, per_stage };
        let pixels = channels / self.shape_before(node).channels;
        let grouped = self.grouping_before(node);
        let form = match grouped {
            Some((layer, choice)) => &layer.interleaved(r, choice.fold.pe),
            None if pixels > 1 => &repeated(r, pixels),
            None => r,
        };
        let block = match self.chosen_form(node) {
            Some(chosen) => place.block(form, chosen),
            None => Price::even(self.plan.target).cheapest(place.options(form), self.plan.target),
        };
        let block = block.ok_or_else(|| self.no_form(node))?;
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_codes"),
            block,
            layout: Layout { elem: r.output, ..flow.layout },
            interval: flow.interval.min(2),
            start: flow.start + REQUANTIZE_LATENCY,
        };
        let mut flow = self.place(node, vec![flow], placement);
        if let Some((layer, choice)) = grouped {
            flow = self.ungrouped(node, flow, layer, choice);
        }
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
        let (start, layout) = (a.start.max(b.start), a.layout);
        let block = blocks::Add {
            operands: [a.layout.elem, b.layout.elem],
            gains: add.gains,
            output: self.result_type(node).unwrap_or(layout.elem),
            lanes,
            beats_per_frame: layout.beats(),
        };
        let operands = [a, b].map(|flow| self.aligned(node, flow, start));
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_sum"),
            layout: Layout { elem: block.output, ..layout },
            interval: 1,
            start: start + ADD_LATENCY,
            block: block.into(),
        };
        let flow = self.place(node, operands.into(), placement);
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
            start: flow.start + ARGMAX_LATENCY,
        };
        let flow = self.place(node, vec![flow], placement);
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn output(&mut self, node: NodeIndex, port: usize) -> Done {
        let flow = self.take_as_it_is(node, 0)?;
        let lanes = port_lanes(&flow.layout, self.plan.limit);
        let flow = self.convert(node, flow, lanes);
        let (elem, beats) = (flow.layout.elem, flow.layout.beats());
        let block = blocks::AxisOutput { elem, lanes, beats_per_frame: beats };
        let name = &self.plan.network.graph[node].name;
        let id = self.block(node, name, block.into(), vec![flow]);
        self.outputs.insert(port, id);
        Ok(())
    }

    /// The stream of operand `index`, a pixel a vector.
    pub(super) fn take(&mut self, node: NodeIndex, index: usize) -> Result<Flow, Diagnostic> {
        let (_, edge) = operand(self.plan.network, node, index)?;
        let channels = edge.shape.channels;
        let flow = self.take_as_it_is(node, index)?;
        let lanes = flow.layout.lanes.min(channels);
        let several = flow.layout.vector > channels && flow.layout.vector.is_multiple_of(channels);
        Ok(if several { self.regrouped(node, flow, channels, lanes) } else { flow })
    }

    /// The stream of operand `index`, whose vectors may be several pixels each.
    pub(super) fn take_as_it_is(&mut self, node: NodeIndex, index: usize) -> Result<Flow, Diagnostic> {
        let (edge, _) = operand(self.plan.network, node, index)?;
        Ok(self.open.remove(&edge).expect("producers are built before consumers, and every use once"))
    }

    /// The same elements as vectors of `vector`, in beats of `lanes`.
    pub(super) fn regrouped(&mut self, node: NodeIndex, flow: Flow, vector: usize, lanes: usize) -> Flow {
        if flow.layout.vector == vector {
            return self.convert(node, flow, lanes);
        }
        // No beat may be padded while the vectors change.
        let common = gcd(flow.layout.lanes, gcd(flow.layout.vector, vector));
        let mut flow = self.convert(node, flow, common);
        flow.layout = flow.layout.as_vectors_of(vector);
        self.convert(node, flow, lanes)
    }

    /// The element type of a node's result, as its uses know it.
    pub(super) fn result_type(&self, node: NodeIndex) -> Option<IntType> {
        uses(self.plan.network, node).first().map(|e| self.plan.network.graph[*e].ty)
    }

    /// The requantizer that was chosen together with the layer before it.
    fn chosen_form(&self, node: NodeIndex) -> Option<Requantizer> {
        let index = self.served_layer(node)?;
        self.plan.choices[index].requantizer
    }

    /// Vectors for the array of a dot product: lanes of its SIMD, each vector as often as it is needed.
    fn vectors(
        &mut self,
        node: NodeIndex,
        flow: Flow,
        layer: &Layer,
        choice: &Choice,
    ) -> Result<Flow, Diagnostic> {
        if !layer.overlap.is_none() {
            let flow = self.grouped(node, flow, layer, choice);
            return Ok(self.replayed(node, flow));
        }
        let flow = self.as_vectors_of(node, flow, layer.inputs() * layer.dot.groups)?;
        let mut flow = self.convert(node, flow, choice.fold.simd);
        flow.layout = flow.layout.as_vectors_of(layer.inputs());
        Ok(self.replayed(node, flow))
    }

    /// Reads a stream of pixels as one vector per frame where a matrix spans the whole frame. No beat may be
    /// padded then, so its lanes must divide a pixel's channels first.
    fn as_vectors_of(&mut self, node: NodeIndex, flow: Flow, inputs: usize) -> Result<Flow, Diagnostic> {
        if flow.layout.vector == inputs {
            return Ok(flow);
        }
        let elements = flow.layout.elements();
        if !elements.is_multiple_of(inputs) {
            let reason = format!("a matrix of {inputs} columns over frames of {elements} elements");
            return Err(bad_shape(&self.plan.network.graph[node], reason));
        }
        let lanes = gcd(flow.layout.lanes, gcd(flow.layout.vector, inputs));
        Ok(self.regrouped(node, flow, inputs, lanes))
    }

    pub(super) fn replayed(&mut self, node: NodeIndex, flow: Flow) -> Flow {
        let (layer, choice) = self.layer(node).expect("every dot product is a layer");
        let Some(replay) = layer.replay(choice.fold) else { return flow };
        let name = &self.plan.network.graph[node].name;
        let layout = Layout { repeats: replay.repeats, ..flow.layout };
        let placement = Placement {
            name: &format!("{name}_replay"),
            stream: &format!("{name}_x"),
            block: replay.into(),
            layout,
            interval: 1,
            start: flow.start + 2,
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

    /// Keeps an operand of a join until the other begins: about the beats that arrive meanwhile. The exact depth
    /// is found afterwards, by simulation.
    pub(super) fn aligned(&mut self, node: NodeIndex, flow: Flow, start: u64) -> Flow {
        let wait = start.saturating_sub(flow.start);
        let beats = flow.layout.beats() as u64;
        let depth = (wait * beats).div_ceil(self.plan.limit.max(1)).min(2 * beats) + JOIN_SLACK;
        self.fifo(node, flow, depth as usize)
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
            let lanes = |(layer, choice): (&Layer, &Choice)| layer.entry(choice).0;
            self.layer(to).map(lanes).or_else(|| self.wanted_lanes(to))
        })
    }

    fn no_form(&self, node: NodeIndex) -> Diagnostic {
        let node = &self.plan.network.graph[node];
        let name = node.origin.first().unwrap_or(&node.name);
        let reason = "the requantizer has neither thresholds nor a multiply-add-shift form";
        Diagnostic::new(Code::NotExact, name, reason, "report this: lowering must give at least one")
    }
}

/// Cycles from a value to its code, about.
const REQUANTIZE_LATENCY: u64 = 5;
/// Beats that an operand of a join may be ahead by unevenness within a frame.
const JOIN_SLACK: u64 = 8;
/// Cycles from two operands to their sum.
const ADD_LATENCY: u64 = 3;
/// Cycles from a vector's last beat to its result, at most.
const ARGMAX_LATENCY: u64 = 4;
