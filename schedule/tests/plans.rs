//! Plans: written, read, edited, refused; limits and objectives.

use mpqc_ir::diagnostic::{Code, Diagnostic};
use mpqc_ir::int_network::{IntNetwork, Shape, Window};
use mpqc_ir::number::IntType;
use mpqc_schedule::testing::{NetworkBuilder, chain};
use mpqc_schedule::{Fold, Limits, Objective, Options, Plan, Reason, Schedule, schedule, targets};
use mpqc_sim::Stalls;
use mpqc_sim::timing::measure;
use proptest::prelude::*;
use serde_json::{Value, json};

const U4: IntType = IntType { encoding: mpqc_ir::number::Encoding::Unsigned, bits: 4, min: 0, max: 15 };
const I6: IntType = IntType { encoding: mpqc_ir::number::Encoding::Signed, bits: 6, min: -32, max: 31 };

fn options() -> Options {
    Options::new(targets::find("ultra96").unwrap())
}

/// Two convolutions, one of which is strided, and a matrix over the whole frame.
fn small_image() -> IntNetwork {
    small_image_of(I6, true)
}

/// With both forms of requantizers, which are not the same function, or one.
fn small_image_of(weights: IntType, both: bool) -> IntNetwork {
    let window = |stride: usize| Window {
        kernel: [3, 3],
        stride: [stride; 2],
        dilation: [1, 1],
        pads: [1; 4],
        value: 0,
        groups: 1,
    };
    let mut b = NetworkBuilder::new(4);
    let x = b.input(U4, Shape { height: 8, width: 8, channels: 4 });
    let y = b.conv(x, window(1), 6, weights);
    let y = b.requantize(y, U4, both);
    let y = b.conv(y, window(2), 8, weights);
    let y = b.requantize(y, U4, both);
    let y = b.dot(y, 5, weights, true);
    b.output(y);
    b.finish("small image")
}

fn text(s: &Schedule) -> String {
    serde_json::to_string(&s.design).unwrap()
}

fn replanned(network: &IntNetwork, plan: &str) -> Result<Schedule, Diagnostic> {
    schedule(network, &Options { plan: Some(Plan::from_json(plan)?), ..options() })
}

/// A plan's text, edited.
fn edited(plan: &Plan, edit: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::to_value(plan).unwrap();
    edit(&mut value);
    value.to_string()
}

#[test]
fn a_plan_leads_to_the_same_design() {
    for network in [small_image(), chain(2, &[64, 32, 10], U4, I6)] {
        for asked in [
            options(),
            Options { fps: Some(1e5), ..options() },
            Options { fold: Fold::Min, ..options() },
            Options { objective: Objective::Latency, ..options() },
        ] {
            let s = schedule(&network, &asked).unwrap();
            let again = replanned(&network, &s.plan.to_json()).unwrap();
            assert_eq!(text(&again), text(&s));
            assert_eq!(again.plan, s.plan);
            assert_eq!((again.stop.reason, again.cycles_per_frame), (Reason::Plan, s.cycles_per_frame));
        }
    }
}

#[test]
fn an_edit_is_obeyed_and_what_is_not_named_is_chosen() {
    let network = chain(2, &[64, 32, 10], U4, I6);
    let s = schedule(&network, &Options { fps: Some(1e6), ..options() }).unwrap();
    let plan = edited(&s.plan, |plan| {
        plan["cycles"] = json!(512);
        plan["layers"][0]["pe"] = json!(5);
        plan["layers"][0]["simd"] = json!(7);
        plan["layers"][0]["memory"] = json!("block");
        plan["layers"][0]["requantizer"] = json!("thresholds");
        plan["layers"].as_array_mut().unwrap().truncate(1);
    });
    let s = replanned(&network, &plan).unwrap();
    let first = &s.layers[0];
    assert_eq!((first.pe, first.simd, first.sf, first.nf), (5, 7, 10, 7));
    assert!(s.layers[1].cycles <= 512);
    assert_eq!(measure(&s.design, 20, Stalls::None).unwrap().cycles_per_frame, s.cycles_per_frame);
}

/// Gives a layer of a plan a fold, with all its memories in look-up tables.
fn fold(layer: &mut Value, pe: usize, simd: usize, whole_windows: bool, dsp: Value) {
    layer["pe"] = json!(pe);
    layer["simd"] = json!(simd);
    layer["whole_windows"] = json!(whole_windows);
    let feed = if whole_windows { "line_buffer" } else { "window" };
    layer["feed"] = json!({ feed: "distributed" });
    layer["memory"] = json!("distributed");
    layer["dsp"] = dsp;
}

/// A schedule of a network over images of 8 × 8 × 4 is its own plan's, and computes what the network does.
fn assert_sound(network: &IntNetwork, s: &Schedule) {
    assert_eq!(replanned(network, &s.plan.to_json()).unwrap().plan, s.plan);
    assert_eq!(measure(&s.design, 20, Stalls::None).unwrap().cycles_per_frame, s.cycles_per_frame);
    let simulator = mpqc_sim::function::Evaluator::new(&s.design);
    let mut random = mpqc_ir::design::testing::Random(3);
    for _ in 0..3 {
        let frame = vec![(0..8 * 8 * 4).map(|_| random.value(U4)).collect::<Vec<i64>>()];
        assert_eq!(simulator.outputs(&frame), network.execute(&frame));
    }
}

/// Filter packing in the first convolution: by windows and by whole windows, in slices alone and beside look-up tables.
#[test]
fn neighbouring_pixels_share_multipliers_where_a_plan_says_so() {
    let network = small_image_of(IntType::quantizer(true, 4, false), false);
    let plan = schedule(&network, &Options { fps: Some(2e5), ..options() }).unwrap().plan;
    for (pe, simd, whole, rows) in [(3, 4, false, 3), (6, 8, false, 2), (2, 24, true, 2), (6, 6, true, 0)] {
        let text = edited(&plan, |plan| {
            let layer = &mut plan["layers"][0];
            fold(layer, pe, simd, whole, json!({ "rows": rows, "products": 1 }));
            layer["neighbours"] = json!(2);
            layer["requantizer"] = json!("thresholds");
            plan["cycles"] = json!(4000);
        });
        let s = replanned(&network, &text).unwrap();
        // Rows of eight pixels, padded, are five groups.
        let first = &s.layers[0];
        assert_eq!((first.neighbours, first.vectors, first.dsp.rows), (2, 8 * 5, rows));
        assert_sound(&network, &s);
    }
}

/// Lanes that do not divide the channels: by windows and by whole windows, at the design's port and behind a layer.
#[test]
fn lanes_need_not_divide_the_channels_of_an_image() {
    let network = small_image_of(I6, false);
    let plan = schedule(&network, &Options { fps: Some(2e5), ..options() }).unwrap().plan;
    let folds = [[(0, 3, 3), (1, 4, 4)], [(0, 2, 27), (1, 8, 36)], [(0, 5, 4), (1, 3, 45)]];
    for layers in folds {
        let text = edited(&plan, |plan| {
            for (layer, pe, simd) in layers {
                fold(&mut plan["layers"][layer], pe, simd, simd > 8, json!({ "rows": 1, "products": 1 }));
            }
            plan["cycles"] = json!(6000);
        });
        let s = replanned(&network, &text).unwrap();
        for (layer, pe, simd) in layers {
            assert_eq!((s.layers[layer].pe, s.layers[layer].simd), (pe, simd));
        }
        assert_sound(&network, &s);
    }
}

/// What a plan's text is answered.
fn refusal(network: &IntNetwork, plan: &str) -> String {
    let error = replanned(network, plan).map(|s| s.resources).unwrap_err();
    assert!(matches!(error.code, Code::BadInput | Code::DoesNotFit), "{error}");
    format!("{error}\n  {}", error.help)
}

#[test]
fn illegal_edits_are_refused_with_the_layer_the_key_and_what_is_allowed() {
    let network = small_image();
    let plan = schedule(&network, &Options { fps: Some(2e5), ..options() }).unwrap().plan;
    let layer = |index: usize, key: &'static str, value: Value| {
        refusal(&network, &edited(&plan, |plan| plan["layers"][index][key] = value))
    };
    let name = |index: usize| {
        serde_json::to_value(&plan).unwrap()["layers"][index]["name"].as_str().unwrap().to_owned()
    };
    let (conv, matrix) = (name(0), name(2));
    let expect = |found: String, node: &str, reason: &str, help: &str| {
        assert_eq!(found, format!("`{node}`: {reason}\n  {help}"));
    };
    expect(layer(0, "pe", json!(9)), &conv, "`pe` cannot be 9 here", "allowed here: 1 to 6");
    expect(layer(0, "pixels", json!(3)), &conv, "`pixels` cannot be 3 here", "allowed here: 1, 2, 4, 8");
    expect(layer(2, "simd", json!(0)), &matrix, "`simd` cannot be 0 here", "allowed here: 1 to 128");
    expect(
        layer(2, "whole_windows", json!(true)),
        &matrix,
        "`whole_windows` cannot be true here",
        "allowed here: false",
    );
    expect(
        layer(2, "memory", json!("constant")),
        &matrix,
        "`memory` cannot be \"constant\" here",
        "allowed here: \"distributed\", \"block\"",
    );
    expect(
        layer(2, "feed", json!({"window": "block"})),
        &matrix,
        "`feed` cannot be {\"window\":\"block\"} here",
        "allowed here: \"replay\"",
    );
    expect(layer(2, "neighbours", json!(2)), &matrix, "`neighbours` cannot be 2 here", "allowed here: 1");
    let shared = edited(&plan, |plan| {
        plan["layers"][0]["neighbours"] = json!(2);
        plan["layers"][0]["whole_windows"] = json!(false);
        plan["layers"][0]["pe"] = json!(3);
        plan["layers"][0]["simd"] = json!(3);
    });
    expect(refusal(&network, &shared), &conv, "`simd` cannot be 3 here", "allowed here: 2, 4, 8");
    let rows = |rows: usize, products: usize| {
        let edit = |plan: &mut Value| {
            plan["layers"][0]["pe"] = json!(6);
            plan["layers"][0]["dsp"] = json!({ "rows": rows, "products": products });
        };
        refusal(&network, &edited(&plan, edit))
    };
    let allowed = "allowed here: {\"products\":1,\"rows\":0}, or rows 1 to 6 of products 3, 2, 1";
    expect(rows(7, 2), &conv, "`dsp` cannot be {\"products\":2,\"rows\":7} here", allowed);
    expect(rows(2, 9), &conv, "`dsp` cannot be {\"products\":9,\"rows\":2} here", allowed);
    expect(
        layer(2, "requantizer", json!("thresholds")),
        &matrix,
        "`requantizer` cannot be \"thresholds\" here",
        "allowed here: null",
    );
    let wide = edited(&plan, |plan| {
        plan["layers"][0]["whole_windows"] = json!(true);
        plan["layers"][0]["simd"] = json!(12);
    });
    expect(refusal(&network, &wide), &conv, "`simd` cannot be 12 here", "allowed here: 9, 18, 27, 36");
    let keys = "the keys of a layer are: name, dsp, feed, memory, neighbours, pe, pixels, requantizer, simd, whole_windows";
    let spelling = |found: String, reason: &str| {
        assert!(found.starts_with(&format!("`{conv}`: {reason}")) && found.contains(keys), "{found}");
    };
    spelling(layer(0, "pee", json!(1)), "`pee` is not a key of a layer");
    let missing = edited(&plan, |plan| {
        plan["layers"][0].as_object_mut().unwrap().remove("simd");
    });
    spelling(refusal(&network, &missing), "`simd` is missing");
    let kind = layer(0, "memory", json!("bolck"));
    assert!(
        kind.starts_with(&format!("`{conv}`: `memory`: unknown variant `bolck`, expected one of")),
        "{kind}"
    );
}

#[test]
fn plans_for_something_else_are_refused() {
    let network = chain(2, &[64, 32, 10], U4, I6);
    let plan = schedule(&network, &Options { fps: Some(1e5), ..options() }).unwrap().plan;
    let names: Vec<String> = serde_json::to_value(&plan).unwrap()["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["name"].as_str().unwrap().to_owned())
        .collect();
    let other = refusal(&network, &edited(&plan, |plan| plan["layers"][1]["name"] = json!("fc9")));
    assert_eq!(
        other,
        format!("`fc9`: the network has no layer of this name\n  the layers are: {}", names.join(", "))
    );
    let twice = refusal(&network, &edited(&plan, |plan| plan["layers"][1] = plan["layers"][0].clone()));
    assert!(twice.contains("names this layer twice"), "{twice}");
    let version = refusal(&network, &edited(&plan, |plan| plan["version"] = json!(7)));
    assert!(version.contains("version 7 of the format is not known"), "{version}");
    let key = refusal(&network, &edited(&plan, |plan| plan["cylces"] = json!(7)));
    assert!(key.contains("unknown field `cylces`, expected one of `version`, `cycles`, `layers`"), "{key}");
    assert!(refusal(&network, "{").contains("EOF"));
}

#[test]
fn a_plan_that_does_not_fit_says_by_how_much() {
    let network = chain(2, &[784, 256, 256, 10], U4, I6);
    let plan = schedule(&network, &options()).unwrap().plan;
    let limits = Limits { lut: Some(3000), ..Limits::default() };
    let asked = Options { plan: Some(plan), limits, ..options() };
    let error = schedule(&network, &asked).unwrap_err();
    assert_eq!(error.code, Code::DoesNotFit);
    assert!(
        error.reason.contains("as it is planned it takes") && error.reason.contains("of 3000 usable LUT"),
        "{error}"
    );
}

#[test]
fn every_limit_holds_and_costs_speed() {
    let network = chain(2, &[256, 64, 64, 10], U4, I6);
    let of = |limits: Limits| {
        let s = schedule(&network, &Options { limits, ..options() }).unwrap();
        assert!(s.resources.fits(&s.usable), "{:?} of {:?}", s.resources, s.usable);
        s
    };
    let free = of(Limits::default());
    for limits in [
        Limits { lut: Some(4000), ..Limits::default() },
        Limits { ff: Some(4000), ..Limits::default() },
        Limits { dsp: Some(0), bram18: Some(0), fill: Some(0.1), ..Limits::default() },
    ] {
        let s = of(limits);
        assert!(s.cycles_per_frame > free.cycles_per_frame);
        assert!(s.stop.fewest_cycles.is_some_and(|c| c <= s.cycles_per_frame));
        let Reason::Resources(next) = &s.stop.reason else { panic!("{:?}", s.stop) };
        assert!(next.cycles < s.cycles_per_frame && !next.short.is_empty(), "{next:?}");
        assert!(next.short.iter().all(|short| short.used > short.usable));
    }
}

#[test]
fn the_least_latency_is_not_more_than_that_of_the_fastest() {
    let network = chain(2, &[256, 64, 64, 10], U4, I6);
    let limits = Limits { lut: Some(4000), ..Limits::default() };
    let latency = |objective| {
        let s = schedule(&network, &Options { objective, limits: limits.clone(), ..options() }).unwrap();
        (measure(&s.design, 1, Stalls::None).unwrap().latency_cycles, s.cycles_per_frame)
    };
    let (fastest, soonest) = (latency(Objective::Throughput), latency(Objective::Latency));
    assert!(soonest.0 <= fastest.0 && soonest.1 >= fastest.1, "{fastest:?} {soonest:?}");
}

/// More rows in slices than the mix that was drawn had: 2,024 of 1,728 slices.
#[test]
fn a_random_plan_fits_with_other_rows_in_slices() {
    let (network, target) = (small_image(), targets::find("zcu104").unwrap());
    let plan = Plan::random(&network, &target, 9_610_081_752_799_448_032).unwrap();
    schedule(&network, &Options { plan: Some(plan), ..Options::new(target) }).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any legal plan is a design that moves, and the plan of that design is the plan.
    #[test]
    fn random_plans_are_designs(seed in any::<u64>(), image in any::<bool>()) {
        let network = if image { small_image() } else { chain(seed, &[30, 17, 12, 5], U4, I6) };
        let target = targets::find("zcu104").unwrap();
        let plan = Plan::random(&network, &target, seed).unwrap();
        prop_assert_eq!(&plan, &Plan::random(&network, &target, seed).unwrap());
        let asked = Options { plan: Some(plan.clone()), ..Options::new(target) };
        let s = schedule(&network, &asked).unwrap();
        prop_assert_eq!(&s.plan, &plan);
        prop_assert_eq!(measure(&s.design, 20, Stalls::None).unwrap().cycles_per_frame, s.cycles_per_frame);
    }
}
