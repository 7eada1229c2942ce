//! Names to producers, and the nodes in an order in which producers come first.

use crate::diagnostic::{Code, Diagnostic};
use crate::onnx::{Graph, Node};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// The graph's nodes, sorted.
pub(super) struct Order<'a> {
    /// Indices of nodes, producers first; the file's order where it allows that.
    pub(super) sorted: Vec<usize>,
    /// Indices of nodes on a cycle or behind one.
    pub(super) unreachable: Vec<usize>,
    /// Tensors that a node or the graph's outputs take.
    pub(super) used: HashSet<&'a str>,
    /// Tensors defined twice, cycles.
    pub(super) problems: Vec<Diagnostic>,
}

/// The name of a node, made up from type and output where the model has none.
pub(super) fn name_of(node: &Node<'_>) -> String {
    if !node.name.is_empty() {
        return node.name.to_owned();
    }
    let output = node.output.iter().find(|output| !output.is_empty()).copied().unwrap_or_default();
    format!("{}_{output}", node.op_type)
}

/// Sorts the nodes (Kahn 1962; among those that are ready, the first in the file goes first).
pub(super) fn sort<'a>(graph: &Graph<'a>) -> Order<'a> {
    let mut problems = Vec::new();
    let producers = producers(graph, &mut problems);
    let before = dependencies(graph, &producers);
    let sorted = kahn(&before);
    let mut done = vec![false; graph.node.len()];
    sorted.iter().for_each(|index| done[*index] = true);
    let unreachable: Vec<usize> = (0..done.len()).filter(|index| !done[*index]).collect();
    problems.extend(unreachable.first().map(|start| cycle(graph, &before, &done, *start)));
    Order { sorted, unreachable, used: used(graph), problems }
}

fn used<'a>(graph: &Graph<'a>) -> HashSet<&'a str> {
    let operands = graph.node.iter().flat_map(|node| node.input.iter().copied());
    operands.chain(graph.output.iter().map(|output| output.name)).collect()
}

/// Which node gives each tensor. Reports tensors with two sources; an initializer may be an input's default.
fn producers<'a>(graph: &Graph<'a>, problems: &mut Vec<Diagnostic>) -> HashMap<&'a str, usize> {
    let mut stored = HashSet::new();
    let mut inputs = HashSet::new();
    let initializers = graph.initializer.iter().map(|tensor| tensor.name);
    problems
        .extend(initializers.filter(|name| !stored.insert(*name)).map(|name| twice(name, "initializers")));
    let listed = graph.input.iter().map(|input| input.name);
    problems.extend(listed.filter(|name| !inputs.insert(*name)).map(|name| twice(name, "inputs")));
    let mut producers = HashMap::new();
    for (index, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().copied().filter(|output| !output.is_empty()) {
            let known = stored.contains(output) || inputs.contains(output);
            if producers.insert(output, index).is_some() || known {
                problems.push(twice(output, "nodes").operator(node.op_type));
            }
        }
    }
    producers
}

fn twice(name: &str, among: &str) -> Diagnostic {
    let reason = format!("the tensor has two definitions (the second one among the {among})");
    Diagnostic::new(
        Code::BrokenGraph,
        name,
        reason,
        "every tensor needs a name of its own: rename one at export",
    )
}

/// For every node, those that it takes tensors from.
fn dependencies(graph: &Graph<'_>, producers: &HashMap<&str, usize>) -> Vec<Vec<usize>> {
    let of = |node: &Node<'_>| node.input.iter().filter_map(|name| producers.get(name).copied()).collect();
    graph.node.iter().map(of).collect()
}

fn kahn(before: &[Vec<usize>]) -> Vec<usize> {
    let mut after = vec![Vec::new(); before.len()];
    let mut missing: Vec<usize> = before.iter().map(Vec::len).collect();
    for (index, producers) in before.iter().enumerate() {
        producers.iter().for_each(|producer| after[*producer].push(index));
    }
    let ready = (0..before.len()).filter(|index| missing[*index] == 0).map(Reverse);
    let mut ready: BinaryHeap<_> = ready.collect();
    let mut sorted = Vec::with_capacity(before.len());
    while let Some(Reverse(index)) = ready.pop() {
        sorted.push(index);
        for consumer in &after[index] {
            missing[*consumer] -= 1;
            if missing[*consumer] == 0 {
                ready.push(Reverse(*consumer));
            }
        }
    }
    sorted
}

/// Names a cycle: every node that is not sorted depends on another such node, so walking back must close one.
fn cycle(graph: &Graph<'_>, before: &[Vec<usize>], done: &[bool], start: usize) -> Diagnostic {
    let mut path = Vec::new();
    let mut position = HashMap::new();
    let mut at = start;
    while !position.contains_key(&at) {
        position.insert(at, path.len());
        path.push(at);
        let back = before[at].iter().find(|producer| !done[**producer]);
        at = *back.expect("an unsorted node waits for another one");
    }
    let cycle = path[position[&at]..].iter().rev();
    let names: Vec<String> = [at].iter().chain(cycle).map(|index| name_of(&graph.node[*index])).collect();
    let shown = names.iter().take(6).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
    let more = if names.len() > 6 { format!(" → … ({} nodes)", names.len() - 1) } else { String::new() };
    let node = &graph.node[at];
    Diagnostic::new(
        Code::BrokenGraph,
        name_of(node),
        format!("the node depends on its own output: {shown}{more}"),
        "recurrent networks must be unrolled at export",
    )
    .operator(node.op_type)
    .at((node.span.start, node.span.end))
}
