//! One function per operator over the pixels of an image: the blocks that it becomes.

use super::convert::gcd;
use super::flow::{Flow, Layout};
use super::{Builder, Placement};
use crate::feed::{Feed, smoothing, styles};
use crate::floor::tap_by_tap;
use crate::fold::{Choice, depthwise_ways};
use crate::layer::{Front, Image, Layer, bad_shape, operands, uses};
use mpqc_ir::design::blocks::{self, BlockSpec, MacArray, RamStyle};
use mpqc_ir::diagnostic::Diagnostic;
use mpqc_ir::int_network::{self, IntOp, Shape};
use mpqc_ir::number::IntType;
use ndarray::Array2;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use std::sync::Arc;

type Done = Result<(), Diagnostic>;

impl Builder<'_> {
    /// A window: passed through to the layer that alone reads it, otherwise a block of its own.
    pub(super) fn window(&mut self, node: NodeIndex, window: &int_network::Window) -> Done {
        let reads_it = |l: &Layer| matches!(&l.front, Front::Image(image) if image.node == node);
        if self.plan.layers.iter().any(reads_it) {
            let flow = self.take_as_it_is(node, 0)?;
            self.deliver(node, flow);
            return Ok(());
        }
        let flow = self.take(node, 0)?;
        let input = self.shape_before(node);
        let image = Image { node, window: window.clone(), input, padding: 0 };
        let lanes = self.sustaining(image.group_channels(), tap_by_tap(window, input), &flow.layout);
        let elem = self.result_type(node).unwrap_or(flow.layout.elem);
        let style = self.cheapest_ring(&image, elem, lanes);
        let flow = self.convert(node, flow, lanes);
        let flow = self.sliding(node, flow, image.window(elem, lanes, 1, style));
        self.deliver(node, flow);
        Ok(())
    }

    /// The windows of an image as the layer behind them needs them.
    pub(super) fn windows(&mut self, node: NodeIndex, flow: Flow, image: &Image) -> Flow {
        let (layer, choice) = self.layer(node).expect("every dot product is a layer");
        let lanes = image.lanes(choice.fold);
        let flow = match layer.overlap.is_none() {
            true => self.regrouped(image.node, flow, image.input.channels - image.padding, lanes),
            false => self.grouped(image.node, flow, layer, choice),
        };
        let flow = self.smoothed(flow, image, choice.feed);
        match choice.feed {
            Feed::LineBuffer(style) => {
                let (pad, buffer) = image.line_buffer(layer.x, lanes, style);
                let flow = match pad {
                    Some(pad) => self.padded(image.node, flow, pad),
                    None => flow,
                };
                let flow = self.whole_windows(image, flow, buffer);
                self.replayed(node, flow)
            }
            Feed::Window(style) => {
                let block = image.window(layer.x, lanes, layer.passes(choice.fold), style);
                self.sliding(image.node, flow, block)
            }
            Feed::Replay => flow,
        }
    }

    /// A FIFO before what reads an image at its own pace: a line buffer stops for every window, and without
    /// padding above the image both read the first rows of a frame faster than the others.
    fn smoothed(&mut self, flow: Flow, image: &Image, feed: Feed) -> Flow {
        let network = self.plan.network;
        let producer = network.graph.neighbors_directed(image.node, Direction::Incoming).next();
        let at_the_edge = producer.is_none_or(|p| matches!(network.graph[p].op, IntOp::Input(_)));
        let steady = matches!(feed, Feed::Window(_)) && image.window.pads[0] > 0;
        if at_the_edge || steady {
            return flow;
        }
        let fifo = smoothing(image, flow.layout.elem, flow.layout.lanes);
        self.fifo(image.node, flow, fifo.depth)
    }

    fn sliding(&mut self, node: NodeIndex, flow: Flow, block: blocks::Window) -> Flow {
        let flow = self.widened(node, flow, block.elem);
        let name = &self.plan.network.graph[node].name;
        let groups = block.window.groups;
        let vector = block.window.taps() * block.input.channels / groups;
        let layout = Layout {
            elem: block.elem,
            vector,
            vectors: block.windows() * groups,
            repeats: block.repeats,
            ..flow.layout
        };
        let rows = block.rows();
        let needed = ((rows.kernel - 1) * rows.dilation).saturating_sub(rows.before);
        let placement = Placement {
            name,
            stream: &format!("{name}_x"),
            layout,
            interval: 1,
            start: flow.start + 2 + self.share(needed, rows.arriving),
            block: block.into(),
        };
        self.place(node, vec![flow], placement)
    }

    fn whole_windows(&mut self, image: &Image, flow: Flow, block: blocks::LineBuffer) -> Flow {
        let flow = self.widened(image.node, flow, block.elem);
        let name = &self.plan.network.graph[image.node].name;
        let output = block.window.output(block.input);
        let layout = Layout {
            elem: block.elem,
            lanes: block.out_lanes(),
            vector: output.channels,
            vectors: output.pixels(),
            ..flow.layout
        };
        let placement = Placement {
            name,
            stream: &format!("{name}_windows"),
            layout,
            interval: 1,
            start: flow.start + 2 + self.share(block.stored_rows(), block.input.height),
            block: block.into(),
        };
        self.place(image.node, vec![flow], placement)
    }

    pub(super) fn depthwise(&mut self, node: NodeIndex, product: &int_network::Depthwise) -> Done {
        let mut flow = self.take(node, 0)?;
        let (taps, channels) = product.weights.dim();
        // Without a window before it, the lanes are those of any layer.
        if !channels.is_multiple_of(flow.layout.lanes) {
            let lanes = self.narrowest_sustaining(channels, taps * flow.layout.vectors);
            flow = self.convert(node, flow, lanes);
        }
        let (x, lanes, vectors) = (flow.layout.elem, flow.layout.lanes, flow.layout.vectors);
        let options = depthwise_ways(product, x, lanes, vectors, self.plan.target.pipeline);
        let block = self.cheapest(options).expect("there is an option");
        let layout = Layout { elem: product.accumulator, vector: block.channels(), ..flow.layout };
        let interval = if block.output_depth() == 1 { 2 } else { 1 };
        let flow = self.behind(node, flow, block.into(), layout, interval, 4);
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn pool(&mut self, node: NodeIndex, pool: &int_network::Pool) -> Done {
        let flow = self.take_as_it_is(node, 0)?;
        if flow.layout.elements() != pool.input.elements() {
            let reason = "a pool reads a tensor of another size".to_owned();
            return Err(bad_shape(&self.plan.network.graph[node], reason));
        }
        let (flow, rest) = self.columns_first(node, flow, pool);
        let lanes = self.sustaining(rest.input.channels, rest.input.pixels(), &flow.layout);
        let flow = self.regrouped(node, flow, rest.input.channels, lanes);
        let flow = self.pooled(node, flow, rest);
        self.deliver(node, flow);
        Ok(())
    }

    /// Where several pixels arrive a cycle: joins the columns of each rectangle, superpixel by superpixel. What is
    /// left to do has fewer rows.
    fn columns_first(
        &mut self,
        node: NodeIndex,
        flow: Flow,
        pool: &int_network::Pool,
    ) -> (Flow, int_network::Pool) {
        let (input, [rows, columns]) = (pool.input, pool.kernel);
        let pixels = flow.layout.vector / input.channels;
        let in_time = input.pixels() as u64 <= self.plan.limit;
        let even =
            flow.layout.vector.is_multiple_of(input.channels) && input.width.is_multiple_of(pixels.max(1));
        if in_time || pixels < 2 || !even || rows < 2 {
            return (flow, pool.clone());
        }
        let wide = Shape { height: input.height, width: input.width / pixels, channels: flow.layout.vector };
        let first = int_network::Pool { function: pool.function, input: wide, kernel: [rows, 1] };
        let height = first.output().height;
        let flow = self.pooled(node, flow, first);
        (
            flow,
            int_network::Pool {
                function: pool.function,
                input: Shape { height, ..input },
                kernel: [1, columns],
            },
        )
    }

    fn pooled(&mut self, node: NodeIndex, flow: Flow, pool: int_network::Pool) -> Flow {
        let (elem, output, lanes) = (flow.layout.elem, pool.output_type(flow.layout.elem), flow.layout.lanes);
        let layout = Layout { elem: output, vectors: pool.output().pixels(), ..flow.layout };
        let delay = 2 + self.share(pool.kernel[0] - 1, pool.input.height);
        let block = blocks::Pool { pool, elem, output, lanes };
        let interval = if block.output_depth() == 1 { 2 } else { 1 };
        self.behind(node, flow, block.into(), layout, interval, delay)
    }

    pub(super) fn pad(&mut self, node: NodeIndex, pad: &int_network::Pad) -> Done {
        let flow = self.take(node, 0)?;
        let input = self.shape_before(node);
        let lanes = self.sustaining(input.channels, pad.output(input).pixels(), &flow.layout);
        let elem = self.result_type(node).unwrap_or(flow.layout.elem);
        let flow = self.convert(node, flow, lanes);
        let flow = self.padded(node, flow, blocks::Pad { pad: pad.clone(), input, fill: 0, elem, lanes });
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn padded(&mut self, node: NodeIndex, flow: Flow, block: blocks::Pad) -> Flow {
        let flow = self.widened(node, flow, block.elem);
        let name = &self.plan.network.graph[node].name;
        // The codes of the padding may lie beyond the operand's, in as many bits.
        let Shape { channels, .. } = block.output();
        let vectors = block.output().pixels();
        let layout = Layout { elem: block.elem, vector: channels, vectors, ..flow.layout };
        let placement = Placement {
            name: &format!("{name}_pad"),
            stream: &format!("{name}_padded"),
            layout,
            interval: 1,
            start: flow.start,
            block: block.into(),
        };
        self.place(node, vec![flow], placement)
    }

    pub(super) fn concat(&mut self, node: NodeIndex) -> Done {
        let count = operands(self.plan.network, node).len();
        let flows = (0..count).map(|i| self.take(node, i)).collect::<Result<Vec<_>, _>>()?;
        let channels: Vec<usize> = flows.iter().map(|f| f.layout.vector).collect();
        let vectors = flows.first().map_or(0, |f| f.layout.vectors);
        if flows.iter().any(|f| f.layout.vectors != vectors) {
            let reason = "the operands of a concatenation have different shapes".to_owned();
            return Err(bad_shape(&self.plan.network.graph[node], reason));
        }
        let (all, common) = (channels.iter().sum::<usize>(), channels.iter().copied().fold(0, gcd));
        let lanes = self.narrowest_sustaining(common, all / common * vectors);
        let start = flows.iter().map(|f| f.start).max().unwrap_or(0);
        let operands = flows.iter().map(|f| f.layout.elem).collect();
        let output = self.result_type(node).unwrap_or(IntType::BIPOLAR);
        let block = blocks::Concat { operands, channels, output, lanes, vectors };
        let layout = Layout { elem: output, lanes, vector: all, vectors, repeats: 1 };
        let mut aligned = Vec::new();
        for flow in flows {
            let flow = self.convert(node, flow, lanes);
            // While the others have their turn, a pixel waits.
            aligned.push(self.aligned(node, flow, start + 1));
        }
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_all"),
            block: block.into(),
            layout,
            interval: 1,
            start: start + 2,
        };
        let flow = self.place(node, aligned, placement);
        self.deliver(node, flow);
        Ok(())
    }

    pub(super) fn reorder(&mut self, node: NodeIndex, reorder: &int_network::Reorder) -> Done {
        let flow = self.take(node, 0)?;
        let Some(output) = uses(self.plan.network, node).first().map(|e| self.plan.network.graph[*e].shape)
        else {
            return Ok(());
        };
        let lanes = widest_chunk(&reorder.order, gcd(flow.layout.vector, output.channels));
        let words: Vec<u32> = reorder.order.iter().step_by(lanes).map(|i| i / lanes as u32).collect();
        let arriving = flow.layout.elements() / lanes;
        let groups = repetitions(&words, arriving);
        let (group, order) = (arriving / groups, words[..words.len() / groups].to_vec());
        let flow = self.convert(node, flow, lanes);
        let elem = flow.layout.elem;
        let order = Arc::new(order);
        let options = styles(2 * group, (lanes * elem.bits as usize) as u64, self.plan.target)
            .map(|memory| blocks::Reorder { elem, lanes, group, order: order.clone(), groups, memory });
        let block = self.cheapest(options).expect("every size has a style");
        let layout = Layout { vector: output.channels, vectors: output.pixels(), ..flow.layout };
        let delay = 2 + self.share(1, groups);
        let flow = self.behind(node, flow, block.into(), layout, 1, delay);
        self.deliver(node, flow);
        Ok(())
    }

    /// Places a block that takes one stream and gives another `delay` cycles later.
    fn behind(
        &mut self,
        node: NodeIndex,
        flow: Flow,
        block: blocks::Block,
        layout: Layout,
        interval: usize,
        delay: u64,
    ) -> Flow {
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name,
            stream: &format!("{name}_y"),
            block,
            layout,
            interval,
            start: flow.start + delay,
        };
        self.place(node, vec![flow], placement)
    }

    /// A stream in a wider type, where the code of the padding needs one.
    fn widened(&mut self, node: NodeIndex, flow: Flow, elem: IntType) -> Flow {
        let from = flow.layout.elem;
        if (from.bits, from.encoding) == (elem.bits, elem.encoding) {
            return flow;
        }
        let (min, max) = (elem.min, elem.max);
        let function = int_network::ScaleShift { mul: vec![1], add: vec![0], shift: 0, min, max };
        let block = blocks::ScaleShift {
            function: Arc::new(function),
            input: from,
            output: elem,
            lanes: flow.layout.lanes,
            channels: flow.layout.vector,
            vectors: flow.layout.vectors,
            interval: flow.interval,
            dsp: false,
        };
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name: &format!("{name}_widen"),
            stream: &format!("{name}_wide"),
            layout: Layout { elem, ..flow.layout },
            interval: flow.interval.min(2),
            start: flow.start + 4,
            block: block.into(),
        };
        self.place(node, vec![flow], placement)
    }

    /// The array of a layer, its weights in the order in which its feed sends the taps: a line buffer sends, for
    /// each slice of channels, all taps. Where neighbouring pixels share multipliers, the taps of a row of the kernel
    /// belong to one element of a pixel.
    pub(super) fn ordered_array(&self, layer: &Layer, choice: &Choice) -> MacArray {
        let array = layer.mac_array(choice, self.plan.target);
        let Front::Image(image) = &layer.front else { return array };
        let whole = matches!(choice.feed, Feed::LineBuffer(_));
        if !whole && layer.overlap.is_none() {
            return array;
        }
        let (taps, across) = (image.window.taps(), layer.overlap.taps);
        let channels = layer.channels_of_pixel();
        let lanes = if whole { layer.chunk(choice.fold) } else { channels };
        let source = |column: usize| {
            let (column, along) = (column / across, column % across);
            let (slice, tap, lane) = (column / (taps * lanes), column / lanes % taps, column % lanes);
            (tap * across + along) * channels + slice * lanes + lane
        };
        let ordered = Array2::from_shape_fn(array.weights.dim(), |(o, i)| array.weights[[o, source(i)]]);
        MacArray { weights: Arc::new(ordered), ..array }
    }

    /// Cycles that `part` of `whole` rows of a frame take to arrive.
    pub(super) fn share(&self, part: usize, whole: usize) -> u64 {
        self.plan.limit * part as u64 / whole.max(1) as u64
    }

    /// Extent of the tensor that a node reads.
    pub(super) fn shape_before(&self, node: NodeIndex) -> Shape {
        let edges = operands(self.plan.network, node);
        edges.first().map_or(Shape::vector(1), |e| self.plan.network.graph[*e].shape)
    }

    /// Lanes that divide `channels` and send `pixels` pixels in time: those of the stream where they do, else the
    /// fewest, or all channels where none is enough.
    fn sustaining(&self, channels: usize, pixels: usize, layout: &Layout) -> usize {
        let fewest = self.narrowest_sustaining(channels, pixels);
        let kept = layout.lanes <= channels && channels.is_multiple_of(layout.lanes);
        if kept && layout.lanes >= fewest { layout.lanes } else { fewest }
    }

    /// The fewest lanes that divide `channels` and send `pixels` pixels in time; all where none is enough.
    fn narrowest_sustaining(&self, channels: usize, pixels: usize) -> usize {
        let limit = self.plan.limit;
        let in_time = |lanes: &usize| (pixels * (channels / lanes)) as u64 <= limit;
        (1..=channels).filter(|l| channels.is_multiple_of(*l)).find(in_time).unwrap_or(channels)
    }

    fn cheapest_ring(&self, image: &Image, elem: IntType, lanes: usize) -> RamStyle {
        let words = image.window(elem, lanes, 1, RamStyle::Block).capacity;
        let bits = (lanes * elem.bits as usize) as u64;
        let options = styles(words, bits, self.plan.target).map(|style| image.window(elem, lanes, 1, style));
        self.cheapest(options).map_or(RamStyle::Block, |block| block.memory)
    }

    /// The cheapest of several blocks.
    fn cheapest<B: BlockSpec>(&self, options: impl Iterator<Item = B>) -> Option<B> {
        let price = crate::price::Price::even(self.plan.target);
        let priced = options.map(|b| (price.of(&b.cost(self.plan.target)), b));
        priced.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, b)| b)
    }
}

/// The most neighbouring elements, a divisor of `channels`, that stay together and aligned in an order.
fn widest_chunk(order: &[u32], channels: usize) -> usize {
    let together = |lanes: &usize| {
        order.chunks(*lanes).all(|chunk| {
            let first = chunk[0];
            (first as usize).is_multiple_of(*lanes) && chunk.iter().zip(first..).all(|(i, n)| *i == n)
        })
    };
    let divisors = (1..=channels).rev().filter(|l| channels.is_multiple_of(*l));
    divisors.filter(|l| order.len().is_multiple_of(*l)).find(together).unwrap_or(1)
}

/// Into how many equal groups an order falls: group `g` of the result is group `g` of the `arriving` words in the
/// order of group 0.
fn repetitions(order: &[u32], arriving: usize) -> usize {
    let repeats = |groups: &usize| {
        let (from, to) = ((arriving / groups) as u32, order.len() / groups);
        order[..to].iter().all(|i| *i < from)
            && order
                .chunks(to)
                .zip(0..)
                .all(|(chunk, g)| chunk.iter().zip(order).all(|(i, o)| *i == o + g * from))
    };
    let common = gcd(order.len(), arriving);
    (1..=common).rev().filter(|g| common.is_multiple_of(*g)).find(repeats).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_cut_into_chunks_and_groups() {
        // Two pixels of four channels, each sent twice.
        let twice = [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7];
        assert_eq!(widest_chunk(&twice, 4), 4);
        assert_eq!(repetitions(&[0, 0, 1, 1], 2), 2);
        // Channels 2 and 3 of each.
        let half = [2, 3, 6, 7];
        assert_eq!(widest_chunk(&half, 2), 2);
        assert_eq!(repetitions(&[1, 3], 4), 2);
        // The last first.
        assert_eq!((widest_chunk(&[1, 0], 2), repetitions(&[1, 0], 2)), (1, 1));
    }
}
