//! What `measure` says of designs whose cycles are known.

use mpqc_ir::design::Design;
use mpqc_ir::design::testing::{Chain, Mac};
use mpqc_ir::int_network::{PoolFunction, Window};
use mpqc_ir::number::IntType;
use mpqc_sim::Stalls;
use mpqc_sim::timing::{Timing, measure};

fn unsigned(bits: u32) -> IntType {
    IntType::quantizer(false, bits, false)
}

fn run(design: &Design, frames: u64) -> Timing {
    measure(design, frames, Stalls::None).expect("a chain moves")
}

/// Cycles per frame of the slowest block.
fn slowest(design: &Design) -> u64 {
    let blocks = design.graph.node_weights();
    blocks.map(|node| node.block.spec().cycles_per_frame()).max().expect("a design has blocks")
}

#[test]
fn a_chain_of_mac_arrays_sustains_its_slowest_block_without_bubbles() {
    for (lanes, folds) in [
        (49, [(49, 16), (8, 8), (16, 4), (8, 2)]),
        (1, [(1, 1), (1, 1), (1, 1), (1, 1)]),
        (784, [(784, 64), (64, 64), (64, 64), (64, 10)]),
        (12, [(24, 3), (7, 5), (9, 64), (64, 1)]),
        (16, [(8, 64), (64, 32), (64, 5), (3, 10)]),
    ] {
        let mut chain = Chain::new("tfc").input(unsigned(2), lanes, 784);
        for (outputs, (simd, pe)) in [64, 64, 64, 10].into_iter().zip(folds) {
            chain = chain.mac(Mac::new(outputs, simd, pe)).thresholds(unsigned(2), true);
        }
        let design = chain.finish();
        let timing = run(&design, 100);
        assert_eq!(timing.cycles_per_frame, slowest(&design), "lanes {lanes}, folds {folds:?}");
        assert!(timing.latency_cycles >= timing.cycles_per_frame);
    }
}

#[test]
fn many_vectors_a_frame_flow_as_one_stream() {
    let chain = Chain::new("pixels").vectors(50).input(unsigned(4), 3, 27);
    let chain = chain.mac(Mac::new(16, 9, 4)).scale_shift(unsigned(4), true, false).mac(Mac::new(8, 16, 1));
    let design = chain.finish();
    assert_eq!(run(&design, 20).cycles_per_frame, slowest(&design));
}

#[test]
fn one_beat_a_frame_makes_one_frame_a_cycle() {
    let design = Chain::new("ii1").input(unsigned(3), 5, 5).mac(Mac::new(4, 5, 4)).finish();
    let timing = run(&design, 1_000_000);
    assert_eq!(timing.cycles_per_frame, 1);
    assert_eq!(timing.cycles, timing.latency_cycles + 999_999);
}

#[test]
fn latency_counts_every_register() {
    // Input buffer, operands, tree (LUT products of 1 + 1 bits need no register), output buffer, and the
    // output adapter: five edges; and the cycle of the last handshake itself.
    let mac = Mac::new(1, 2, 1).weights(unsigned(1));
    let design = Chain::new("path").input(unsigned(1), 2, 2).mac(mac).finish();
    assert_eq!(run(&design, 1).latency_cycles, 6);
}

/// A convolution of four bits to four bits of an image of `size` rows.
fn convolution(chain: Chain, size: usize, kernel: usize, outputs: usize, fold: [usize; 2]) -> Chain {
    let ([pe, simd], pads) = (fold, [kernel / 2; 4]);
    let window = Window { kernel: [kernel; 2], stride: [1; 2], dilation: [1; 2], pads, value: 0, groups: 1 };
    let chain = chain.lanes(simd).window(size, window, outputs / pe, 0);
    chain.mac(Mac::new(outputs, simd, pe)).thresholds(unsigned(4), true)
}

#[test]
fn windows_that_hold_the_rows_under_the_kernel_lose_no_beat() {
    for (size, kernel, fold) in [(8, 3, [2, 2]), (8, 3, [1, 4]), (9, 5, [4, 1]), (6, 1, [2, 4])] {
        let chain = Chain::new("convolution").vectors(size * size).input(unsigned(4), 4, 4);
        let design = convolution(chain, size, kernel, 4, fold).finish();
        assert_eq!(run(&design, 10).cycles_per_frame, slowest(&design), "{size} {kernel} {fold:?}");
    }
}

#[test]
fn a_small_convolutional_network_sustains_its_slowest_layer() {
    let chain = Chain::new("network").vectors(16 * 16).input(unsigned(4), 3, 3);
    let chain = convolution(chain, 16, 3, 8, [8, 3]).pool(16, 8, [2, 2], PoolFunction::Max);
    let chain = convolution(chain, 8, 3, 16, [8, 4]).pool(8, 16, [2, 2], PoolFunction::Max);
    let design = convolution(convolution(chain, 4, 3, 16, [2, 8]), 4, 1, 4, [1, 1]).finish();
    assert_eq!(run(&design, 10).cycles_per_frame, slowest(&design));
}
