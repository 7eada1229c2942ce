//! Sums and joins of branches.

use crate::common::build::Net;
use crate::{check, count};
use mpqc_ir::int_network::{IntNetwork, IntOp};

/// Two branches from one image, `a` and `b`, 4 channels of 6×6 each, joined by `join`, quantized.
fn branches(join: impl Fn(&mut Net, &str, &str) -> String) -> IntNetwork {
    let mut net = Net::new(41);
    let x = net.input("x", &[1, 3, 6, 6]);
    let q = net.quant(&x, 0.25, 0.0, 4.0, true);
    let a = net.conv(&q, &[4, 3, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
    let a = net.quant(&a, 0.3, 2.0, 4.0, true);
    let b = net.conv(&q, &[4, 3, 1, 1], |n| n);
    let b = net.quant(&b, 0.17, 0.0, 5.0, true);
    let joined = join(&mut net, &a, &b);
    let z = net.quant(&joined, 0.2, 0.0, 5.0, true);
    check(net, &[&z], 4, &[&[1, 3, 6, 6]])
}

#[test]
fn sums_and_differences() {
    branches(|net, a, b| net.op("Add", &[a, b], |n| n));
    branches(|net, a, b| net.op("Sub", &[a, b], |n| n));
}

#[test]
fn a_sum_of_permuted_images() {
    let turned = |n: mpqc_ir::onnx::testing::NodeBuilder| n.attr_ints("perm", &[0, 1, 3, 2]);
    let network = branches(|net, a, b| {
        let a = net.op("Transpose", &[a], turned);
        net.op("Add", &[&a, b], |n| n)
    });
    assert_eq!(count(&network, |op| matches!(op, IntOp::Reorder(_))), 1);
}

#[test]
fn a_sum_that_broadcasts() {
    branches(|net, a, b| {
        let mean = net.op("GlobalAveragePool", &[b], |n| n);
        let mean = net.quant(&mean, 0.1, 0.0, 5.0, true);
        net.op("Add", &[a, &mean], |n| n)
    });
}

#[test]
fn ratios_per_channel() {
    branches(|net, a, b| {
        let gains = net.constant(&[1, 4, 1, 1], &[0.5, -0.25, 1.0, 3.0]);
        let a = net.op("Mul", &[a, &gains], |n| n);
        let b = net.quant(b, 0.25, 0.0, 4.0, true);
        let a = net.quant(&a, 0.125, 0.0, 6.0, true);
        let gains = net.constant(&[1, 4, 1, 1], &[2.0, 4.0, 0.5, 1.0]);
        let a = net.op("Mul", &[&a, &gains], |n| n);
        net.op("Add", &[&a, &b], |n| n)
    });
}

#[test]
fn concatenation_with_different_scales() {
    let network = branches(|net, a, b| net.op("Concat", &[a, b, a], |n| n.attr_int("axis", 1)));
    assert_eq!(count(&network, |op| matches!(op, IntOp::Concat)), 1);
}

#[test]
fn concatenation_in_front_of_activations() {
    branches(|net, a, b| {
        let a = net.op("Relu", &[a], |n| n);
        let b = net.op("Relu", &[b], |n| n);
        net.op("Concat", &[&a, &b], |n| n.attr_int("axis", 1))
    });
}

#[test]
fn a_product_folds_scales_of_powers_of_two() {
    let mut net = Net::new(42);
    let x = net.input("x", &[1, 2, 5, 5]);
    let a = net.quant(&x, 0.25, 3.0, 4.0, true);
    let b = net.quant(&x, 0.5, -1.0, 3.0, true);
    let c = net.bipolar(&x, 0.25);
    let joined = net.op("Concat", &[&a, &b, &c], |n| n.attr_int("axis", 1));
    let y = net.conv(&joined, &[3, 6, 3, 3], |n| n);
    check(net, &[&y], 4, &[&[1, 2, 5, 5]]);
}

#[test]
fn padding_of_different_zero_points() {
    let mut net = Net::new(43);
    let x = net.input("x", &[1, 2, 5, 5]);
    let a = net.quant(&x, 0.25, 3.0, 4.0, true);
    let b = net.quant(&x, 0.25, -1.0, 4.0, true);
    let joined = net.op("Concat", &[&a, &b], |n| n.attr_int("axis", 1));
    let y = net.conv(&joined, &[3, 4, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
    check(net, &[&y], 4, &[&[1, 2, 5, 5]]);
}
