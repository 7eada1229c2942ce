//! The order of evaluation, and which streams carry the same elements.

use super::{Evaluate, Function};
use crate::blocks;
use mpqc_ir::design::Design;
use petgraph::graph::NodeIndex;

/// One computation: from tensors to tensors.
pub(super) struct Step {
    pub function: Box<dyn Evaluate>,
    pub inputs: Vec<usize>,
    pub outputs: Vec<usize>,
    /// Tensors that no later step reads and no output port shows.
    pub last_use_of: Vec<usize>,
}

/// A design as a list of computations on numbered tensors. The first tensors are the input ports'.
pub(super) struct Plan {
    pub steps: Vec<Step>,
    /// Elements per frame of every tensor.
    pub sizes: Vec<usize>,
    /// Tensor of every stream, and of every port.
    pub streams: Vec<usize>,
    pub inputs: usize,
    pub outputs: Vec<usize>,
}

impl Plan {
    pub fn new(design: &Design) -> Plan {
        let edges = design.graph.edge_count();
        let inputs = design.inputs.len();
        let sizes = vec![0; inputs];
        let mut plan =
            Plan { steps: Vec::new(), sizes, streams: vec![0; edges], inputs, outputs: Vec::new() };
        design.topological().into_iter().for_each(|node| plan.visit(design, node));
        plan.outputs = design.outputs.iter().map(|node| plan.source_of(design, *node)).collect();
        plan.find_last_uses();
        plan
    }

    /// The tensor that enters a block's first port: a stream's, or an input port's.
    fn source_of(&self, design: &Design, node: NodeIndex) -> usize {
        let port = design.inputs.iter().position(|input| *input == node);
        let stream = design.inputs_of(node).first().map(|edge| self.streams[edge.index()]);
        port.or(stream).expect("a block has an input")
    }

    fn visit(&mut self, design: &Design, node: NodeIndex) {
        let edges = design.outputs_of(node);
        let tensors = match blocks::function(&design.graph[node].block) {
            Function::Same => vec![self.source_of(design, node); edges.len()],
            Function::Compute(function) => self.compute(design, node, function, edges.len()),
        };
        for (edge, tensor) in edges.iter().zip(tensors) {
            let stream = &design.graph[*edge];
            self.streams[edge.index()] = tensor;
            self.sizes[tensor] = stream.vector * stream.vectors;
        }
    }

    fn compute(
        &mut self,
        design: &Design,
        node: NodeIndex,
        function: Box<dyn Evaluate>,
        count: usize,
    ) -> Vec<usize> {
        let inputs = design.inputs_of(node).iter().map(|edge| self.streams[edge.index()]).collect();
        let first = self.sizes.len();
        self.sizes.resize(first + count, 0);
        let outputs: Vec<usize> = (first..first + count).collect();
        self.steps.push(Step { function, inputs, outputs: outputs.clone(), last_use_of: Vec::new() });
        outputs
    }

    fn find_last_uses(&mut self) {
        let mut used: Vec<bool> =
            (0..self.sizes.len()).map(|tensor| self.outputs.contains(&tensor)).collect();
        for step in self.steps.iter_mut().rev() {
            for tensor in step.inputs.iter().chain(&step.outputs) {
                if !std::mem::replace(&mut used[*tensor], true) {
                    step.last_use_of.push(*tensor);
                }
            }
        }
    }
}
