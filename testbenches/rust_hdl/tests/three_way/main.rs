//! RTL = simulator = rust-hdl, block by block, for all small widths.
//!
//! Two equalities make three: every block's rust-hdl model gives what the simulator gives, for every vector
//! that flows in; and the Verilog, run by Verilator, shows on every stream in every cycle what the simulator
//! says, with and without random stalls.

mod designs;
mod rtl;
mod twins;

use mpqc_ir::design::blocks::Multiplier;
use mpqc_ir::design::{Block, Design};
use std::sync::Arc;
use twins::Twins;

/// Holds rust-hdl against the simulator.
fn hold(design: &Design, frames: &[Vec<Vec<i64>>], blocks: usize) {
    let held = Twins::of(design).hold(design, frames);
    println!("{}: {} blocks, {} values", design.name, held.blocks, held.values);
    assert_eq!(held.blocks, blocks, "every block under test has a model");
    assert_eq!(held.differences, Vec::<String>::new(), "rust-hdl and simulator differ");
}

/// Holds all three against each other.
fn hold_all(design: &Design, blocks: usize) {
    let frames = designs::every_value(design);
    hold(design, &frames, blocks);
    rtl::hold(design, &frames);
}

#[test]
fn mac_elements_in_logic() {
    hold_all(&designs::mac_arrays("mac_logic", Multiplier::Lut), designs::operands().len());
}

#[test]
fn mac_elements_in_dsp_slices() {
    hold_all(&designs::mac_arrays("mac_dsp", Multiplier::Dsp), designs::operands().len());
}

#[test]
fn threshold_requantizers() {
    let conversions = designs::conversions(designs::THRESHOLD_CODES.len());
    hold_all(&designs::thresholds("thresholds_rtl", &conversions), conversions.len());
}

#[test]
fn threshold_requantizers_of_every_pair_of_widths() {
    let conversions = designs::all_conversions(designs::THRESHOLD_CODES.len());
    let design = designs::thresholds("thresholds", &conversions);
    hold(&design, &designs::every_value(&design), conversions.len());
}

#[test]
fn scale_shift_requantizers() {
    let conversions = designs::conversions(designs::SCALE_CODES);
    hold_all(&designs::scale_shifts("scale_shifts_rtl", &conversions), conversions.len());
}

#[test]
fn scale_shift_requantizers_of_every_pair_of_widths() {
    let conversions = designs::all_conversions(designs::SCALE_CODES);
    let design = designs::scale_shifts("scale_shifts", &conversions);
    hold(&design, &designs::every_value(&design), conversions.len());
}

#[test]
fn a_network_of_all_three() {
    let (design, frames) = designs::network();
    hold(&design, &frames, 5);
    rtl::hold(&design, &frames);
}

#[test]
fn a_changed_constant_is_a_difference() {
    let (design, frames) = designs::network();
    for node in design.graph.node_indices() {
        let mut changed = design.clone();
        if change(&mut changed.graph[node].block) {
            let held = Twins::of(&changed).hold(&design, &frames);
            let name = &design.graph[node].name;
            assert!(!held.differences.is_empty(), "a change of {name} is not seen");
            assert!(held.differences.iter().all(|difference| difference.starts_with(name)));
        }
    }
}

/// Changes one constant of a block, if it has any, by the least amount that its output can show.
fn change(block: &mut Block) -> bool {
    match block {
        Block::MacArray(mac) => {
            let weight = &mut Arc::make_mut(&mut mac.weights)[[0, 0]];
            *weight += if *weight == mac.w.max { -1 } else { 1 };
        }
        Block::Thresholds(thresholds) => Arc::make_mut(&mut thresholds.table).base += 1,
        Block::ScaleShift(scale) => Arc::make_mut(&mut scale.function).shift += 1,
        _ => return false,
    }
    true
}
