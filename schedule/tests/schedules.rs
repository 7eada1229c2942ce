//! Properties of schedules, over networks made by hand.

use mpqc_ir::design::blocks::Block;
use mpqc_ir::design::{Design, Stream};
use mpqc_ir::diagnostic::Code;
use mpqc_ir::int_network::{IntNetwork, Shape};
use mpqc_ir::number::IntType;
use mpqc_schedule::testing::{NetworkBuilder, chain};
use mpqc_schedule::{Fold, Limits, Options, Schedule, render, schedule, targets};
use proptest::prelude::*;
use std::collections::BTreeSet;

const U4: IntType = IntType { encoding: mpqc_ir::number::Encoding::Unsigned, bits: 4, min: 0, max: 15 };
const I4: IntType = IntType { encoding: mpqc_ir::number::Encoding::Signed, bits: 4, min: -8, max: 7 };

fn options(fold: Fold) -> Options {
    Options { fold, ..Options::new(targets::find("ultra96").unwrap()) }
}

fn tfc(x: IntType, w: IntType) -> IntNetwork {
    chain(1, &[784, 64, 64, 64, 10], x, w)
}

/// A dot product with a shortcut around it, and an argmax at the end.
fn residual(seed: u64, channels: usize, classes: usize) -> IntNetwork {
    let mut b = NetworkBuilder::new(seed);
    let x = b.input(U4, Shape::vector(channels));
    let y = b.dot(x, channels, I4, false);
    let y = b.requantize(y, U4, true);
    let z = b.dot(y, channels, I4, false);
    let z = b.requantize(z, U4, true);
    let sum = b.add(y, z, [1, 2]);
    let sum = b.requantize(sum, U4, true);
    let out = b.dot(sum, classes, I4, false);
    let best = b.argmax(out, 1);
    b.output(best);
    b.finish("residual net")
}

/// What a block expects of (its input streams, its output streams): lanes and beats per frame.
fn check_block(design: &Design, id: petgraph::graph::NodeIndex) {
    let node = &design.graph[id];
    let stream = |e: &petgraph::graph::EdgeIndex| &design.graph[*e];
    let (inputs, outputs) = (design.inputs_of(id), design.outputs_of(id));
    let ins: Vec<&Stream> = inputs.iter().map(stream).collect();
    let outs: Vec<&Stream> = outputs.iter().map(stream).collect();
    let same = |a: &Stream, lanes: usize, beats: usize| {
        assert_eq!((a.lanes, a.beats_per_frame()), (lanes, beats), "{} at {}", a.name, node.name);
    };
    match &node.block {
        Block::AxisInput(b) => same(outs[0], b.lanes, b.beats_per_frame),
        Block::AxisOutput(b) => same(ins[0], b.lanes, b.beats_per_frame),
        Block::WidthConverter(b) => {
            assert!(b.in_lanes.is_multiple_of(b.out_lanes) || b.out_lanes.is_multiple_of(b.in_lanes));
            assert_ne!(b.in_lanes, b.out_lanes);
            same(ins[0], b.in_lanes, b.in_beats() * b.vectors);
            same(outs[0], b.out_lanes, b.out_beats() * b.vectors);
        }
        Block::Replay(b) => {
            assert!(b.repeats >= 2 && b.capacity > b.beats);
            same(ins[0], b.lanes, b.beats * b.vectors);
            same(outs[0], b.lanes, b.beats * b.vectors * b.repeats);
        }
        Block::MacArray(b) => {
            assert_eq!(ins[0].repeats * b.groups, b.neuron_fold());
            assert_eq!((ins[0].elem, outs[0].elem), (b.x, b.acc));
            same(ins[0], b.simd, b.depth() * b.vectors);
            same(outs[0], b.pe, b.neuron_fold() * b.vectors);
            assert_eq!((ins[0].vector, ins[0].vectors), (b.inputs(), b.vectors * b.groups));
            assert_eq!((outs[0].vector, outs[0].vectors), (b.outputs(), b.vectors));
        }
        Block::Thresholds(b) => {
            assert_eq!((ins[0].elem, outs[0].elem), (b.input, b.output));
            same(ins[0], b.lanes, b.beats() * b.vectors);
            same(outs[0], b.lanes, b.beats() * b.vectors);
        }
        Block::ScaleShift(b) => {
            assert_eq!((ins[0].elem, outs[0].elem), (b.input, b.output));
            same(ins[0], b.lanes, b.beats() * b.vectors);
            same(outs[0], b.lanes, b.beats() * b.vectors);
        }
        Block::Add(b) => {
            assert_eq!([ins[0].elem, ins[1].elem], b.operands);
            assert_eq!(outs[0].elem, b.output);
            ins.iter().chain(&outs).for_each(|s| same(s, b.lanes, b.beats_per_frame));
        }
        Block::ArgMax(b) => {
            same(ins[0], b.lanes, b.beats() * b.vectors);
            same(outs[0], b.function.k, b.vectors);
        }
        Block::Fork(b) => {
            assert_eq!(outs.len(), b.ways);
            ins.iter().chain(&outs).for_each(|s| same(s, b.lanes, b.beats_per_frame));
        }
        Block::Fifo(b) => {
            assert!(b.depth >= 2);
            ins.iter().chain(&outs).for_each(|s| same(s, b.lanes, b.beats_per_frame));
        }
        Block::Pad(b) => {
            same(ins[0], b.lanes, b.input.pixels() * b.slices());
            same(outs[0], b.lanes, b.output().pixels() * b.slices());
        }
        Block::Window(b) => {
            same(ins[0], b.lanes, b.input.pixels() * b.slices());
            same(outs[0], b.lanes, b.windows() * b.beats_per_window());
        }
        Block::LineBuffer(b) => {
            same(ins[0], b.lanes, b.input.pixels() * b.slices());
            same(outs[0], b.out_lanes(), b.window.output(b.input).pixels() * b.slices());
        }
        Block::Depthwise(b) => {
            assert_eq!((ins[0].elem, outs[0].elem), (b.x, b.product.accumulator));
            same(ins[0], b.lanes, b.beats() * b.vectors);
            same(outs[0], b.lanes, b.slices() * b.vectors);
        }
        Block::Pool(b) => {
            assert_eq!((ins[0].elem, outs[0].elem), (b.elem, b.output));
            same(ins[0], b.lanes, b.pool.input.pixels() * b.slices());
            same(outs[0], b.lanes, b.pool.output().pixels() * b.slices());
        }
        Block::Concat(b) => {
            ins.iter().enumerate().for_each(|(i, s)| same(s, b.lanes, b.beats(i) * b.vectors));
            same(outs[0], b.lanes, b.all_beats() * b.vectors);
        }
        Block::Reorder(b) => {
            same(ins[0], b.lanes, b.group * b.groups);
            same(outs[0], b.lanes, b.order.len() * b.groups);
        }
    }
}

fn check_names(design: &Design) {
    let mut seen = BTreeSet::from(["clk".to_owned(), "rst".to_owned()]);
    let mut add = |name: String| {
        let mut chars = name.chars();
        assert!(chars.next().is_some_and(|c| c.is_ascii_lowercase()), "{name}");
        assert!(chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
        assert!(seen.insert(name.clone()), "{name} twice");
    };
    design.graph.node_weights().for_each(|n| add(n.name.clone()));
    for s in design.graph.edge_weights() {
        ["data", "valid", "ready"].iter().for_each(|signal| add(format!("{}_{signal}", s.name)));
        add(s.name.clone());
    }
}

fn check(s: &Schedule) {
    let design = &s.design;
    design.graph.node_indices().for_each(|id| check_block(design, id));
    check_names(design);
    for stream in design.graph.edge_weights() {
        assert!(stream.beats_per_frame() as u64 <= s.cycles_per_frame, "{}", stream.name);
    }
    let blocks = design.graph.node_weights().map(|n| n.block.spec().cycles_per_frame());
    assert_eq!(blocks.max(), Some(s.cycles_per_frame));
    s.layers.iter().for_each(|l| assert!(l.cycles >= (l.sf * l.nf * l.vectors) as u64, "{}", l.name));
}

/// Shares of the target's resources that may be used.
fn shares(s: &Schedule) -> [f64; 4] {
    let (r, t) = (&s.resources, &s.design.target.resources);
    [(r.lut, t.lut * 8 / 10), (r.ff, t.ff), (r.dsp, t.dsp), (r.bram18, t.bram18)]
        .map(|(used, all)| used as f64 / all as f64)
}

fn scarcest(s: &Schedule) -> f64 {
    shares(s).into_iter().fold(0.0, f64::max)
}

fn simulated_cycles(s: &Schedule) -> u64 {
    mpqc_sim::timing::measure(&s.design, 40, mpqc_sim::Stalls::None).unwrap().cycles_per_frame
}

/// The schedule; `None` where a frame rate or full unfolding is out of reach, which nothing else may be.
fn schedule_if_it_fits(network: &IntNetwork, options: &Options) -> Option<Schedule> {
    let result = schedule(network, options);
    if let Err(error) = &result {
        assert_eq!(error.code, Code::DoesNotFit, "{error}");
        assert!(options.fps.is_some() || options.fold == Fold::Max, "{error}");
    }
    result.ok()
}

fn small_types() -> impl Strategy<Value = (IntType, IntType)> {
    let quantizer = |signed: bool| (1u32..=8).prop_map(move |bits| IntType::quantizer(signed, bits, false));
    prop_oneof![
        1 => Just((IntType::BIPOLAR, IntType::BIPOLAR)),
        4 => (any::<bool>().prop_flat_map(quantizer), (2u32..=8).prop_map(|b| IntType::quantizer(true, b, true))),
    ]
}

fn asked() -> impl Strategy<Value = Options> {
    let fps = |exponent: f64| Options { fps: Some(10f64.powf(exponent)), ..options(Fold::Auto) };
    prop_oneof![
        1 => Just(options(Fold::Max)),
        1 => Just(options(Fold::Min)),
        1 => Just(options(Fold::Auto)),
        5 => (5.0..8.0f64).prop_map(fps),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chains_keep_the_contract_and_their_rate(
        seed in any::<u64>(),
        widths in prop::collection::vec(1usize..40, 2..5),
        (x, w) in small_types(),
        options in asked(),
    ) {
        let Some(s) = schedule_if_it_fits(&chain(seed, &widths, x, w), &options) else { return Ok(()) };
        check(&s);
        prop_assert!(s.fps >= options.fps.unwrap_or(0.0));
        prop_assert_eq!(simulated_cycles(&s), s.cycles_per_frame);
    }

    #[test]
    fn shortcuts_neither_deadlock_nor_slow(
        seed in any::<u64>(), channels in 2usize..30, classes in 2usize..14, options in asked(),
    ) {
        let network = residual(seed, channels, classes);
        let Some(s) = schedule_if_it_fits(&network, &options) else { return Ok(()) };
        check(&s);
        prop_assert_eq!(simulated_cycles(&s), s.cycles_per_frame);
    }

    #[test]
    fn pixels_are_vectors_until_a_matrix_spans_the_frame(
        seed in any::<u64>(),
        (height, width) in (1usize..4, 1usize..4),
        (channels, features, outputs) in (1usize..7, 1usize..9, 1usize..12),
        options in asked(),
    ) {
        let mut b = NetworkBuilder::new(seed);
        let x = b.input(U4, Shape { height, width, channels });
        let y = b.dot(x, features, I4, false);
        let y = b.requantize(y, U4, true);
        let z = b.dot(y, outputs, I4, true);
        b.output(z);
        let Some(s) = schedule_if_it_fits(&b.finish("pixels"), &options) else { return Ok(()) };
        check(&s);
        prop_assert_eq!(simulated_cycles(&s), s.cycles_per_frame);
    }
}

#[test]
fn more_fold_is_more_cycles() {
    for seed in 0..4 {
        let network = chain(seed, &[20, 16, 12, 5], U4, I4);
        let cycles = |fold| schedule(&network, &options(fold)).unwrap().cycles_per_frame;
        let (max, auto, min) = (cycles(Fold::Max), cycles(Fold::Auto), cycles(Fold::Min));
        assert_eq!((max, min), (1, 320));
        assert!(max <= auto && auto <= min);
    }
}

#[test]
fn a_larger_device_is_never_slower() {
    let network = tfc(U4, I4);
    let cycles = |target: &str| {
        let target = targets::find(target).unwrap();
        schedule(&network, &Options::new(target)).unwrap().cycles_per_frame
    };
    let all = ["ecp5-25k", "pynq-z2", "ultra96", "kv260", "zcu104"].map(cycles);
    assert!(all.is_sorted_by(|a, b| a >= b), "{all:?}");
    assert!(all[0] > all[4]);
}

#[test]
fn a_higher_frame_rate_never_costs_less() {
    for (x, w) in [(IntType::BIPOLAR, IntType::BIPOLAR), (U4, I4)] {
        let network = tfc(x, w);
        let cost = |fps: f64| {
            let s = schedule(&network, &Options { fps: Some(fps), ..options(Fold::Auto) }).unwrap();
            check(&s);
            assert!(s.fps >= fps);
            scarcest(&s) + 0.02 * shares(&s).iter().sum::<f64>()
        };
        let costs: Vec<f64> = (0..12).map(|i| cost(1e3 * f64::from(1 << i))).collect();
        assert!(costs.is_sorted(), "{costs:?}");
        assert!(costs[0] < costs[11] / 2.0, "{costs:?}");
    }
}

#[test]
fn a_schedule_fits_and_repeats() {
    let network = tfc(U4, I4);
    let (a, b) = (schedule(&network, &options(Fold::Auto)), schedule(&network, &options(Fold::Auto)));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert!(scarcest(&a) <= 1.0);
    assert_eq!(serde_json::to_string(&a).unwrap(), serde_json::to_string(&b).unwrap());
}

#[test]
fn a_network_too_large_says_by_how_much_and_what_to_do() {
    let error = schedule(&tfc(U4, I4), &options(Fold::Max)).unwrap_err();
    assert_eq!(error.code, Code::DoesNotFit);
    assert!(error.reason.contains("of 56448 usable LUT"), "{}", error.reason);
    assert!(error.help.contains("--fold auto"), "{}", error.help);
    let error = schedule(&tfc(U4, I4), &Options { fps: Some(2e8), ..options(Fold::Auto) }).unwrap_err();
    assert_eq!(error.code, Code::DoesNotFit);
    assert!(error.reason.contains("leave 1 cycles per frame"), "{}", error.reason);
}

#[test]
fn options_out_of_range_are_refused() {
    let network = chain(1, &[4, 4], U4, I4);
    for bad in [
        Options { fps: Some(0.0), ..options(Fold::Auto) },
        Options { fps: Some(f64::NAN), ..options(Fold::Auto) },
        Options { clock_mhz: Some(-1.0), ..options(Fold::Auto) },
        Options { limits: Limits { fill: Some(1.5), ..Limits::default() }, ..options(Fold::Auto) },
    ] {
        assert_eq!(schedule(&network, &bad).unwrap_err().code, Code::BadValue);
    }
}

#[test]
fn the_table_and_the_graph_name_every_layer() {
    let s = schedule(&residual(3, 12, 5), &options(Fold::Min)).unwrap();
    let (table, dot) = (render::table(&s), render::dot(&s.design));
    for layer in &s.layers {
        assert!(table.contains(&layer.name) && dot.contains(&layer.name));
    }
    assert!(table.contains("144 cycles per frame"), "{table}");
}
