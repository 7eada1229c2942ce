//! Rearrangements: positions, and one reordering where a consumer needs its own layout.

use crate::common::build::Net;
use crate::{check, count};
use mpqc_ir::int_network::{IntNetwork, IntOp};

/// `movement` between two convolutions; the second has kernels 2×2 over `channels`.
fn between(channels: i64, movement: impl Fn(&mut Net, &str) -> String) -> IntNetwork {
    let mut net = Net::new(51);
    let x = net.input("x", &[1, 3, 6, 8]);
    let q = net.quant(&x, 0.25, 0.0, 4.0, true);
    let y = net.conv(&q, &[8, 3, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
    let z = net.quant(&y, 0.25, 1.0, 4.0, true);
    let moved = movement(&mut net, &z);
    let out = net.conv(&moved, &[2, channels, 2, 2], |n| n);
    check(net, &[&out], 4, &[&[1, 3, 6, 8]])
}

fn reorders(network: &IntNetwork) -> usize {
    count(network, |op| matches!(op, IntOp::Reorder(_)))
}

#[test]
fn nearest_enlargement_repeats_positions() {
    let network = between(8, |net, z| {
        let (roi, scales) = (net.constant(&[0], &[]), net.constant(&[4], &[1.0, 1.0, 2.0, 3.0]));
        net.op("Resize", &[z, &roi, &scales], |n| {
            n.attr_string("mode", "nearest")
                .attr_string("coordinate_transformation_mode", "asymmetric")
                .attr_string("nearest_mode", "floor")
        })
    });
    assert_eq!(reorders(&network), 1);
}

#[test]
fn blocks() {
    between(32, |net, z| net.op("SpaceToDepth", &[z], |n| n.attr_int("blocksize", 2)));
    between(2, |net, z| net.op("DepthToSpace", &[z], |n| n.attr_int("blocksize", 2)));
    between(2, |net, z| {
        net.op("DepthToSpace", &[z], |n| n.attr_int("blocksize", 2).attr_string("mode", "CRD"))
    });
}

#[test]
fn splits_and_slices() {
    between(5, |net, z| {
        let lengths = net.integers(&[5, 3]);
        net.split("Split", &[z, &lengths], 2, 1).swap_remove(0)
    });
    between(3, |net, z| {
        let lengths = net.integers(&[5, 3]);
        net.split("Split", &[z, &lengths], 2, 1).swap_remove(1)
    });
}

#[test]
fn products_of_a_small_part_of_a_frame() {
    let mut net = Net::new(54);
    let x = net.input("x", &[1, 6, 3, 3]);
    let q = net.quant(&x, 0.25, 1.0, 4.0, true);
    let lengths = net.integers(&[2, 3, 1]);
    let parts = net.split("Split", &[&q, &lengths], 3, 1);
    let flat = [net.op("Flatten", &[&parts[0]], |n| n), net.op("Flatten", &[&parts[1]], |n| n)];
    let weights = [net.weights(&[18, 2], 4), net.weights(&[27, 2], 4)];
    let outs = [0, 1].map(|i| net.op("MatMul", &[&flat[i], &weights[i]], |n| n));
    let network = check(net, &[&outs[0], &outs[1]], 2, &[&[1, 6, 3, 3]]);
    assert_eq!(reorders(&network), 1);
}

#[test]
fn shuffled_channels() {
    between(8, |net, z| {
        let shape = net.integers(&[1, 2, 4, 6, 8]);
        let apart = net.op("Reshape", &[z, &shape], |n| n);
        let turned = net.op("Transpose", &[&apart], |n| n.attr_ints("perm", &[0, 2, 1, 3, 4]));
        let shape = net.integers(&[1, 8, 6, 8]);
        net.op("Reshape", &[&turned, &shape], |n| n)
    });
}

#[test]
fn transposes_that_cancel_cost_nothing() {
    let network = between(8, |net, z| {
        let last = net.op("Transpose", &[z], |n| n.attr_ints("perm", &[0, 2, 3, 1]));
        let q = net.quant(&last, 0.5, 0.0, 3.0, true);
        net.op("Transpose", &[&q], |n| n.attr_ints("perm", &[0, 3, 1, 2]))
    });
    assert_eq!(reorders(&network), 0);
}

#[test]
fn constant_padding() {
    let network = between(8, |net, z| {
        let (pads, value) = (net.integers(&[0, 0, 1, 1, 0, 0, 0, 1]), net.constant(&[], &[0.0]));
        net.op("Pad", &[z, &pads, &value], |n| n)
    });
    assert_eq!(count(&network, |op| matches!(op, IntOp::Pad(_))), 0, "the window pads");
    between(8, |net, z| {
        let (pads, value) = (net.integers(&[0, 0, 2, 1, 0, 0, 0, 1]), net.constant(&[], &[0.75]));
        net.op("Pad", &[z, &pads, &value], |n| n)
    });
}

#[test]
fn per_pixel_products_of_channels_last() {
    let mut net = Net::new(52);
    let x = net.input("x", &[1, 4, 5, 3]);
    let q = net.quant(&x, 0.25, 0.0, 4.0, true);
    let w = net.weights(&[3, 6], 4);
    let y = net.op("MatMul", &[&q, &w], |n| n);
    let network = check(net, &[&y], 4, &[&[1, 4, 5, 3]]);
    assert_eq!(reorders(&network), 0);
}

#[test]
fn per_pixel_products_of_channels_first() {
    let mut net = Net::new(53);
    let x = net.input("x", &[1, 4, 5, 3]);
    let q = net.quant(&x, 0.25, 0.0, 4.0, true);
    let y = net.conv(&q, &[4, 4, 1, 1], |n| n);
    let z = net.quant(&y, 0.25, 0.0, 4.0, true);
    let w = net.weights(&[3, 6], 4);
    let out = net.op("MatMul", &[&z, &w], |n| n);
    let network = check(net, &[&out], 4, &[&[1, 4, 5, 3]]);
    assert_eq!(reorders(&network), 1);
}
