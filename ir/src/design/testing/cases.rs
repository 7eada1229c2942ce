//! Small designs over all blocks and the corners of their parameters.

use super::{Chain, Mac, images};
use crate::design::Design;
use crate::design::blocks::{MemoryStyle, Multiplier, Overlap};
use crate::number::IntType;

/// Signed, of `bits` bits.
fn i(bits: u32) -> IntType {
    IntType::quantizer(true, bits, false)
}

/// Unsigned, of `bits` bits.
fn u(bits: u32) -> IntType {
    IntType::quantizer(false, bits, false)
}

/// Every block between an input and an output adapter, over tables of parameters: what lint gates, mutations and
/// coverage run over.
pub fn cases() -> Vec<Design> {
    [macs(), overlapping(), requantizers(), streams(), reductions(), images()].concat()
}

fn mac(name: &str, x: IntType, inputs: usize, mac: Mac) -> Design {
    Chain::new(name).input(x, mac.simd, inputs).mac(mac).finish()
}

fn macs() -> Vec<Design> {
    use Multiplier::{Dsp, Xnor};
    let pm = IntType::BIPOLAR;
    let (constant, block) = (MemoryStyle::Constant, MemoryStyle::Block);
    vec![
        mac("mac_fold", u(4), 10, Mac::new(6, 4, 3)),
        mac("mac_ragged", i(3), 11, Mac::new(7, 3, 4).weights(i(5))),
        mac("mac_parallel", u(2), 9, Mac::new(5, 9, 5).weights(i(2)).memory(constant)),
        Chain::new("mac_slow").input(u(4), 4, 10).mac(Mac::new(6, 4, 3).memory(block)).slow_memory().finish(),
        mac("mac_serial", u(8), 5, Mac::new(4, 1, 1).weights(i(8))),
        mac("mac_serial_small", u(2), 5, Mac::new(4, 1, 1).weights(i(2))),
        mac("mac_sf1", u(4), 6, Mac::new(6, 6, 2)),
        mac("mac_nf1", u(4), 12, Mac::new(3, 4, 3)),
        mac("mac_dsp", u(8), 10, Mac::new(6, 4, 3).weights(i(8)).multiplier(Dsp)),
        mac(
            "mac_dsp_signed",
            i(8),
            10,
            Mac::new(4, 5, 2).weights(i(6)).multiplier(Dsp).memory(MemoryStyle::Block),
        ),
        mac("mac_unsigned", u(3), 10, Mac::new(6, 5, 2).weights(u(4))),
        mac("mac_unsigned_constant", u(6), 9, Mac::new(5, 9, 5).weights(u(4)).memory(constant)),
        mac("mac_bits", u(1), 10, Mac::new(6, 5, 2).weights(i(1))),
        mac("mac_xnor", pm, 40, Mac::new(7, 20, 4).weights(pm).multiplier(Xnor)),
        mac("mac_xnor_ragged", pm, 41, Mac::new(7, 18, 3).weights(pm).multiplier(Xnor)),
        mac("mac_xnor_parallel", pm, 21, Mac::new(5, 21, 5).weights(pm).multiplier(Xnor).memory(constant)),
        mac("mac_xnor_serial", pm, 5, Mac::new(3, 1, 1).weights(pm).multiplier(Xnor)),
        mac("mac_xnor_wide", pm, 10, Mac::new(3, 4, 4).weights(pm).multiplier(Xnor)),
        mac("mac_signs", pm, 10, Mac::new(3, 4, 2).weights(pm)),
        mac("mac_bipolar_weights", u(4), 10, Mac::new(7, 4, 3).weights(pm)),
        mac("mac_bipolar_inputs", pm, 10, Mac::new(7, 4, 3).weights(i(4))),
        mac(
            "mac_narrow",
            IntType { max: 3, ..u(8) },
            10,
            Mac::new(7, 4, 3).weights(IntType { min: -1, max: 1, ..i(6) }),
        ),
        mac("mac_packed", u(4), 20, Mac::new(7, 10, 4).dsp(4, 3)),
        mac(
            "mac_packed_signed",
            i(8),
            20,
            Mac::new(4, 10, 2).weights(i(8)).dsp(2, 2).memory(MemoryStyle::Block),
        ),
        mac("mac_packed_unsigned", i(5), 9, Mac::new(5, 3, 5).weights(u(4)).dsp(5, 2)),
        mac("mac_packed_bits", u(4), 9, Mac::new(5, 3, 5).weights(i(1)).dsp(5, 4).per_stage(1)),
        mac(
            "mac_packed_one_bit",
            u(1),
            1,
            Mac::new(4, 1, 2).weights(IntType { min: -1, max: 0, ..i(4) }).dsp(2, 2),
        ),
        mac("mac_packed_serial", u(8), 5, Mac::new(4, 1, 2).weights(i(8)).dsp(2, 2)),
        mac("mac_classes", u(4), 20, Mac::new(11, 5, 7).weights(i(8)).narrowing()),
        mac("mac_classes_both", i(5), 20, Mac::new(14, 10, 7).weights(i(6)).dsp(2, 2).narrowing()),
        mac("mac_both", u(4), 20, Mac::new(11, 10, 6).dsp(3, 3)),
        mac("mac_both_long", i(8), 40, Mac::new(7, 20, 5).weights(i(8)).dsp(3, 2).per_stage(1)),
        mac("mac_both_single", u(8), 12, Mac::new(6, 6, 3).weights(i(8)).dsp(2, 1).per_stage(3)),
        mac("mac_both_constant", u(4), 6, Mac::new(5, 6, 5).dsp(3, 3).memory(constant)),
        mac("mac_planes_of_x", u(2), 20, Mac::new(7, 5, 4).weights(i(6)).per_stage(1)),
        mac("mac_planes_deep", i(3), 30, Mac::new(7, 15, 4).weights(u(7)).per_stage(1)),
        mac("mac_planes_flat", i(6), 30, Mac::new(7, 15, 4).weights(i(5)).per_stage(9)),
        mac("mac_wide_words", u(2), 70, Mac::new(66, 35, 33).weights(i(2))),
        Chain::new("mac_vectors").vectors(3).input(u(4), 2, 10).mac(Mac::new(6, 4, 3)).finish(),
    ]
}

/// Arrays whose vectors are several pixels, two rows of an image a frame.
fn overlapping() -> Vec<Design> {
    let of = |name: &str, x: IntType, elements: usize, array: Mac| {
        let Overlap { pixels, columns, .. } = array.overlap;
        Chain::new(name).vectors(2 * columns).input(x, array.simd, elements * pixels).mac(array).finish()
    };
    vec![
        of("mac_outer", u(4), 6, Mac::new(6, 6, 3).overlap(2, 1, 2).dsp(3, 2)),
        of("mac_filter", u(4), 6, Mac::new(6, 6, 3).overlap(2, 3, 3).dsp(3, 1)),
        of("mac_filter_both", u(4), 8, Mac::new(4, 8, 2).overlap(2, 3, 3).chunk(2).dsp(1, 1).per_stage(1)),
        of("mac_filter_once", u(2), 4, Mac::new(4, 16, 2).overlap(4, 3, 3).weights(i(2)).dsp(2, 1)),
        of("mac_filter_planes", i(3), 6, Mac::new(4, 6, 4).overlap(2, 2, 3).weights(i(5)).narrowing()),
    ]
}

fn requantizers() -> Vec<Design> {
    let pm = IntType::BIPOLAR;
    let thresholds = |name: &str, x, lanes, vector, y, per_channel| {
        Chain::new(name).input(x, lanes, vector).thresholds(y, per_channel).finish()
    };
    let scale = |name: &str, x, lanes, vector, y, per_channel, dsp| {
        Chain::new(name).input(x, lanes, vector).scale_shift(y, per_channel, dsp).finish()
    };
    vec![
        thresholds("thr_channels", i(8), 2, 6, u(2), true),
        thresholds("thr_ragged", i(8), 4, 6, i(3), true),
        thresholds("thr_ragged_one_step", i(8), 4, 6, i(1), true),
        thresholds("thr_few_values", IntType { min: -200, max: 200, ..i(10) }, 2, 6, u(2), true),
        thresholds("thr_common", u(6), 3, 7, u(4), false),
        thresholds("thr_common_whole", u(6), 3, 6, pm, false),
        thresholds("thr_bipolar", i(9), 4, 4, pm, true),
        thresholds("thr_serial", i(9), 1, 5, u(3), true),
        thresholds("thr_from_bipolar", pm, 2, 10, u(1), true),
        thresholds("thr_narrow", i(9), 2, 4, IntType::quantizer(true, 4, true), true),
        thresholds("thr_wide_beat", i(9), 4, 3, i(4), true),
        thresholds("thr_file", i(16), 1, 8, u(6), true),
        Chain::new("thr_two_steps").search_steps(2).input(i(9), 2, 6).thresholds(u(5), true).finish(),
        Chain::new("thr_one_stage").search_steps(9).input(i(9), 4, 6).thresholds(u(4), true).finish(),
        Chain::new("thr_slow").input(u(4), 4, 12).mac(Mac::new(6, 4, 3)).thresholds(u(3), true).finish(),
        scale("scale_channels", i(12), 2, 6, u(4), true, true),
        scale("scale_lut", i(12), 2, 6, i(5), true, false),
        scale("scale_ragged", u(12), 4, 6, i(8), true, true),
        scale("scale_common", i(16), 3, 3, i(8), false, true),
        scale("scale_parallel", i(16), 3, 3, i(8), true, true),
        scale("scale_wide_beat", i(10), 4, 3, i(8), true, false),
        scale("scale_no_clamp", i(4), 2, 4, i(16), true, false),
        scale("scale_whole", i(9), 2, 4, i(17), true, false),
    ]
}

fn streams() -> Vec<Design> {
    let lanes = |name: &str, from, vector, to| Chain::new(name).input(u(3), from, vector).lanes(to).finish();
    vec![
        Chain::new("pass").input(u(8), 1, 1).finish(),
        lanes("up_whole", 2, 8, 4),
        lanes("up_three", 1, 9, 3),
        lanes("up_ragged", 2, 10, 8),
        lanes("up_one_left", 1, 5, 4),
        lanes("up_short", 1, 2, 4),
        lanes("up_single", 4, 3, 8),
        lanes("down_whole", 8, 16, 2),
        lanes("down_ragged", 8, 11, 2),
        lanes("down_one_left", 6, 13, 2),
        lanes("down_single", 8, 3, 2),
        lanes("through_gcd", 6, 25, 4),
        Chain::new("replay_fold").vectors(2).input(u(3), 2, 6).replay(3, 6).finish(),
        Chain::new("replay_tight").input(u(3), 2, 6).replay(2, 3).finish(),
        Chain::new("replay_single").input(u(3), 2, 2).replay(4, 1).finish(),
        Chain::new("fifos").input(u(3), 2, 6).fifo(2).fifo(5).finish(),
        Chain::new("fork3").input(u(3), 2, 6).fork(3).finish(),
        Chain::new("two_inputs").input(u(3), 2, 6).input(i(5), 2, 6).add([3, -5]).finish(),
        Chain::new("add_nothing")
            .input(u(2), 2, 6)
            .input(IntType { min: 0, max: 0, ..u(3) }, 2, 6)
            .add([1, 80])
            .finish(),
        Chain::new("add_narrow")
            .input(IntType { min: -1, max: 1, ..i(6) }, 2, 6)
            .input(u(1), 2, 6)
            .add([1, 2])
            .finish(),
        Chain::new("diamond").input(i(4), 3, 7).fork(2).fifo(2).add([1, 1]).finish(),
        Chain::new("add_signs").input(IntType::BIPOLAR, 2, 5).input(u(1), 2, 5).add([1, 2]).finish(),
        Chain::new("add_signs_beat").input(IntType::BIPOLAR, 4, 3).input(u(1), 4, 3).add([-1, -2]).finish(),
    ]
}

fn reductions() -> Vec<Design> {
    let argmax = |name: &str, x, lanes, vector, k, with_value| {
        Chain::new(name).vectors(2).input(x, lanes, vector).argmax(k, with_value).finish()
    };
    vec![
        argmax("argmax_serial", i(6), 1, 10, 1, false),
        argmax("argmax_fold", u(6), 2, 10, 1, false),
        argmax("argmax_ragged", i(6), 4, 10, 1, true),
        argmax("argmax_parallel", i(6), 10, 10, 1, false),
        argmax("argmax_wide_beat", i(6), 4, 3, 1, true),
        argmax("argmax_bipolar", IntType::BIPOLAR, 2, 5, 1, true),
        argmax("argmax_single", i(6), 1, 1, 1, false),
        argmax("topk", i(6), 1, 10, 3, true),
        argmax("topk_all", u(6), 1, 3, 3, true),
    ]
}
