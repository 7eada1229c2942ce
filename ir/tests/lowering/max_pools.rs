//! Maxima.

use crate::common::build::Net;
use crate::{check, count};
use mpqc_ir::int_network::{IntNetwork, IntOp, PoolFunction};
use mpqc_ir::onnx::testing::NodeBuilder;

fn pool(kernel: i64, stride: i64) -> impl Fn(NodeBuilder) -> NodeBuilder {
    move |n| n.attr_ints("kernel_shape", &[kernel, kernel]).attr_ints("strides", &[stride, stride])
}

/// Width of what the pool reads.
fn pooled_bits(network: &IntNetwork) -> u32 {
    let is_max = |op: &IntOp| matches!(op, IntOp::Pool(p) if p.function == PoolFunction::Max);
    let node = network.graph.node_indices().find(|n| is_max(&network.graph[*n].op)).expect("a pool");
    let mut edges = network.graph.edges_directed(node, petgraph::Direction::Incoming);
    edges.next().expect("pools read").weight().ty.bits
}

/// Convolution, batch norm with gains from `low`, then `behind` for what follows up to a 4-bit quantizer.
fn around(low: f64, behind: impl Fn(&mut Net, &str) -> String) -> IntNetwork {
    let mut net = Net::new(21);
    let x = net.input("x", &[1, 2, 9, 9]);
    let q = net.quant(&x, 0.125, 0.0, 6.0, true);
    let y = net.conv(&q, &[6, 2, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
    let b = net.batch_norm(&y, 6, low, 1.5);
    let p = behind(&mut net, &b);
    let z = net.quant(&p, 0.25, 0.0, 4.0, true);
    check(net, &[&z], 4, &[&[1, 2, 9, 9]])
}

#[test]
fn behind_a_quantizer() {
    for (kernel, stride) in [(2, 2), (3, 2), (3, 3), (2, 3)] {
        let network = around(-1.5, |net, b| {
            let z = net.quant(b, 0.25, 0.0, 4.0, true);
            net.op("MaxPool", &[&z], pool(kernel, stride))
        });
        assert_eq!(pooled_bits(&network), 4);
    }
}

#[test]
fn in_front_of_a_quantizer_codes_are_pooled() {
    let network = around(-1.5, |net, b| net.op("MaxPool", &[b], pool(2, 2)));
    assert_eq!(pooled_bits(&network), 4);
    around(-1.5, |net, b| {
        let p = net.op("MaxPool", &[b], pool(3, 2));
        net.op("Relu", &[&p], |n| n)
    });
}

#[test]
fn falling_functions_behind_a_maximum() {
    for low in [-1.5, 0.5] {
        let network = around(low, |net, b| {
            let p = net.op("MaxPool", &[b], pool(2, 2));
            let n = net.batch_norm(&p, 6, -1.0, 1.0);
            net.op("Relu", &[&n], |n| n)
        });
        assert!(pooled_bits(&network) <= 4);
    }
}

#[test]
fn falling_codes() {
    around(1.0, |net, b| {
        let z = net.quant(b, 0.25, 0.0, 4.0, true);
        let n = net.op("Neg", &[&z], |n| n);
        net.op("MaxPool", &[&n], pool(2, 1))
    });
}

#[test]
fn padding_and_incomplete_windows() {
    let padded = |n: NodeBuilder| pool(3, 2)(n).attr_ints("pads", &[1, 1, 1, 1]);
    around(-1.0, |net, b| net.op("MaxPool", &[b], padded));
    around(-1.0, |net, b| {
        let z = net.quant(b, 0.25, 3.0, 4.0, true);
        net.op("MaxPool", &[&z], |n| padded(n).attr_int("ceil_mode", 1))
    });
    around(-1.0, |net, b| net.op("MaxPool", &[b], |n| pool(2, 2)(n).attr_int("ceil_mode", 1)));
    around(-1.0, |net, b| net.op("MaxPool", &[b], |n| pool(2, 1)(n).attr_ints("dilations", &[2, 3])));
}

#[test]
fn without_a_quantizer_the_stream_is_pooled() {
    let mut net = Net::new(22);
    let x = net.input("x", &[1, 2, 6, 6]);
    let q = net.quant(&x, 0.125, 0.0, 6.0, true);
    let y = net.conv(&q, &[4, 2, 3, 3], |n| n);
    let b = net.batch_norm(&y, 4, -1.0, 1.0);
    let p = net.op("MaxPool", &[&b], pool(2, 2));
    let global = net.op("GlobalMaxPool", &[&p], |n| n);
    check(net, &[&p, &global], 4, &[&[1, 2, 6, 6]]);
}

#[test]
fn two_maxima_in_a_row() {
    around(-1.5, |net, b| {
        let p = net.op("MaxPool", &[b], pool(2, 2));
        let n = net.batch_norm(&p, 6, -1.0, 1.0);
        net.op("MaxPool", &[&n], pool(2, 1))
    });
}

#[test]
fn a_maximum_of_bipolar_codes() {
    let network = around(-1.5, |net, b| {
        let z = net.bipolar(b, 0.5);
        net.op("MaxPool", &[&z], pool(2, 2))
    });
    assert_eq!(count(&network, |op| matches!(op, IntOp::Pool(_))), 1);
}
