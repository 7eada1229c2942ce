//! Whether a design that was read from a file is one: everything downstream trusts it.

use super::{Block, Design};
use crate::diagnostic::{Code, Diagnostic};
use petgraph::graph::NodeIndex;

impl Design {
    /// Checks the structure: no cycle, every block with its ports, every stream with elements.
    ///
    /// # Errors
    /// `bad-input` with the block or stream concerned.
    pub fn check(&self) -> Result<(), Diagnostic> {
        if petgraph::algo::is_cyclic_directed(&self.graph) {
            return Err(damaged(&self.name, "its blocks form a cycle"));
        }
        for stream in self.graph.edge_weights() {
            if [stream.lanes, stream.vector, stream.vectors, stream.repeats].contains(&0) {
                return Err(damaged(&stream.name, "it carries nothing"));
            }
        }
        self.graph.node_indices().try_for_each(|node| self.check_ports(node))?;
        self.check_ends()
    }

    fn check_ports(&self, node: NodeIndex) -> Result<(), Diagnostic> {
        let block = &self.graph[node];
        let (takes, gives) = ports(&block.block);
        // The count is the file's, and may be anything.
        let numbers = |ports: Vec<usize>, count: usize| ports.into_iter().eq(0..count);
        let inputs = self.inputs_of(node).into_iter().map(|s| self.graph[s].to).collect();
        let outputs = self.outputs_of(node).into_iter().map(|s| self.graph[s].from).collect();
        if numbers(inputs, takes) && numbers(outputs, gives) {
            return Ok(());
        }
        Err(damaged(&block.name, "it does not have the streams that its kind of block has"))
    }

    fn check_ends(&self) -> Result<(), Diagnostic> {
        let is = |node: &NodeIndex, kind: &str| {
            self.graph.node_weight(*node).is_some_and(|b| b.block.kind() == kind)
        };
        let ends = self.inputs.iter().all(|n| is(n, "axis_input"))
            && self.outputs.iter().all(|n| is(n, "axis_output"));
        let host =
            (self.host.inputs.len(), self.host.outputs.len()) == (self.inputs.len(), self.outputs.len());
        if ends && host {
            Ok(())
        } else {
            Err(damaged(&self.name, "its ports are not those of its host part"))
        }
    }
}

/// Input and output streams of a kind of block.
fn ports(block: &Block) -> (usize, usize) {
    match block {
        Block::AxisInput(_) => (0, 1),
        Block::AxisOutput(_) => (1, 0),
        Block::Add(_) => (2, 1),
        Block::Concat(concat) => (concat.operands.len(), 1),
        Block::Fork(fork) => (1, fork.ways),
        _ => (1, 1),
    }
}

fn damaged(what: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::BadInput, what, format!("this is not a design: {why}"), "compile the model again")
}

#[cfg(test)]
mod tests {
    use super::super::Block;
    use super::super::testing::Chain;
    use crate::number::IntType;

    #[test]
    fn damage_is_found() {
        let sound =
            Chain::new("x").input(IntType::quantizer(false, 4, false), 2, 8).fork(2).add([1, 1]).finish();
        assert_eq!(sound.check(), Ok(()));
        let mut empty = sound.clone();
        empty.graph.edge_weights_mut().for_each(|s| s.lanes = 0);
        let mut unplugged = sound.clone();
        let first = unplugged.graph.edge_indices().next().expect("it has streams");
        unplugged.graph.remove_edge(first);
        let mut endless = sound.clone();
        endless.graph.node_weights_mut().for_each(|node| {
            if let Block::Fork(fork) = &mut node.block {
                fork.ways = usize::MAX;
            }
        });
        let mut portless = sound;
        portless.host.inputs.clear();
        for damaged in [empty, unplugged, endless, portless] {
            assert!(damaged.check().is_err());
        }
    }
}
