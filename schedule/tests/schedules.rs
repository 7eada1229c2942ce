//! Properties of schedules, over networks made by hand.

use mpqc_ir::design::blocks::Block;
use mpqc_ir::design::{Design, Stream};
use mpqc_ir::int_network::{IntNetwork, Shape};
use mpqc_ir::number::IntType;
use mpqc_schedule::testing::{NetworkBuilder, chain};
use mpqc_schedule::{Fold, Options, Schedule, render, schedule, targets};
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
            assert_eq!(ins[0].repeats, b.neuron_fold());
            assert_eq!((ins[0].elem, outs[0].elem), (b.x, b.acc));
            same(ins[0], b.simd, b.depth() * b.vectors);
            same(outs[0], b.pe, b.neuron_fold() * b.vectors);
            assert_eq!((ins[0].vector, outs[0].vector), (b.inputs(), b.outputs()));
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
    let cycles = design.graph.node_weights().map(|n| n.block.spec().cycles_per_frame()).max();
    assert_eq!(cycles, Some(s.cycles_per_frame));
    s.layers.iter().for_each(|l| assert_eq!(l.cycles, (l.sf * l.nf) as u64, "{}", l.name));
}

fn scarcest(s: &Schedule) -> f64 {
    let (r, t) = (&s.resources, &s.design.target.resources);
    [(r.lut, t.lut * 8 / 10), (r.ff, t.ff), (r.dsp, t.dsp), (r.bram18, t.bram18)]
        .into_iter()
        .map(|(used, all)| used as f64 / all as f64)
        .fold(0.0, f64::max)
}

#[test]
fn look() {
    for (x, w) in [(IntType::BIPOLAR, IntType::BIPOLAR), (U4, I4)] {
        let s = schedule(&tfc(x, w), &options(Fold::Auto)).unwrap();
        println!("{}", render::table(&s));
        println!("{}", render::blocks(&s.design));
        check(&s);
    }
    let s = schedule(&residual(1, 24, 10), &options(Fold::Min)).unwrap();
    println!("{}", render::table(&s));
    println!("{}", render::blocks(&s.design));
    println!("{}", render::dot(&s.design));
    check(&s);
}
