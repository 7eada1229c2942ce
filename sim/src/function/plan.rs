//! The order of evaluation, and which streams carry the same elements.

use super::{Evaluate, Function, Width};
use crate::blocks;
use mpqc_ir::design::Design;
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// One computation: from tensors to tensors.
#[derive(Clone)]
pub(super) struct Step {
    pub function: Arc<dyn Evaluate>,
    pub inputs: Vec<usize>,
    pub output: usize,
    /// Tensors that no later step reads and no output port shows.
    pub last_use_of: Vec<usize>,
}

/// A design as a list of computations on numbered tensors. The first tensors are the input ports'.
pub(super) struct Plan {
    pub steps: Vec<Step>,
    /// Fewer steps to the same outputs: windows are not copied where the products behind them take the images, and sums
    /// are requantized where they arise.
    pub lean: Vec<Step>,
    /// Elements per frame of every tensor.
    pub sizes: Vec<usize>,
    /// Words of the input ports' elements.
    pub input_widths: Vec<Width>,
    /// Tensor of every stream, and of every port.
    pub streams: Vec<usize>,
    pub inputs: usize,
    pub outputs: Vec<usize>,
}

impl Plan {
    pub fn new(design: &Design) -> Plan {
        let edges = design.graph.edge_count();
        let inputs = design.inputs.len();
        let mut plan = Plan {
            steps: Vec::new(),
            lean: Vec::new(),
            sizes: vec![0; inputs],
            input_widths: design.inputs.iter().map(|node| width(design, *node)).collect(),
            streams: vec![0; edges],
            inputs,
            outputs: Vec::new(),
        };
        design.topological().into_iter().for_each(|node| plan.visit(design, node));
        plan.outputs = design.outputs.iter().map(|node| plan.source_of(design, *node)).collect();
        plan.lean = plan.leaner();
        for steps in [&mut plan.steps, &mut plan.lean] {
            find_last_uses(steps, plan.sizes.len(), &plan.outputs);
        }
        plan
    }

    /// The steps with those merged of which only one reads the other.
    fn leaner(&self) -> Vec<Step> {
        let mut steps = self.steps.clone();
        while let Some((producer, reader, function)) = self.mergeable(&steps) {
            steps[reader].function = function;
            steps[reader].inputs = steps[producer].inputs.clone();
            steps.remove(producer);
        }
        steps
    }

    /// Two steps, the first of which only the second needs, and what does the work of both.
    fn mergeable(&self, steps: &[Step]) -> Option<(usize, usize, Arc<dyn Evaluate>)> {
        steps.iter().enumerate().find_map(|(p, producer)| {
            let readers = || (0..steps.len()).filter(|r| steps[*r].inputs.contains(&producer.output));
            if self.outputs.contains(&producer.output) || readers().count() != 1 {
                return None;
            }
            let reader = readers().next()?;
            Some((p, reader, steps[reader].function.behind(&*producer.function)?))
        })
    }

    /// The tensor that enters a block's first port: a stream's, or an input port's.
    fn source_of(&self, design: &Design, node: NodeIndex) -> usize {
        let port = design.inputs.iter().position(|input| *input == node);
        let stream = design.inputs_of(node).first().map(|edge| self.streams[edge.index()]);
        port.or(stream).expect("a block has an input")
    }

    fn visit(&mut self, design: &Design, node: NodeIndex) {
        let tensor = match blocks::function(&design.graph[node].block) {
            Function::Same => self.source_of(design, node),
            Function::Compute(function) => self.compute(design, node, function),
        };
        for edge in design.outputs_of(node) {
            let stream = &design.graph[edge];
            self.streams[edge.index()] = tensor;
            self.sizes[tensor] = stream.vector * stream.vectors;
        }
    }

    fn compute(&mut self, design: &Design, node: NodeIndex, function: Arc<dyn Evaluate>) -> usize {
        let inputs = design.inputs_of(node).iter().map(|edge| self.streams[edge.index()]).collect();
        let output = self.sizes.len();
        self.sizes.push(0);
        self.steps.push(Step { function, inputs, output, last_use_of: Vec::new() });
        output
    }
}

/// Notes for every step which of the tensors no later one reads.
fn find_last_uses(steps: &mut [Step], tensors: usize, outputs: &[usize]) {
    let mut used: Vec<bool> = (0..tensors).map(|tensor| outputs.contains(&tensor)).collect();
    for step in steps.iter_mut().rev() {
        for tensor in step.inputs.iter().chain([&step.output]) {
            if !std::mem::replace(&mut used[*tensor], true) {
                step.last_use_of.push(*tensor);
            }
        }
    }
}

/// The word of an input adapter's elements.
fn width(design: &Design, input: NodeIndex) -> Width {
    let stream = design.outputs_of(input).first().map(|edge| design.graph[*edge].elem);
    stream.map_or(Width::Long, Width::of)
}
