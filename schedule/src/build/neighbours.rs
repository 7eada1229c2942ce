//! Streams of groups of neighbouring pixels, and back.

use super::flow::Flow;
use super::{Builder, Placement};
use crate::fold::Choice;
use crate::layer::Layer;
use mpqc_ir::design::blocks::Reorder;
use petgraph::graph::NodeIndex;

impl<'a> Builder<'a> {
    /// The layer of groups of neighbouring pixels that a requantizer follows, if it does.
    pub(super) fn grouping_before(&self, node: NodeIndex) -> Option<(&'a Layer, &'a Choice)> {
        let index = self.served_layer(node)?;
        let (layer, choice) = (&self.plan.layers[index], &self.plan.choices[index]);
        (layer.overlap.pixels > 1).then_some((layer, choice))
    }

    /// A stream of pixels as groups of neighbours, as a layer's array takes them: rows are padded, and chunks of every
    /// group's pixels stand side by side.
    pub(super) fn grouped(&mut self, node: NodeIndex, flow: Flow, layer: &Layer, choice: &Choice) -> Flow {
        let (lanes, pixels) = (layer.chunk(choice.fold), layer.overlap.pixels);
        let channels = layer.channels_of_pixel();
        let flow = self.regrouped(node, flow, channels, lanes);
        let flow = match layer.side_padding(lanes) {
            Some(pad) => self.padded(node, flow, pad),
            None => flow,
        };
        let mut flow = match layer.chunks(choice.fold) {
            Some(chunks) => self.transposed(node, flow, chunks),
            None => flow,
        };
        flow.layout = flow.layout.as_vectors_of(channels * pixels);
        self.convert(node, flow, lanes * pixels)
    }

    /// What an array gives for groups of pixels, pass by pass, as a stream of pixels.
    pub(super) fn ungrouped(&mut self, node: NodeIndex, flow: Flow, layer: &Layer, choice: &Choice) -> Flow {
        let Some(pixels) = layer.pixels_again(choice.fold, flow.layout.elem) else { return flow };
        let flow = self.convert(node, flow, pixels.lanes);
        self.transposed(node, flow, pixels)
    }

    fn transposed(&mut self, node: NodeIndex, flow: Flow, block: Reorder) -> Flow {
        let name = &self.plan.network.graph[node].name;
        let placement = Placement {
            name: &format!("{name}_transpose"),
            stream: &format!("{name}_transposed"),
            layout: flow.layout,
            interval: 1,
            start: flow.start + 2 + block.group as u64,
            block: block.into(),
        };
        self.place(node, vec![flow], placement)
    }
}
