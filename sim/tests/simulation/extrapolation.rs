//! A measurement that extrapolates says what stepping every cycle says.

use crate::designs::plan;
use crate::images::image;
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::{Chain, Mac};
use mpqc_ir::number::IntType;
use mpqc_sim::Stalls;
use mpqc_sim::timing::{Engine, Timing, measure};
use proptest::prelude::*;

/// Cycles in which something happened, counted one by one.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    cycles: u64,
    /// Cycles in which frames completed.
    completions: Vec<u64>,
    /// Beats, stalled and starved cycles of every stream.
    streams: Vec<(u64, u64, u64)>,
}

fn count(design: &Design, frames: u64, stalls: Stalls) -> Counts {
    let mut engine = Engine::new(design, stalls, frames);
    let mut counts = Counts { streams: vec![(0, 0, 0); design.graph.edge_count()], ..Counts::default() };
    while !engine.done() {
        assert!(engine.cycle() < 1_000_000, "a chain never ends");
        for (s, (beats, stalled, starved)) in design.graph.edge_indices().zip(&mut counts.streams) {
            match (engine.valid(s), engine.ready(s)) {
                (true, true) => *beats += 1,
                (true, false) => *stalled += 1,
                (false, true) => *starved += 1,
                (false, false) => {}
            }
        }
        engine.advance();
        counts.cycles += 1;
        let beats = |(port, node)| {
            let stream: petgraph::graph::EdgeIndex = design.inputs_of(node)[0];
            engine.output_beat(port) / design.graph[stream].beats_per_frame() as u64
        };
        let completed = design.outputs.iter().copied().enumerate().map(beats).min().unwrap_or(0);
        if completed > counts.completions.len() as u64 {
            counts.completions.push(engine.cycle());
        }
    }
    counts
}

fn measured(timing: &Timing) -> (u64, Vec<(u64, u64, u64)>) {
    (timing.cycles, timing.streams.iter().map(|s| (s.beats, s.stalled, s.starved)).collect())
}

fn run(design: &Design, frames: u64, stalls: Stalls) -> Timing {
    measure(design, frames, stalls).expect("a chain moves")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn extrapolation_equals_stepping(plan in plan(), frames in 1u64..60) {
        let design = plan.build();
        let counts = count(&design, frames, Stalls::None);
        let timing = run(&design, frames, Stalls::None);
        prop_assert_eq!(measured(&timing), (counts.cycles, counts.streams));
        prop_assert_eq!(timing.latency_cycles, counts.completions[0]);
    }

    #[test]
    fn extrapolation_of_images_equals_stepping(plan in image(), frames in 1u64..20) {
        let design = plan.build();
        let counts = count(&design, frames, Stalls::None);
        prop_assert_eq!(measured(&run(&design, frames, Stalls::None)), (counts.cycles, counts.streams));
    }

    #[test]
    fn cycles_per_frame_is_the_distance_in_a_long_run(plan in plan()) {
        let design = plan.build();
        let completions = count(&design, 60, Stalls::None).completions;
        let distances: Vec<u64> = completions.windows(2).map(|w| w[1] - w[0]).collect();
        // The last frames run with no more input behind them.
        let late = &distances[20..40];
        let mean = late.iter().sum::<u64>().div_ceil(late.len() as u64);
        prop_assume!(late.iter().all(|distance| distance == &late[0]));
        prop_assert_eq!(run(&design, 2, Stalls::None).cycles_per_frame, mean);
        prop_assert_eq!(run(&design, 60, Stalls::None).cycles_per_frame, mean);
    }

    #[test]
    fn random_stalls_are_counted_cycle_by_cycle(plan in plan(), seed: u64) {
        let (design, stalls) = (plan.build(), Stalls::Random { seed });
        let counts = count(&design, 5, stalls);
        prop_assert_eq!(measured(&run(&design, 5, stalls)), (counts.cycles, counts.streams));
    }
}

#[test]
fn a_billion_frames_take_no_time_and_fill_the_fifo() {
    let u4 = IntType::quantizer(false, 4, false);
    let chain = Chain::new("long").input(u4, 4, 16).fifo(40).mac(Mac::new(8, 4, 1)).thresholds(u4, true);
    let timing = run(&chain.finish(), 1_000_000_000, Stalls::None);
    assert_eq!(timing.cycles_per_frame, 32);
    assert_eq!(timing.cycles, timing.latency_cycles + 32 * 999_999_999);
    let fifo = timing.fifos.iter().find(|fifo| fifo.name.starts_with("fifo")).expect("there is a FIFO");
    assert_eq!((fifo.capacity, fifo.high_water), (40, 40));
    let mac = timing.blocks.iter().find(|block| block.kind == "mac_array").expect("there is a MAC array");
    assert_eq!(mac.busy, 32 * 1_000_000_000);
}
