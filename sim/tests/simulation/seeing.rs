//! Waves, their comparison, and profiles.

use crate::designs::frames;
use mpqc_ir::design::Design;
use mpqc_ir::design::testing::{Chain, Mac};
use mpqc_ir::number::IntType;
use mpqc_sim::Stalls;
use mpqc_sim::timing::{Engine, Profile, measure};
use mpqc_sim::trace::{Trace, Waves, diff};
use std::path::Path;
use wellen::simple;

/// Two arrays with a FIFO between them; the second is four times as slow.
fn design() -> Design {
    let u2 = IntType::quantizer(false, 2, false);
    let chain = Chain::new("seen").vectors(6).input(u2, 4, 8);
    let chain = chain.mac(Mac::new(4, 4, 4)).thresholds(u2, true).fifo(3).lanes(1);
    chain.mac(Mac::new(4, 1, 2)).finish()
}

fn waves(path: &Path, design: &Design, stalls: Stalls, seed: u64, window: [u64; 2]) {
    let frames = frames(design, 3, seed);
    let mut engine = Engine::new(design, stalls, 3);
    (0..window[0]).for_each(|_| engine.advance());
    let mut trace = Trace::new(design, engine, &frames);
    let mut waves = Waves::create(path, design, trace.watches(), window[0]).expect("a file");
    while trace.engine.cycle() <= window[1] {
        waves.record(trace.engine.cycle(), trace.beats()).expect("written");
        trace.advance();
    }
    waves.finish().expect("written");
}

/// Read back by the library of Surfer: every wire of every stream in every cycle is the engine's.
#[test]
fn waves_read_back_are_the_engine() {
    let (folder, design) = (tempfile::tempdir().expect("a folder"), design());
    let path = folder.path().join("a.fst");
    let stalls = Stalls::Random { seed: 5 };
    waves(&path, &design, stalls, 1, [20, 120]);
    let mut read = simple::read(&path).expect("readable");
    let times = read.time_table().to_vec();
    let mut compared = 0;
    for s in design.graph.edge_indices() {
        let stream = design.graph[s].name.clone();
        for wire in ["valid", "ready"] {
            let hierarchy = read.hierarchy();
            let end = format!(".{stream}.{wire}");
            let named = |var: &wellen::VarRef| hierarchy[*var].full_name(hierarchy).ends_with(&end);
            let var = hierarchy.all_vars().find(named).expect("every stream is there");
            let signal = hierarchy[var].signal_ref();
            read.load_signals(&[signal]);
            let changes: Vec<(u64, String)> = read
                .get_signal(signal)
                .expect("loaded")
                .iter_changes()
                .map(|(time, value)| (times[time as usize] / 10, value.to_bit_string().expect("bits")))
                .collect();
            let mut engine = Engine::new(&design, stalls, 3);
            for cycle in 0..=120 {
                let now = if wire == "valid" { engine.valid(s) } else { engine.ready(s) };
                if cycle >= 20 {
                    let last = changes.iter().rfind(|(change, _)| *change <= cycle).expect("a value");
                    assert_eq!(last.1 == "1", now, "{stream}.{wire} in cycle {cycle}");
                    compared += 1;
                }
                engine.advance();
            }
        }
    }
    assert_eq!(compared, design.graph.edge_count() * 2 * 101);
}

#[test]
fn equal_waves_are_equal_and_the_first_difference_is_named() {
    let (folder, mut design) = (tempfile::tempdir().expect("a folder"), design());
    let array = design.graph.node_indices().find(|id| design.graph[*id].block.kind() == "mac_array");
    design.graph[array.expect("an array")].origin = vec!["/layer.1/Conv".into()];
    let path = |name: &str| folder.path().join(name);
    waves(&path("a"), &design, Stalls::None, 1, [0, 150]);
    waves(&path("b"), &design, Stalls::None, 1, [30, 90]);
    let same = diff(&path("a"), &path("b")).expect("related");
    assert_eq!((same.difference, same.cycles), (None, [30, 90]));
    waves(&path("c"), &design, Stalls::None, 2, [0, 150]);
    let difference = diff(&path("a"), &path("c")).expect("related").difference.expect("other data");
    assert_eq!((difference.stream.as_str(), difference.wire.as_str()), ("s_axis", "data"));
    waves(&path("d"), &design, Stalls::Random { seed: 2 }, 1, [0, 150]);
    let difference = diff(&path("a"), &path("d")).expect("related").difference.expect("other handshakes");
    assert_ne!(difference.wire, "data");
    assert!(diff(&path("a"), &path("none")).is_err());
}

#[test]
fn a_profile_names_the_slow_array_and_the_full_fifo() {
    let design = design();
    let steady = measure(&design, 100, Stalls::None).expect("it moves");
    let profile = Profile::new(&design, &steady, 50);
    assert_eq!(profile.cycles, steady.latency_cycles);
    let slow = design.topological().into_iter().rfind(|id| design.graph[*id].block.kind() == "mac_array");
    let slow = &design.graph[slow.expect("an array")].name;
    assert_eq!(&profile.critical, std::slice::from_ref(slow), "it needs all cycles between frames");
    let fifo = profile.full.iter().find(|full| full.capacity == 3).expect("the FIFO runs full");
    assert!(fifo.cycles > 0 && fifo.longest[1] - fifo.longest[0] < fifo.cycles);
    for (lane, block) in
        profile.lanes.iter().zip(&measure(&design, 1, Stalls::None).expect("it moves").blocks)
    {
        let busy: u64 = lane.busy.iter().map(|n| u64::from(*n)).sum();
        assert_eq!((&lane.name, busy), (&block.name, block.busy), "all of a frame's beats are somewhere");
    }
}
