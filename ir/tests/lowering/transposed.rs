//! Transposed convolutions.

use crate::check;
use crate::common::build::Net;
use mpqc_ir::onnx::testing::NodeBuilder;

fn transposed(dims: &[i64], attributes: impl Fn(NodeBuilder) -> NodeBuilder) {
    let mut net = Net::new(61);
    let x = net.input("x", &[1, 4, 4, 5]);
    let q = net.quant(&x, 0.25, 2.0, 4.0, true);
    let w = net.weights(dims, 4);
    let y = net.op("ConvTranspose", &[&q, &w], attributes);
    let z = net.quant(&y, 0.25, 0.0, 5.0, true);
    let out = net.conv(&z, &[2, 3, 2, 2], |n| n);
    check(net, &[&out], 4, &[&[1, 4, 4, 5]]);
}

#[test]
fn strides_and_pads() {
    transposed(&[4, 3, 2, 2], |n| n.attr_ints("strides", &[2, 2]));
    transposed(&[4, 3, 3, 3], |n| n);
    transposed(&[4, 3, 4, 4], |n| n.attr_ints("strides", &[2, 2]).attr_ints("pads", &[1, 1, 1, 1]));
    transposed(&[4, 3, 3, 3], |n| {
        n.attr_ints("strides", &[2, 3]).attr_ints("pads", &[1, 0, 0, 1]).attr_ints("output_padding", &[1, 2])
    });
    transposed(&[4, 3, 3, 2], |n| n.attr_ints("strides", &[2, 1]).attr_ints("dilations", &[2, 3]));
    transposed(&[4, 3, 3, 3], |n| n.attr_ints("strides", &[1, 1]).attr_ints("pads", &[2, 2, 2, 2]));
}

#[test]
fn groups_and_biases() {
    let mut net = Net::new(62);
    let x = net.input("x", &[1, 4, 3, 3]);
    let q = net.quant(&x, 0.25, 0.0, 4.0, true);
    let w = net.weights(&[4, 3, 3, 3], 4);
    let bias = net.constant(&[6], &[0.1, -0.2, 0.3, 0.4, -0.5, 0.6]);
    let y =
        net.op("ConvTranspose", &[&q, &w, &bias], |n| n.attr_int("group", 2).attr_ints("strides", &[2, 2]));
    let z = net.quant(&y, 0.25, 0.0, 5.0, true);
    check(net, &[&y, &z], 4, &[&[1, 4, 3, 3]]);
}

#[test]
fn one_dimension() {
    let mut net = Net::new(63);
    let x = net.input("x", &[1, 4, 6]);
    let q = net.quant(&x, 0.25, 0.0, 4.0, true);
    let w = net.weights(&[4, 2, 4], 4);
    let y = net.op("ConvTranspose", &[&q, &w], |n| n.attr_ints("strides", &[3]).attr_ints("pads", &[1, 2]));
    check(net, &[&y], 3, &[&[1, 4, 6]]);
}
