//! Every operator over images, lowered: the integers mean what the reference executor computes.

mod common;

use common::build::Net;
use common::{Random, assert_equal, lowered};
use mpqc_ir::import::Options;
use mpqc_ir::int_network::{IntNetwork, IntOp};

/// The outputs of rank `rank` of a network with inputs of the given shapes agree on random frames.
fn check(net: Net, outputs: &[&str], rank: usize, inputs: &[&[usize]]) -> IntNetwork {
    let (network, integers) = lowered(&net.finish(outputs, rank), &Options::default());
    let mut random = Random(99);
    let frame = |random: &mut Random| inputs.iter().map(|shape| random.tensor(shape, -2.0, 2.0)).collect();
    let frames: Vec<_> = (0..4).map(|_| frame(&mut random)).collect();
    assert_equal(&network, &integers, &frames);
    integers
}

/// How many operators of a kind there are.
fn count(network: &IntNetwork, kind: fn(&IntOp) -> bool) -> usize {
    network.graph.node_weights().filter(|n| kind(&n.op)).count()
}

mod lowering {
    mod averages;
    mod convolutions;
    mod joins;
    mod max_pools;
    mod movements;
    mod random;
    mod transposed;
    mod wide;
}
