//! Engine and evaluator, joined, against the naive model with data inside, in every cycle.

use crate::designs::{frames, plan};
use crate::images::image;
use crate::naive::{Beat, Naive};
use mpqc_ir::design::{Design, Stream};
use mpqc_sim::Stalls;
use mpqc_sim::function::Evaluator;
use mpqc_sim::timing::Engine;
use proptest::prelude::*;

/// Elements of a beat of a run whose frames are `elements`.
fn beat_of<'a>(stream: &Stream, beat: u64, elements: impl Fn(usize) -> &'a [i64]) -> Beat {
    let (frame, beat) = (beat as usize / stream.beats_per_frame(), beat as usize % stream.beats_per_frame());
    let vector = beat / (stream.beats_per_vector() * stream.repeats);
    let start = beat % stream.beats_per_vector() * stream.lanes;
    let end = (start + stream.lanes).min(stream.vector);
    elements(frame)[vector * stream.vector..][start..end].to_vec()
}

/// Runs both, and compares valid, ready and the data of every stream in every cycle, until all beats of
/// all frames have left every output.
fn lockstep(design: &Design, stalls: Stalls, count: usize, seed: u64) -> Result<(), TestCaseError> {
    // One frame more than is sent: paddings that come first in it flow before its first beat would.
    let inputs = frames(design, count + 1, seed);
    let evaluator = Evaluator::new(design);
    let data: Vec<_> = inputs.iter().map(|frame| evaluator.frame(frame)).collect();
    let mut engine = Engine::new(design, stalls, count as u64);
    let mut naive = Naive::new(design);
    let ports = 0..design.inputs.len();
    while !engine.done() {
        prop_assert!(engine.cycle() < 200_000, "a chain never ends");
        for s in design.graph.edge_indices() {
            let (stream, cycle) = (&design.graph[s], engine.cycle());
            let offer = naive.offer(s);
            prop_assert_eq!(engine.valid(s), offer.is_some(), "valid of {} in cycle {}", &stream.name, cycle);
            prop_assert_eq!(engine.ready(s), naive.ready(s), "ready of {} in cycle {}", &stream.name, cycle);
            let expected = offer.map(|_| beat_of(stream, engine.beat(s), |frame| data[frame].stream(s)));
            prop_assert_eq!(expected.as_ref(), offer, "data of {} in cycle {}", &stream.name, cycle);
        }
        let offers: Vec<_> = ports.clone().map(|port| offer(design, &engine, &inputs, port)).collect();
        ports.clone().for_each(|port| assert_eq!(engine.input_ready(port), naive.input_ready(port)));
        for port in 0..design.outputs.len() {
            prop_assert_eq!(engine.output_valid(port), naive.output(port).is_some());
            let stream = &design.graph[design.inputs_of(design.outputs[port])[0]];
            let beat = |_: &Beat| beat_of(stream, engine.output_beat(port), |frame| data[frame].output(port));
            prop_assert_eq!(naive.output(port).map(beat), naive.output(port).cloned());
        }
        let sinks: Vec<_> = (0..design.outputs.len()).map(|port| engine.output_ready(port)).collect();
        naive.edge(&offers, &sinks);
        let waiting = |port: usize| engine.input_valid(port) && !engine.input_ready(port);
        let held: Vec<_> = ports.clone().filter(|port| waiting(*port)).collect();
        engine.advance();
        prop_assert!(held.iter().all(|port| engine.input_valid(*port)), "an offer is withdrawn");
    }
    Ok(())
}

/// What a source offers.
fn offer(design: &Design, engine: &Engine, inputs: &[Vec<Vec<i64>>], port: usize) -> Option<Beat> {
    let stream = &design.graph[design.outputs_of(design.inputs[port])[0]];
    let beat = || beat_of(stream, engine.input_beat(port), |frame| &inputs[frame][port]);
    engine.input_valid(port).then(beat)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_stream_matches_the_naive_model_without_stalls(plan in plan(), seed: u64) {
        lockstep(&plan.build(), Stalls::None, 4, seed)?;
    }

    #[test]
    fn every_stream_matches_the_naive_model_with_random_stalls(plan in plan(), seed: u64) {
        lockstep(&plan.build(), Stalls::Random { seed }, 3, seed)?;
    }

    #[test]
    fn images_match_the_naive_model_without_stalls(plan in image(), seed: u64) {
        lockstep(&plan.build(), Stalls::None, 3, seed)?;
    }

    #[test]
    fn images_match_the_naive_model_with_random_stalls(plan in image(), seed: u64) {
        lockstep(&plan.build(), Stalls::Random { seed }, 2, seed)?;
    }
}
