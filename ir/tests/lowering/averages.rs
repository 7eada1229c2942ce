//! Averages.

use crate::common::build::Net;
use crate::{check, count};
use mpqc_ir::int_network::{IntNetwork, IntOp};

/// An average over 6×6 pixels of QDQ codes with a zero point.
fn average(operator: &str, ints: &[(&str, &[i64])], include: i64, rank: usize) -> IntNetwork {
    let mut net = Net::new(31);
    let x = net.input("x", &[1, 3, 6, 6]);
    let q = net.qdq(&x, 0.02, 17);
    let y = net.op(operator, &[&q], |n| {
        let n = if include == 1 { n.attr_int("count_include_pad", 1) } else { n };
        let n = if rank == 2 { n.attr_int("keepdims", 0) } else { n };
        ints.iter().fold(n, |n, (name, values)| n.attr_ints(name, values))
    });
    let z = net.qdq(&y, 0.015, -5);
    check(net, &[&z], rank, &[&[1, 3, 6, 6]])
}

#[test]
fn windows() {
    average("AveragePool", &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])], 0, 4);
    average("AveragePool", &[("kernel_shape", &[3, 2]), ("strides", &[1, 2])], 0, 4);
}

#[test]
fn padding_counts() {
    let pads = ("pads", [1, 1, 1, 1].as_slice());
    average("AveragePool", &[("kernel_shape", &[3, 3]), ("strides", &[1, 1]), pads], 1, 4);
}

#[test]
fn whole_images() {
    average("GlobalAveragePool", &[], 0, 4);
    average("ReduceMean", &[("axes", &[2, 3])], 0, 2);
    average("ReduceMean", &[("axes", &[2])], 0, 4);
    average("ReduceMean", &[("axes", &[1, 2])], 0, 4);
}

#[test]
fn channels_last() {
    let mut net = Net::new(32);
    let x = net.input("x", &[1, 6, 6, 3]);
    let q = net.qdq(&x, 0.02, 17);
    let first = net.op("Transpose", &[&q], |n| n.attr_ints("perm", &[0, 3, 1, 2]));
    let y = net.conv(&first, &[4, 3, 3, 3], |n| n);
    let last = net.op("Transpose", &[&y], |n| n.attr_ints("perm", &[0, 2, 3, 1]));
    let z = net.qdq(&last, 0.1, 3);
    let mean = net.op("ReduceMean", &[&z], |n| n.attr_ints("axes", &[1, 2]).attr_int("keepdims", 0));
    let w = net.weights(&[4, 5], 4);
    let q = net.qdq(&mean, 0.05, 0);
    let out = net.op("MatMul", &[&q, &w], |n| n);
    let network = check(net, &[&out], 2, &[&[1, 6, 6, 3]]);
    assert_eq!(count(&network, |op| matches!(op, IntOp::Reorder(_))), 0);
}
