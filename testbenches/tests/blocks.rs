//! Every block alone between two AXI adapters, over a table of parameters: RTL = simulator in every cycle, with
//! and without stalls.

mod common;

use common::all;
use mpqc_ir::design::blocks::{MemoryStyle, Multiplier, Overlap};
use mpqc_ir::design::testing::{Chain, Mac, cases, images};
use mpqc_ir::design::{Block, Design};
use mpqc_ir::number::IntType;
use std::collections::BTreeSet;

fn u(bits: u32) -> IntType {
    IntType::quantizer(false, bits, false)
}

fn i(bits: u32) -> IntType {
    IntType::quantizer(true, bits, false)
}

fn mac(name: &str, x: IntType, vector: usize, mac: Mac) -> Design {
    Chain::new(name).input(x, mac.simd, vector).mac(mac).finish()
}

/// With weights in block memory that are registered once more.
fn slow(name: &str, x: IntType, vector: usize, mac: Mac) -> Design {
    let mac = mac.memory(MemoryStyle::Block);
    let vectors = if mac.overlap.is_none() { 1 } else { 2 * mac.overlap.columns };
    Chain::new(name).vectors(vectors).input(x, mac.simd, vector).mac(mac).slow_memory().finish()
}

#[test]
fn adapters_fifo_and_fork() {
    all([
        Chain::new("adapters").input(i(3), 3, 7).finish(),
        Chain::new("fifos").input(u(5), 2, 9).fifo(2).fifo(5).finish(),
        Chain::new("forked").vectors(2).input(u(4), 2, 6).fork(3).finish(),
    ]);
}

#[test]
fn width_converters() {
    let convert = |name: &str, from: usize, to: usize, vector: usize| {
        Chain::new(name).vectors(2).input(u(3), from, vector).lanes(to).finish()
    };
    all([
        convert("up_whole", 1, 4, 8),
        convert("up_partial", 2, 6, 14),
        convert("down_whole", 8, 2, 16),
        convert("down_partial", 6, 2, 14),
        convert("down_single", 4, 2, 9),
        convert("through_gcd", 4, 6, 22),
    ]);
}

#[test]
fn replay_buffers() {
    let replay = |name: &str, vector: usize, repeats: usize, capacity: usize| {
        Chain::new(name).vectors(2).input(u(4), 2, vector).replay(repeats, capacity).finish()
    };
    all([
        replay("replay_tight", 10, 3, 5),
        replay("replay_double", 10, 3, 10),
        replay("replay_single_beat", 2, 4, 2),
    ]);
}

#[test]
fn mac_arrays_by_fold() {
    let by_fold = |name: &str, simd: usize, pe: usize| mac(name, u(4), 10, Mac::new(6, simd, pe));
    all([
        by_fold("fold_min", 1, 1),
        by_fold("fold_max", 10, 6),
        by_fold("fold_padded", 4, 4),
        by_fold("fold_rows", 10, 2),
        by_fold("fold_columns", 3, 6),
    ]);
}

#[test]
fn mac_arrays_by_type_and_memory() {
    let base = Mac::new(5, 4, 3);
    let xnor = Mac::new(7, 20, 2).weights(IntType::BIPOLAR).multiplier(Multiplier::Xnor);
    all([
        mac("xnor_padded", IntType::BIPOLAR, 50, xnor),
        mac("bipolar_weights", i(3), 9, base.weights(IntType::BIPOLAR)),
        mac("bipolar_inputs", IntType::BIPOLAR, 9, base.weights(i(3))),
        mac("one_bit", u(1), 9, base.weights(u(1))),
        mac("wide", i(8), 9, base.weights(i(8)).memory(MemoryStyle::Block)),
        mac("dsp", u(8), 9, base.weights(i(8)).multiplier(Multiplier::Dsp)),
        slow("slow", u(8), 9, base.weights(i(8)).dsp(2, 2)),
        slow("slow_ragged", u(4), 11, Mac::new(7, 3, 4).weights(IntType::BIPOLAR)),
        slow("slow_classes", u(4), 20, Mac::new(11, 5, 7).weights(i(6)).narrowing()),
        slow("slow_filter", u(4), 6, Mac::new(4, 6, 2).overlap(2, 3, 4).dsp(2, 1)),
        mac("constants", i(4), 9, Mac::new(5, 9, 5).memory(MemoryStyle::Constant)),
    ]);
}

#[test]
fn mac_arrays_in_dsp_slices_and_look_up_tables() {
    let array = |simd: usize, pe: usize| Mac::new(7, simd, pe);
    all([
        mac("packs", u(4), 20, array(10, 4).dsp(4, 3)),
        mac("packs_signed", i(8), 20, array(10, 2).weights(i(8)).dsp(2, 2).memory(MemoryStyle::Block)),
        mac("packs_unsigned", i(5), 9, array(3, 5).weights(u(4)).dsp(5, 2)),
        mac("packs_bits", u(4), 9, array(3, 5).weights(i(1)).dsp(5, 4).per_stage(1)),
        mac("packs_serial", u(8), 5, array(1, 2).weights(i(8)).dsp(2, 2)),
        mac("both", u(4), 20, array(10, 6).dsp(3, 3)),
        mac("both_long", i(8), 40, array(20, 5).weights(i(8)).dsp(3, 2).per_stage(1)),
        mac("both_single", u(8), 12, array(6, 3).weights(i(8)).dsp(2, 1).per_stage(3)),
        mac("both_constant", u(4), 6, array(6, 7).dsp(3, 3).memory(MemoryStyle::Constant)),
    ]);
}

/// An array whose vectors are `pixels` pixels of `channels` elements, two rows of `columns` of them a frame.
fn overlapping(name: &str, x: IntType, channels: usize, array: Mac) -> Design {
    let Overlap { pixels, columns, .. } = array.overlap;
    Chain::new(name).vectors(2 * columns).input(x, array.simd, channels * pixels).mac(array).finish()
}

#[test]
fn mac_arrays_of_several_pixels() {
    let array = |lanes: usize, pe: usize, pixels: usize, taps: usize, columns: usize| {
        Mac::new(6, lanes * pixels, pe).overlap(pixels, taps, columns)
    };
    all([
        overlapping("outer", u(4), 6, array(3, 3, 2, 1, 2).dsp(3, 2)),
        overlapping("filter", u(4), 6, array(3, 3, 2, 3, 4).dsp(3, 1)),
        overlapping("filter_at_once", u(4), 3, array(3, 2, 2, 3, 3).dsp(2, 1).per_stage(1)),
        overlapping("filter_one_pass", u(4), 6, array(2, 6, 2, 3, 4).dsp(6, 1).memory(MemoryStyle::Block)),
        overlapping("filter_chunks", u(4), 12, array(6, 3, 2, 3, 4).chunk(2).dsp(3, 1)),
        overlapping("filter_wide", u(2), 10, array(5, 2, 4, 3, 3).weights(i(2)).dsp(2, 1)),
        overlapping("filter_unsigned", u(2), 10, array(5, 2, 3, 3, 3).weights(u(3)).dsp(2, 1)),
        overlapping("filter_long", u(2), 8, array(4, 3, 2, 5, 4).weights(i(2)).dsp(3, 1)),
        overlapping("filter_rows", u(2), 8, array(4, 3, 2, 2, 4).weights(i(2)).dsp(3, 2).chunk(1)),
        overlapping("filter_both", u(4), 6, array(3, 3, 2, 3, 4).dsp(2, 1).per_stage(1)),
        overlapping("filter_lut", u(5), 6, array(3, 2, 2, 3, 4)),
        overlapping("filter_lut_signed", i(3), 10, array(5, 3, 3, 2, 3).weights(i(5)).narrowing()),
        overlapping("taps_only", i(2), 6, array(3, 2, 1, 3, 4).weights(i(2)).dsp(2, 2)),
    ]);
}

#[test]
fn mac_arrays_of_bit_planes() {
    let array = |simd: usize, w: IntType| Mac::new(7, simd, 4).weights(w);
    all([
        mac("planes_of_x", u(2), 20, array(5, i(6)).per_stage(1)),
        mac("planes_deep", i(3), 30, array(15, u(7)).per_stage(1)),
        mac("planes_flat", i(6), 30, array(15, i(5)).per_stage(9)),
        mac("planes_three", u(5), 14, array(7, i(3))),
    ]);
}

#[test]
fn mac_arrays_with_rows_of_different_widths() {
    let array = |outputs: usize, simd: usize, pe: usize| Mac::new(outputs, simd, pe).narrowing();
    all([
        mac("classes", u(4), 20, array(11, 5, 7).weights(i(8)).memory(MemoryStyle::Block)),
        mac("classes_unsigned", i(3), 14, array(9, 7, 5).weights(u(5)).per_stage(1)),
        mac("classes_both", i(5), 20, array(14, 10, 7).weights(i(6)).dsp(2, 2).per_stage(1)),
        mac("classes_once", u(3), 6, array(6, 6, 6).weights(i(3)).per_stage(3)),
    ]);
}

#[test]
fn requantizers() {
    let array = || Chain::new("x").input(i(6), 3, 8);
    let rename = |chain: Chain, name: &str| {
        let mut design = chain.finish();
        design.name = name.into();
        design
    };
    all([
        rename(array().thresholds(u(4), true), "thresholds_per_channel"),
        rename(array().thresholds(u(3), false), "thresholds_common"),
        rename(array().thresholds(IntType::BIPOLAR, true), "thresholds_bipolar"),
        rename(array().thresholds(IntType::smallest(-2, 3), true), "thresholds_not_a_power"),
        rename(array().search_steps(2).thresholds(u(5), true), "thresholds_two_steps"),
        rename(array().search_steps(3).thresholds(u(3), false), "thresholds_one_stage"),
        rename(array().scale_shift(i(5), true, false), "scale_per_channel"),
        rename(array().scale_shift(u(8), false, true), "scale_common_dsp"),
    ]);
}

#[test]
fn add_and_argmax() {
    let top = |name: &str, lanes: usize, k: usize, value: bool| {
        Chain::new(name).vectors(3).input(i(5), lanes, 10).argmax(k, value).finish()
    };
    all([
        Chain::new("add_forked").input(u(4), 2, 8).fork(2).add([3, -5]).finish(),
        top("argmax", 1, 1, false),
        top("argmax_lanes", 4, 1, false),
        top("argmax_value", 3, 1, true),
        top("top_three", 1, 3, true),
    ]);
}

/// What campaigns found, kept in the table of blocks.
#[test]
fn corners_of_the_table() {
    let names = [
        "mac_unsigned_constant",
        "mac_packed_one_bit",
        "scale_whole",
        "add_nothing",
        "add_narrow",
        "thr_few_values",
    ];
    let found: Vec<Design> = cases().into_iter().filter(|it| names.contains(&it.name.as_str())).collect();
    assert_eq!(found.len(), names.len());
    all(found);
}

#[test]
fn the_table_has_every_block() {
    let designs = [
        Chain::new("a")
            .input(u(4), 2, 8)
            .fork(2)
            .add([1, 1])
            .fifo(2)
            .lanes(4)
            .mac(Mac::new(6, 4, 3))
            .thresholds(u(4), true)
            .finish(),
        Chain::new("b").input(u(4), 2, 8).scale_shift(u(3), true, false).argmax(1, false).finish(),
    ];
    let kinds: BTreeSet<&str> = designs
        .iter()
        .chain(&images())
        .flat_map(|d| d.graph.node_weights().map(|n| n.block.kind()))
        .collect();
    assert_eq!(kinds.len(), Block::KINDS.len(), "a block is missing from this file: {kinds:?}");
}
