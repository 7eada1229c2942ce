//! Memories as small as can be, and not smaller.

use crate::images::image;
use mpqc_ir::design::testing::{Chain, Mac};
use mpqc_ir::design::{Block, Design};
use mpqc_ir::int_network::Window;
use mpqc_ir::number::IntType;
use mpqc_sim::Stalls;
use mpqc_sim::sizing::{apply, fifo_depths, window_capacities};
use mpqc_sim::timing::{Timing, measure};
use petgraph::graph::NodeIndex;
use proptest::prelude::*;

fn kernel(size: usize) -> Window {
    let pads = [size / 2; 4];
    Window { kernel: [size; 2], stride: [1; 2], dilation: [1; 2], pads, value: 0, groups: 1 }
}

/// A residual connection around a convolution of a square image, with FIFOs of two beats.
fn residual(size: usize, channels: usize, pe: usize, simd: usize) -> Design {
    let u4 = IntType::quantizer(false, 4, false);
    let chain = Chain::new("residual").vectors(size * size).input(u4, pe, channels).fifo(2);
    let chain = chain.fork(2).swap().fifo(2).swap().lanes(simd).window(size, kernel(3), channels / pe, 0);
    chain.mac(Mac::new(channels, simd, pe)).thresholds(u4, true).add([1, 1]).fifo(2).finish()
}

fn with(design: &Design, sizes: &[(NodeIndex, usize)]) -> Design {
    let mut design = design.clone();
    apply(&mut design, sizes);
    design
}

fn run(design: &Design) -> Option<Timing> {
    measure(design, 3, Stalls::None).ok()
}

/// As fast as with very deep FIFOs, and slower (or stuck) with any of them one beat lower.
fn is_smallest(design: &Design) -> Result<(), TestCaseError> {
    let depths = fifo_depths(design).expect("with deep FIFOs it moves");
    let deep: Vec<_> = depths.iter().map(|(node, _)| (*node, 3000)).collect();
    let best = run(&with(design, &deep)).expect("with deep FIFOs it moves").cycles_per_frame;
    let timing = run(&with(design, &depths)).expect("it moves");
    prop_assert_eq!((timing.frames, timing.cycles_per_frame), (3, best));
    for (i, (_, depth)) in depths.iter().enumerate().filter(|(_, (_, depth))| *depth > 2) {
        let mut lower = depths.clone();
        lower[i].1 = depth - 1;
        let slower = run(&with(design, &lower)).is_none_or(|t| t.cycles_per_frame > best);
        prop_assert!(slower, "{:?} is enough", lower);
    }
    Ok(())
}

#[test]
fn a_bypass_holds_what_the_window_delays() -> Result<(), TestCaseError> {
    for (size, channels, pe, simd) in [(8, 4, 2, 2), (5, 6, 6, 3), (6, 4, 1, 4)] {
        let design = residual(size, channels, pe, simd);
        is_smallest(&design)?;
        let depths = fifo_depths(&design).expect("with deep FIFOs it moves");
        // Before and behind the fork and join, a FIFO is of no use; a row and a pixel wait beside the window.
        assert_eq!((depths[0].1, depths[2].1), (2, 2));
        assert!(depths[1].1 >= (size + 1) * channels / pe - 2, "{depths:?}");
    }
    Ok(())
}

#[test]
fn what_no_fifo_helps_is_stuck() {
    let u4 = IntType::quantizer(false, 4, false);
    let design = Chain::new("stuck").input(u4, 1, 16).fifo(2).fork(2).mac(Mac::new(16, 1, 1)).add([1, 1]);
    assert!(fifo_depths(&design.finish()).is_err());
}

#[test]
fn windows_hold_what_the_rate_needs() {
    let u4 = IntType::quantizer(false, 4, false);
    for (size, repeats) in [(6, 1), (6, 4), (9, 2)] {
        let chain = Chain::new("window").vectors(size * size).input(u4, 2, 4);
        let design = chain.window(size, kernel(3), repeats, 0).mac(Mac::new(4, 2, 4 / repeats)).finish();
        let capacities = window_capacities(&design).expect("with large rings it moves");
        let [(node, words)] = capacities[..] else { panic!("there is one window") };
        let cycles = |words: usize| run(&with(&design, &[(node, words)])).map(|t| t.cycles_per_frame);
        let Block::Window(window) = &design.graph[node].block else { panic!("it is a window") };
        assert_eq!(cycles(words), cycles(2 * window.frame_words()), "{words}");
        assert!(cycles(words - 1).is_none_or(|slower| Some(slower) > cycles(words)), "{words}");
        assert!(words <= window.exact_capacity(), "exact capacity loses no beat: {words}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn fifos_of_random_images_are_smallest(plan in image()) {
        is_smallest(&plan.build())?;
    }
}
