//! Which layer a block serves.

use super::Design;
use super::blocks::Block;
use petgraph::graph::NodeIndex;

impl Design {
    /// The block that every block serves, by node index: the one that computes, where a block's name begins with its name;
    /// otherwise the block itself. `conv1_window_fifo` serves `conv1`.
    pub fn layers(&self) -> Vec<NodeIndex> {
        let computes = |id: &NodeIndex| !is_service(&self.graph[*id].block);
        let heads: Vec<NodeIndex> = self.graph.node_indices().filter(computes).collect();
        let name = |id: NodeIndex| self.graph[id].name.as_str();
        let serves = |head: NodeIndex, id: NodeIndex| {
            let rest = name(id).strip_prefix(name(head));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        };
        let layer = |id: NodeIndex| {
            let heads = heads.iter().copied().filter(|head| serves(*head, id));
            heads.max_by_key(|head| name(*head).len()).unwrap_or(id)
        };
        self.graph.node_indices().map(layer).collect()
    }

    /// The ONNX node that a block belongs to: the first that it computes, else the first that its layer computes, else the
    /// block's name.
    pub fn onnx_node(&self, id: NodeIndex, layers: &[NodeIndex]) -> &str {
        let own = self.graph[id].origin.first();
        let node = own.or_else(|| self.graph[layers[id.index()]].origin.first());
        node.map_or(&self.graph[id].name, String::as_str)
    }
}

/// Whether a block only prepares what another one takes, or finishes what it makes.
fn is_service(block: &Block) -> bool {
    matches!(
        block,
        Block::WidthConverter(_)
            | Block::Pad(_)
            | Block::Window(_)
            | Block::LineBuffer(_)
            | Block::Replay(_)
            | Block::Thresholds(_)
            | Block::ScaleShift(_)
            | Block::Fork(_)
            | Block::Fifo(_)
    )
}

#[cfg(test)]
mod tests {
    use crate::design::testing::{Chain, Mac};
    use crate::number::IntType;

    #[test]
    fn services_belong_to_the_block_that_computes() {
        let u2 = IntType::quantizer(false, 2, false);
        let mut design = Chain::new("layers").input(u2, 4, 8).mac(Mac::new(3, 4, 1)).finish();
        let array = design.graph.node_indices().find(|id| design.graph[*id].block.kind() == "mac_array");
        let array = array.expect("an array");
        design.graph[array].name = "conv1".into();
        design.graph[array].origin = vec!["/Conv_1".into()];
        design.graph[design.inputs[0]].name = "conv1_window".into();
        design.graph[design.outputs[0]].name = "conv10".into();
        let layers = design.layers();
        // An input adapter computes as far as layers go: it keeps its own.
        assert_eq!(layers[design.inputs[0].index()], design.inputs[0]);
        assert_eq!(layers[design.outputs[0].index()], design.outputs[0]);
        assert_eq!(design.onnx_node(array, &layers), "/Conv_1");
    }
}
