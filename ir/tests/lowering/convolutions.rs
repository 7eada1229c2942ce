//! Convolutions.

use crate::common::build::Net;
use crate::{check, count};
use mpqc_ir::int_network::IntOp;
use mpqc_ir::onnx::testing::NodeBuilder;

/// A convolution of 9×7 pixels by kernels `dims` on 4-bit codes with zero code `zero`.
fn on_image(
    channels: i64,
    zero: f32,
    dims: &[i64],
    attributes: impl Fn(NodeBuilder) -> NodeBuilder,
) -> mpqc_ir::int_network::IntNetwork {
    let mut net = Net::new(11);
    let x = net.input("x", &[1, channels, 9, 7]);
    let q = net.quant(&x, 0.25, zero, 4.0, true);
    let y = net.conv(&q, dims, attributes);
    let z = net.quant(&y, 0.125, 0.0, 6.0, true);
    check(net, &[&z], 4, &[&[1, channels as usize, 9, 7]])
}

#[test]
fn strides_dilations_and_pads() {
    on_image(3, 0.0, &[5, 3, 3, 3], |n| n);
    on_image(3, 0.0, &[5, 3, 3, 2], |n| n.attr_ints("strides", &[2, 3]).attr_ints("pads", &[1, 0, 2, 1]));
    on_image(2, 0.0, &[4, 2, 3, 3], |n| n.attr_ints("dilations", &[2, 1]).attr_ints("pads", &[3, 2, 0, 1]));
    on_image(3, 0.0, &[5, 3, 2, 2], |n| {
        n.attr_string("auto_pad", "SAME_UPPER").attr_ints("strides", &[2, 2])
    });
}

#[test]
fn padding_has_the_code_of_zero() {
    on_image(3, 2.0, &[5, 3, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
    // Outside of the codes −8 … 7.
    on_image(3, -11.0, &[5, 3, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
}

#[test]
fn padding_as_wide_as_the_kernel_is_padded_first() {
    let network = on_image(3, 1.0, &[5, 3, 3, 2], |n| n.attr_ints("pads", &[1, 3, 0, 2]));
    assert_eq!(count(&network, |op| matches!(op, IntOp::Pad(_))), 1);
}

#[test]
fn groups() {
    on_image(6, 0.0, &[4, 3, 3, 3], |n| n.attr_int("group", 2).attr_ints("pads", &[1, 1, 1, 1]));
    on_image(4, 3.0, &[8, 1, 3, 3], |n| n.attr_int("group", 4).attr_ints("pads", &[1, 1, 1, 1]));
    on_image(4, 0.0, &[6, 2, 1, 1], |n| n.attr_int("group", 2));
}

#[test]
fn depthwise_convolutions_have_their_own_array() {
    let network =
        on_image(5, 1.0, &[5, 1, 3, 3], |n| n.attr_int("group", 5).attr_ints("pads", &[1, 1, 1, 1]));
    assert_eq!(count(&network, |op| matches!(op, IntOp::Depthwise(_))), 1);
    on_image(5, 0.0, &[5, 1, 1, 1], |n| n.attr_int("group", 5));
}

#[test]
fn pixels_and_frames_need_no_window() {
    let point = on_image(3, 1.0, &[5, 3, 1, 1], |n| n);
    let frame = on_image(3, 1.0, &[5, 3, 9, 7], |n| n);
    assert_eq!([&point, &frame].map(|n| count(n, |op| matches!(op, IntOp::Window(_)))), [0, 0]);
}

#[test]
fn one_dimension() {
    let mut net = Net::new(12);
    let x = net.input("x", &[1, 3, 17]);
    let q = net.quant(&x, 0.25, 0.0, 4.0, true);
    let y = net.conv(&q, &[4, 3, 5], |n| n.attr_ints("strides", &[2]).attr_ints("pads", &[2, 1]));
    let p = net.op("MaxPool", &[&y], |n| n.attr_ints("kernel_shape", &[2]).attr_ints("strides", &[2]));
    let z = net.quant(&p, 0.125, 0.0, 6.0, true);
    check(net, &[&z], 3, &[&[1, 3, 17]]);
}

#[test]
fn biases_and_scales_per_channel_of_qdq() {
    let mut net = Net::new(13);
    let x = net.input("x", &[1, 3, 6, 6]);
    let q = net.qdq(&x, 0.02, 17);
    let w = net.qdq_weights(&[4, 3, 3, 3]);
    let bias = net.reals(&[4], -0.5, 0.5);
    let bias = net.constant(&[4], &bias);
    let y = net.op("Conv", &[&q, &w, &bias], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
    let z = net.qdq(&y, 0.1, -5);
    check(net, &[&z], 4, &[&[1, 3, 6, 6]]);
}

#[test]
fn operators_on_codes() {
    let mut net = Net::new(16);
    let x = net.input("x", &[1, 3, 6, 6]);
    let (scale, zero) = (net.constant(&[], &[0.02]), net.int8(&[], &[-9]));
    let q = net.op("QuantizeLinear", &[&x, &scale, &zero], |n| n);
    let codes: Vec<i8> = (0..4 * 27).map(|i| (i * 37 % 251 - 125) as i8).collect();
    let w = net.int8(&[4, 3, 3, 3], &codes);
    let (w_scale, w_zero) = (net.constant(&[4], &[0.01, 0.02, 0.015, 0.03]), net.int8(&[4], &[0; 4]));
    let (y_scale, y_zero) = (net.constant(&[], &[0.3]), net.int8(&[], &[5]));
    let operands = [&q, &scale, &zero, &w, &w_scale, &w_zero, &y_scale, &y_zero].map(String::as_str);
    let y = net.op("QLinearConv", &operands, |n| n.attr_ints("pads", &[1, 1, 1, 1]));
    let back = net.op("DequantizeLinear", &[&y, &y_scale, &y_zero], |n| n);
    let (v, v_zero) = (net.int8(&[2, 4, 2, 2], &codes[..32]), net.int8(&[], &[3]));
    let sums = net.op("ConvInteger", &[&y, &v, &y_zero, &v_zero], |n| n.attr_ints("pads", &[0, 1, 0, 1]));
    let sums = net.op("Cast", &[&sums], |n| n.attr_int("to", 1));
    check(net, &[&back, &sums], 4, &[&[1, 3, 6, 6]]);
}

#[test]
fn fully_connected_behind_a_convolution() {
    let mut net = Net::new(14);
    let x = net.input("x", &[1, 2, 6, 6]);
    let q = net.quant(&x, 0.25, 0.0, 4.0, true);
    let y = net.conv(&q, &[3, 2, 3, 3], |n| n);
    let z = net.quant(&y, 0.25, 0.0, 4.0, false);
    let flat = net.op("Flatten", &[&z], |n| n);
    let w = net.weights(&[48, 5], 4);
    let out = net.op("MatMul", &[&flat, &w], |n| n);
    let network = check(net, &[&out], 2, &[&[1, 2, 6, 6]]);
    assert_eq!(count(&network, |op| matches!(op, IntOp::Reorder(_))), 0);
}

#[test]
fn padding_of_bipolar_codes_takes_two_bits() {
    let mut net = Net::new(15);
    let x = net.input("x", &[1, 2, 5, 5]);
    let q = net.bipolar(&x, 0.5);
    let y = net.conv(&q, &[3, 2, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
    check(net, &[&y], 4, &[&[1, 2, 5, 5]]);
}
