//! Small designs over the pixels of images: every block alone and in the chains that networks need, over the
//! corners of their parameters. What reads Verilog, and what compares it with the simulator, run over all.

use super::{Chain, Mac};
use crate::design::Design;
use crate::design::blocks::{MemoryStyle, Multiplier, RamStyle};
use crate::int_network::{PoolFunction, Window};
use crate::number::IntType;

/// Signed, of `bits` bits.
fn i(bits: u32) -> IntType {
    IntType::quantizer(true, bits, false)
}

/// Unsigned, of `bits` bits.
fn u(bits: u32) -> IntType {
    IntType::quantizer(false, bits, false)
}

/// All of them.
pub fn images() -> Vec<Design> {
    [
        pads(),
        windows(),
        grouped_windows(),
        line_buffers(),
        pools(),
        depthwise(),
        joins(),
        reorders(),
        convolutions(),
    ]
    .concat()
}

/// A window of stride and dilation 1 without padding.
fn kernel(rows: usize, columns: usize) -> Window {
    Window { kernel: [rows, columns], stride: [1; 2], dilation: [1; 2], pads: [0; 4], value: 0, groups: 1 }
}

fn padded(window: Window, pads: [usize; 4]) -> Window {
    Window { pads, ..window }
}

fn strided(window: Window, rows: usize, columns: usize) -> Window {
    Window { stride: [rows, columns], ..window }
}

fn dilated(window: Window, rows: usize, columns: usize) -> Window {
    Window { dilation: [rows, columns], ..window }
}

/// An image of `height` × `width` pixels.
fn image(name: &str, [height, width]: [usize; 2], elem: IntType, lanes: usize, channels: usize) -> Chain {
    Chain::new(name).vectors(height * width).input(elem, lanes, channels)
}

fn pads() -> Vec<Design> {
    let pad = |name: &str, size: [usize; 2], lanes, pads, value| {
        image(name, size, i(4), lanes, 4).pad(size[0], pads, value).finish()
    };
    vec![
        pad("pad_around", [3, 4], 2, [1, 1, 1, 1], -3),
        pad("pad_sides", [2, 3], 4, [0, 2, 0, 1], 0),
        pad("pad_above", [3, 2], 1, [2, 0, 0, 0], 7),
        pad("pad_below", [3, 2], 4, [0, 0, 3, 0], 1),
        pad("pad_pixel", [1, 1], 4, [1, 0, 0, 1], 5),
        pad("pad_none", [2, 2], 2, [0; 4], 0),
        pad("pad_filled", [3, 2], 3, [1, 0, 0, 1], -2),
        image("pad_signs", [2, 3], IntType::BIPOLAR, 2, 4).pad(2, [1, 1, 0, 0], -1).finish(),
    ]
}

fn windows() -> Vec<Design> {
    let window = |name: &str, size: [usize; 2], lanes, window, repeats, extra| {
        image(name, size, u(3), lanes, 4).window(size[0], window, repeats, extra).finish()
    };
    let around = padded(kernel(3, 3), [1; 4]);
    vec![
        // The first, because properties are proved of it: few states.
        window("window_small", [3, 3], 4, kernel(2, 2), 1, 0),
        window("window_plain", [4, 5], 4, kernel(3, 3), 1, 0),
        window("window_padded", [4, 5], 2, around.clone(), 1, 0),
        window("window_repeats", [3, 4], 2, around.clone(), 3, 0),
        window("window_block", [4, 4], 4, Window { value: 5, ..around.clone() }, 2, 3),
        window("window_roomy", [3, 3], 2, around.clone(), 1, 40),
        window("window_pixel", [1, 1], 4, around.clone(), 2, 0),
        window("window_row", [1, 6], 2, padded(kernel(1, 3), [0, 1, 0, 1]), 2, 1),
        window("window_column", [6, 1], 2, padded(kernel(3, 1), [1, 0, 1, 0]), 1, 0),
        window("window_strides", [7, 8], 2, strided(around.clone(), 2, 2), 2, 0),
        window("window_strides_differ", [7, 8], 4, strided(kernel(3, 2), 3, 1), 1, 2),
        window("window_tap", [3, 4], 2, kernel(1, 1), 3, 0),
        window("window_tap_strides", [5, 6], 2, strided(kernel(1, 1), 2, 2), 2, 0),
        window("window_drops", [8, 9], 2, strided(kernel(2, 2), 3, 4), 1, 0),
        window("window_drops_padded", [8, 9], 4, padded(strided(kernel(2, 2), 3, 4), [1, 1, 1, 1]), 2, 1),
        window("window_drops_columns", [4, 9], 4, strided(kernel(2, 2), 1, 3), 1, 0),
        window("window_dilated", [6, 7], 4, padded(dilated(kernel(3, 2), 2, 3), [2, 3, 2, 0]), 1, 0),
        window(
            "window_dilated_early",
            [4, 3],
            4,
            dilated(padded(strided(kernel(2, 2), 2, 1), [1, 0, 1, 0]), 2, 1),
            1,
            0,
        ),
        window("window_uneven", [5, 4], 4, padded(kernel(4, 3), [3, 0, 1, 2]), 1, 0),
        window("window_wide_padding", [3, 3], 4, padded(kernel(5, 5), [2; 4]), 1, 0),
        window("window_left_over", [6, 6], 4, strided(kernel(3, 3), 2, 2), 1, 0),
        window("window_whole", [3, 4], 4, kernel(3, 4), 1, 0),
        window("window_filled", [3, 4], 3, around.clone(), 2, 0),
        image("window_signs", [3, 4], IntType::BIPOLAR, 2, 4).window(3, kernel(2, 2), 2, 1).finish(),
    ]
}

fn grouped_windows() -> Vec<Design> {
    let around = padded(kernel(3, 3), [1; 4]);
    let groups = |groups| Window { groups, ..around.clone() };
    vec![
        image("groups_window", [3, 4], i(4), 2, 8).window(3, groups(2), 1, 0).finish(),
        image("groups_window_repeats", [2, 3], i(4), 2, 8).window(2, groups(4), 2, 1).finish(),
        image("groups_mac", [3, 3], u(4), 2, 8)
            .window(3, groups(2), 2, 0)
            .mac(Mac::new(8, 2, 2).groups(2))
            .finish(),
        image("groups_mac_once", [2, 4], u(4), 2, 6)
            .window(2, groups(3), 1, 2)
            .mac(Mac::new(6, 2, 2).groups(3))
            .thresholds(u(3), true)
            .finish(),
    ]
}

fn line_buffers() -> Vec<Design> {
    let buffer = |name: &str, size: [usize; 2], lanes, window, memory| {
        image(name, size, u(3), lanes, 4).line_buffer(size[0], window, memory).finish()
    };
    let (logic, block) = (RamStyle::Distributed, RamStyle::Block);
    vec![
        buffer("lines_plain", [4, 5], 4, kernel(3, 3), logic),
        buffer("lines_slices", [4, 5], 2, kernel(3, 3), block),
        buffer("lines_filled", [4, 5], 3, kernel(3, 3), logic),
        buffer("lines_strides", [6, 7], 4, strided(kernel(3, 3), 2, 2), block),
        buffer("lines_strides_differ", [7, 8], 2, strided(kernel(2, 3), 3, 2), logic),
        buffer("lines_beyond", [7, 7], 4, strided(kernel(2, 2), 3, 3), logic),
        buffer("lines_dilated", [6, 7], 2, dilated(kernel(3, 2), 2, 3), block),
        buffer("lines_row", [1, 7], 2, kernel(1, 3), logic),
        buffer("lines_rows_alone", [3, 7], 4, kernel(1, 4), logic),
        buffer("lines_column", [5, 1], 4, kernel(3, 1), logic),
        buffer("lines_columns_alone", [5, 4], 2, kernel(3, 1), block),
        buffer("lines_tap", [3, 3], 2, kernel(1, 1), logic),
        buffer("lines_tap_strides", [4, 5], 4, strided(kernel(1, 1), 2, 2), logic),
        buffer("lines_whole", [3, 3], 4, kernel(3, 3), block),
        image("lines_signs", [4, 4], IntType::BIPOLAR, 4, 4).line_buffer(4, kernel(2, 2), logic).finish(),
    ]
}

fn pools() -> Vec<Design> {
    use PoolFunction::{Max, Sum};
    let pool = |name: &str, elem, size: [usize; 2], lanes, kernel, function| {
        image(name, size, elem, lanes, 4).pool(size[0], 4, kernel, function).finish()
    };
    vec![
        pool("pool_max", u(4), [4, 6], 4, [2, 2], Max),
        pool("pool_max_slices", i(4), [4, 6], 2, [2, 3], Max),
        pool("pool_max_left_over", i(4), [5, 7], 2, [2, 2], Max),
        pool("pool_max_left_over_wide", u(4), [7, 8], 4, [3, 3], Max),
        pool("pool_signs", IntType::BIPOLAR, [4, 4], 2, [2, 2], Max),
        pool("pool_sum", u(4), [4, 6], 2, [2, 2], Sum),
        pool("pool_sum_signed", i(4), [3, 6], 4, [3, 3], Sum),
        pool("pool_sum_signs", IntType::BIPOLAR, [4, 4], 4, [2, 2], Sum),
        pool("pool_global", i(4), [3, 5], 2, [3, 5], Sum),
        pool("pool_row", u(4), [3, 6], 2, [1, 3], Max),
        pool("pool_row_left_over", u(4), [2, 7], 1, [1, 3], Sum),
        pool("pool_column", u(4), [6, 3], 2, [3, 1], Max),
        pool("pool_column_alone", u(4), [6, 1], 4, [3, 1], Sum),
        pool("pool_pixel", i(3), [2, 3], 2, [1, 1], Max),
        image("pool_overlapping", [5, 5], u(4), 2, 4)
            .window(5, strided(padded(kernel(3, 3), [1; 4]), 2, 2), 1, 0)
            .pool(3, 4, [1, 9], Max)
            .finish(),
        image("pool_overlapping_lowest", [4, 4], i(4), 4, 4)
            .window(4, Window { value: -8, ..padded(kernel(2, 2), [1, 1, 0, 0]) }, 1, 0)
            .pool(4, 4, [1, 4], Max)
            .finish(),
    ]
}

fn depthwise() -> Vec<Design> {
    use MemoryStyle::{Block, Distributed};
    use Multiplier::{Dsp, Lut};
    let around = padded(kernel(3, 3), [1; 4]);
    let array = |name: &str, x, lanes, w, multiplier, memory| {
        image(name, [3, 4], x, lanes, 6)
            .window(3, around.clone(), 1, 0)
            .depthwise(9, w, multiplier, memory)
            .finish()
    };
    let pm = IntType::BIPOLAR;
    let signs = |name: &str, w| {
        image(name, [3, 3], pm, 2, 6).window(3, kernel(2, 2), 1, 0).depthwise(4, w, Lut, Distributed).finish()
    };
    let tap = |name: &str, lanes, channels| {
        image(name, [2, 2], i(4), lanes, channels).depthwise(1, i(4), Lut, Distributed).finish()
    };
    vec![
        array("depthwise_slices", u(4), 2, i(4), Lut, Distributed),
        array("depthwise_whole", i(3), 6, u(3), Lut, Distributed),
        array("depthwise_serial", u(4), 1, i(2), Lut, Block),
        array("depthwise_dsp", u(8), 3, i(8), Dsp, Block),
        image("depthwise_slow", [3, 4], u(8), 3, 6)
            .window(3, around.clone(), 1, 0)
            .depthwise(9, i(8), Dsp, Block)
            .slow_memory()
            .finish(),
        array("depthwise_dsp_whole", i(8), 6, i(8), Dsp, Distributed),
        array("depthwise_sign_weights", i(4), 3, pm, Lut, Distributed),
        signs("depthwise_signs", pm),
        signs("depthwise_sign_inputs", i(3)),
        tap("depthwise_tap", 2, 6),
        tap("depthwise_tap_whole", 3, 3),
        array_then_thresholds(&around),
    ]
}

fn array_then_thresholds(around: &Window) -> Design {
    image("depthwise_thresholds", [4, 3], u(3), 2, 4)
        .window(4, strided(around.clone(), 2, 1), 1, 0)
        .depthwise(9, i(3), Multiplier::Lut, MemoryStyle::Distributed)
        .thresholds(u(3), true)
        .mac(Mac::new(5, 2, 5))
        .finish()
}

fn joins() -> Vec<Design> {
    let inputs = |name: &str, operands: &[(IntType, usize)], lanes| {
        let chain = Chain::new(name).vectors(3);
        operands.iter().fold(chain, |chain, (ty, channels)| chain.input(*ty, lanes, *channels))
    };
    let pm = IntType::BIPOLAR;
    vec![
        inputs("concat_two", &[(u(4), 4), (u(4), 6)], 2).concat(2).finish(),
        inputs("concat_types", &[(u(3), 4), (i(5), 2), (u(1), 8)], 2).concat(3).finish(),
        inputs("concat_whole", &[(i(2), 3), (u(2), 3)], 3).concat(2).finish(),
        inputs("concat_signs", &[(pm, 2), (pm, 4)], 2).concat(2).finish(),
        inputs("concat_serial", &[(u(2), 1), (u(2), 3), (i(4), 1), (u(7), 2)], 1).concat(4).finish(),
        Chain::new("concat_forked").vectors(4).input(u(4), 2, 4).fork(2).fifo(4).concat(2).finish(),
        Chain::new("residual")
            .vectors(12)
            .input(u(4), 2, 4)
            .fork(2)
            .window(3, padded(kernel(3, 3), [1; 4]), 2, 0)
            .mac(Mac::new(4, 2, 2))
            .thresholds(u(4), true)
            .swap()
            .fifo(26) // as many as the other branch holds: one less shows
            .add([2, -1])
            .finish(),
    ]
}

fn reorders() -> Vec<Design> {
    let (logic, block) = (RamStyle::Distributed, RamStyle::Block);
    let reorder = |name: &str, vectors, group, order: &[u32], vector, memory| {
        Chain::new(name)
            .vectors(vectors)
            .input(u(5), 2, 4)
            .reorder(group, order.to_vec(), vector, memory)
            .finish()
    };
    let transposed: Vec<u32> = (0..300).map(|i| i % 15 * 20 + i / 15).collect();
    vec![
        reorder("reorder_reversed", 4, 4, &[3, 2, 1, 0], 4, logic),
        reorder("reorder_whole", 3, 6, &[5, 0, 3, 1, 4, 2], 4, block),
        reorder("reorder_repeats", 3, 2, &[0, 1, 0, 1, 0, 1], 4, logic),
        reorder("reorder_enlarged", 3, 6, &[0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5], 4, block),
        reorder("reorder_omissions", 4, 4, &[2, 3], 4, logic),
        reorder("reorder_one_of_many", 6, 3, &[1], 2, logic),
        reorder("reorder_single", 3, 1, &[0, 0, 0], 2, logic),
        reorder("reorder_same", 3, 1, &[0], 4, block),
        reorder("reorder_transposed", 150, 300, &transposed, 4, block),
    ]
}

fn convolutions() -> Vec<Design> {
    let around = padded(kernel(3, 3), [1; 4]);
    let mac = |name: &str, size: [usize; 2], lanes, window, repeats, mac| {
        image(name, size, u(4), lanes, 4)
            .window(size[0], window, repeats, 0)
            .mac(mac)
            .thresholds(u(2), true)
            .finish()
    };
    vec![
        mac("conv_fold", [4, 5], 2, around.clone(), 3, Mac::new(6, 2, 2)),
        mac("conv_wide", [4, 4], 4, strided(around.clone(), 2, 2), 2, Mac::new(6, 4, 3)),
        mac("conv_row", [1, 9], 4, dilated(padded(kernel(1, 3), [0, 2, 0, 2]), 1, 2), 2, Mac::new(4, 12, 2)),
        image("conv_lines", [4, 5], i(4), 4, 4)
            .pad(4, [1; 4], 2)
            .line_buffer(6, kernel(3, 3), RamStyle::Block)
            .mac(Mac::new(4, 36, 4).memory(MemoryStyle::Constant))
            .finish(),
        image("conv_lines_slices", [5, 5], i(4), 2, 4)
            .pad(5, [1, 1, 0, 0], -1)
            .line_buffer(6, strided(kernel(2, 2), 2, 2), RamStyle::Distributed)
            .mac(Mac::new(4, 8, 2))
            .finish(),
        image("conv_pool", [6, 6], u(3), 2, 4)
            .window(6, around.clone(), 1, 4)
            .mac(Mac::new(4, 6, 4))
            .thresholds(u(3), true)
            .lanes(2)
            .pool(6, 4, [2, 2], PoolFunction::Max)
            .mac(Mac::new(3, 4, 3))
            .finish(),
        image("conv_deep", [5, 5], u(2), 2, 2)
            .window(5, around, 1, 0)
            .mac(Mac::new(4, 2, 4))
            .thresholds(u(2), true)
            .window(5, strided(kernel(3, 3), 2, 2), 2, 2)
            .mac(Mac::new(6, 4, 3))
            .thresholds(u(2), false)
            .pool(2, 6, [2, 2], PoolFunction::Sum)
            .finish(),
    ]
}
