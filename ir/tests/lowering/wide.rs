//! Products of sums without a quantizer.

use crate::check;
use crate::common::build::Net;

/// Two convolutions with `between` in between.
fn chain(between: impl Fn(&mut Net, &str) -> String) {
    let mut net = Net::new(71);
    let x = net.input("x", &[1, 2, 6, 6]);
    let q = net.quant(&x, 0.25, 0.0, 3.0, true);
    let y = net.conv(&q, &[3, 2, 3, 3], |n| n);
    let y = between(&mut net, &y);
    let out = net.conv(&y, &[2, 3, 2, 2], |n| n.attr_ints("pads", &[1, 0, 0, 1]));
    check(net, &[&out], 4, &[&[1, 2, 6, 6]]);
}

#[test]
fn sums_are_activations() {
    chain(|_, y| y.to_owned());
}

#[test]
fn activations_between_sums() {
    chain(|net, y| net.op("Relu", &[y], |n| n));
    chain(|net, y| {
        let offset = net.constant(&[1, 3, 1, 1], &[0.125, -0.25, 0.0]);
        let y = net.op("Add", &[y, &offset], |n| n);
        net.op("Relu", &[&y], |n| n)
    });
    chain(|net, y| {
        let (min, max) = (net.constant(&[], &[-0.5]), net.constant(&[], &[1.0]));
        net.op("Clip", &[y, &min, &max], |n| n)
    });
}

#[test]
fn gains_per_channel_fold() {
    chain(|net, y| {
        let gains = net.constant(&[1, 3, 1, 1], &[0.5, -2.0, 1.0]);
        let y = net.op("Mul", &[y, &gains], |n| n);
        net.op("Relu", &[&y], |n| n)
    });
}
