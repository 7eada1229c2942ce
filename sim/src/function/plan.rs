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
    /// Fewer steps to the same outputs: copies of windows, in nine tenths of all a convolution's elements, are left out
    /// where the products behind them take the images.
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

    /// The steps without windows that are copied for a single product.
    fn leaner(&self) -> Vec<Step> {
        let mut steps = self.steps.clone();
        for window in &self.steps {
            let Some((of, image)) = window.function.windows() else { continue };
            let readers = || self.steps.iter().filter(|step| step.inputs.contains(&window.output));
            if self.outputs.contains(&window.output) || readers().count() != 1 {
                continue;
            }
            let whole = readers().next().and_then(|step| Some((step, step.function.of_windows(of, image)?)));
            if let Some((reader, function)) = whole {
                let Some(step) = steps.iter_mut().find(|step| step.output == reader.output) else { continue };
                (step.function, step.inputs) = (function, window.inputs.clone());
                steps.retain(|step| step.output != window.output);
            }
        }
        steps
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
