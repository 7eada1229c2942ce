//! The importer as a whole: real models, every operator, every diagnostic, and mutated files.

mod diagnostics;
mod hostile;
mod models;
mod operators;
mod quantizers;
mod shapes;

use super::{Options, import};
use crate::diagnostic::{Code, Diagnostics};
use crate::network::{Network, Op};
use crate::onnx::ElemType;
use crate::onnx::testing::*;
use crate::tensor::Constant;

/// A graph from `x`, of floats of a shape, to `y`.
fn from_x(shape: &[i64]) -> GraphBuilder {
    let input = value_info("x", ElemType::Float, shape.iter().copied());
    graph().name("test").input(input).output(value_info("y", ElemType::Float, Vec::<i64>::new()))
}

fn run(graph: GraphBuilder, opset: i64) -> Result<Network, Diagnostics> {
    import(&model(graph).opset("", opset).to_bytes(), &Options::default())
}

fn network(graph: GraphBuilder, opset: i64) -> Network {
    run(graph, opset).unwrap_or_else(|all| panic!("{:#?}", all.0))
}

/// What gives the output `y`, and its shape.
fn output(network: &Network) -> (Op, Vec<usize>) {
    let (node, wire) = network.operands(network.outputs[0])[0].unwrap();
    (network.graph[node].op.clone(), wire.shape.clone())
}

/// What one node over `x` becomes at an opset.
fn imported(node: NodeBuilder, opset: i64, shape: &[i64], stored: Vec<TensorBuilder>) -> (Op, Vec<usize>) {
    let graph = stored.into_iter().fold(from_x(shape).node(node), GraphBuilder::initializer);
    output(&network(graph, opset))
}

/// The one problem of a graph.
fn problem(graph: GraphBuilder, opset: i64) -> (Code, String) {
    let all = run(graph, opset).expect_err("the model is refused").0;
    assert_eq!(all.len(), 1, "{all:#?}");
    (all[0].code, all[0].reason.clone())
}

/// What gives `y` when it is a constant.
fn constant(network: &Network) -> Constant {
    match output(network).0 {
        Op::Constant(data) => data,
        other => panic!("{other:?} is no constant"),
    }
}

fn count(network: &Network, is: impl Fn(&Op) -> bool) -> usize {
    network.graph.node_weights().filter(|node| is(&node.op)).count()
}

fn scalar(name: &str, value: f32) -> TensorBuilder {
    tensor_f32(name, &[], &[value])
}

fn floats(name: &str, values: &[f32]) -> TensorBuilder {
    tensor_f32(name, &[values.len() as i64], values)
}

fn ints(name: &str, values: &[i64]) -> TensorBuilder {
    tensor_i64(name, &[values.len() as i64], values)
}

/// Zeros, except a first element that is not an integer.
fn weights(name: &str, shape: &[i64]) -> TensorBuilder {
    let count: i64 = shape.iter().product();
    let mut values = vec![0.0; count as usize];
    values[0] = 0.5;
    tensor_f32(name, shape, &values)
}
