//! The blocks that are measured: every kind, over parameters that networks have.

use mpqc_ir::design::Design;
use mpqc_ir::design::blocks::{MemoryStyle, Multiplier, RamStyle};
use mpqc_ir::design::testing::{Chain, Mac};
use mpqc_ir::int_network::{PoolFunction, Window};
use mpqc_ir::number::IntType;

/// Signed, of `bits` bits.
fn i(bits: u32) -> IntType {
    IntType::quantizer(true, bits, false)
}

/// Unsigned, of `bits` bits.
fn u(bits: u32) -> IntType {
    IntType::quantizer(false, bits, false)
}

/// Designs of one block between adapters, by the kind of the block that is measured. Names tell the parameters.
pub fn grid() -> Vec<(&'static str, Vec<Design>)> {
    vec![
        ("axis_input", adapters()),
        ("axis_output", adapters()),
        ("fork", forks()),
        ("fifo", fifos()),
        ("replay", replays()),
        ("width_converter", converters()),
        ("thresholds", thresholds()),
        ("scale_shift", scales()),
        ("add", adders()),
        ("argmax", maxima()),
        ("concat", concatenations()),
        ("reorder", reorders()),
        ("pad", pads()),
        ("pool", pools()),
        ("window", windows()),
        ("line_buffer", line_buffers()),
        ("depthwise", depthwise()),
        ("mac_array", arrays()),
    ]
}

fn adapters() -> Vec<Design> {
    [(1, 1, 64), (2, 4, 100), (4, 8, 64), (8, 3, 3072), (4, 16, 784), (8, 16, 1024)]
        .map(|(bits, lanes, vector)| {
            Chain::new(&format!("u{bits}_{lanes}_of_{vector}")).input(u(bits), lanes, vector).finish()
        })
        .into()
}

fn forks() -> Vec<Design> {
    [(2, 4, 2), (4, 8, 2), (8, 8, 3), (4, 16, 4)]
        .map(|(bits, lanes, ways)| {
            Chain::new(&format!("u{bits}_{lanes}_to_{ways}")).input(u(bits), lanes, 64).fork(ways).finish()
        })
        .into()
}

fn fifos() -> Vec<Design> {
    [
        (8, 1, 2),
        (2, 8, 8),
        (4, 8, 16),
        (4, 16, 32),
        (4, 4, 33),
        (8, 8, 64),
        (4, 8, 100),
        (2, 16, 200),
        (8, 4, 512),
    ]
    .map(|(bits, lanes, depth)| {
        Chain::new(&format!("u{bits}_{lanes}_depth_{depth}")).input(u(bits), lanes, 64).fifo(depth).finish()
    })
    .into()
}

fn replays() -> Vec<Design> {
    [
        (1, 8, 8, 4),
        (4, 1, 64, 10),
        (4, 8, 64, 16),
        (2, 8, 64, 8),
        (8, 4, 64, 16),
        (4, 16, 256, 32),
        (8, 8, 512, 64),
        (2, 32, 256, 4),
        (4, 4, 512, 128),
    ]
    .map(|(bits, lanes, vector, repeats)| {
        let beats: usize = vector / lanes;
        let capacity = (2 * beats).next_multiple_of(32);
        let name = format!("u{bits}_{lanes}_of_{vector}_times_{repeats}");
        Chain::new(&name).vectors(16).input(u(bits), lanes, vector).replay(repeats, capacity).finish()
    })
    .into()
}

fn converters() -> Vec<Design> {
    [
        (4, 1, 8, 64),
        (4, 2, 16, 64),
        (8, 4, 8, 64),
        (2, 4, 32, 256),
        (4, 3, 9, 27),
        (4, 4, 16, 40),
        (8, 2, 8, 50),
        (4, 8, 1, 64),
        (8, 8, 4, 64),
        (4, 16, 2, 64),
        (2, 32, 4, 256),
        (8, 16, 4, 50),
    ]
    .map(|(bits, from, to, vector)| {
        let name = format!("u{bits}_{from}_to_{to}_of_{vector}");
        Chain::new(&name).vectors(4).input(u(bits), from, vector).lanes(to).finish()
    })
    .into()
}

fn thresholds() -> Vec<Design> {
    [
        (12, 1, 1, 64),
        (13, 1, 16, 64),
        (8, 2, 1, 16),
        (10, 2, 8, 64),
        (12, 3, 4, 64),
        (16, 3, 8, 256),
        (12, 4, 1, 64),
        (13, 4, 4, 64),
        (13, 4, 16, 64),
        (16, 4, 4, 256),
        (13, 5, 2, 64),
        (14, 6, 1, 64),
        (14, 6, 2, 16),
        (18, 8, 1, 16),
        (12, 1, 32, 32),
        (12, 3, 16, 16),
        (10, 4, 8, 8),
        (16, 4, 4, 4),
    ]
    .map(|(input, output, lanes, channels)| {
        let name = format!("i{input}_to_u{output}_{lanes}_of_{channels}");
        Chain::new(&name).vectors(8).input(i(input), lanes, channels).thresholds(u(output), true).finish()
    })
    .into()
}

fn scales() -> Vec<Design> {
    let per_channel = [
        (12, 4, 1, 64, false),
        (12, 4, 4, 64, false),
        (16, 8, 2, 64, false),
        (16, 8, 4, 256, false),
        (20, 8, 1, 16, false),
        (10, 2, 8, 64, false),
        (12, 4, 4, 64, true),
        (16, 8, 4, 64, true),
        (20, 8, 8, 256, true),
        (14, 6, 2, 16, true),
        (12, 4, 2, 16, true),
    ];
    let common = [
        (6, 4, 2, 16, false),
        (10, 6, 1, 32, false),
        (12, 4, 8, 64, false),
        (16, 8, 4, 64, false),
        (12, 4, 4, 64, true),
        (18, 8, 2, 64, true),
    ];
    let all = per_channel.map(|it| (it, true)).into_iter().chain(common.map(|it| (it, false)));
    all.map(|((input, output, lanes, channels, dsp), per_channel)| {
        let suffix =
            [("_common", !per_channel), ("_dsp", dsp)].map(|(text, holds)| if holds { text } else { "" });
        let name = format!("i{input}_to_u{output}_{lanes}_of_{channels}{}", suffix.concat());
        let chain = Chain::new(&name).vectors(8).input(i(input), lanes, channels);
        chain.scale_shift(u(output), per_channel, dsp).finish()
    })
    .chain(shifts())
    .collect()
}

/// What is left of a scale where factors are powers of two.
fn shifts() -> impl Iterator<Item = Design> {
    [(10, 4, 16, 2), (8, 4, 64, 1), (12, 2, 32, 6), (16, 8, 4, 5)].into_iter().map(
        |(input, output, lanes, shift)| {
            let name = format!("i{input}_to_u{output}_{lanes}_of_{lanes}_shift_{shift}");
            Chain::new(&name).vectors(8).input(i(input), lanes, lanes).shift(u(output), shift).finish()
        },
    )
}

fn adders() -> Vec<Design> {
    [(4, 4, [1, 1]), (8, 8, [1, 1]), (4, 16, [1, -1]), (8, 4, [3, 5]), (8, 2, [93, 57]), (4, 8, [1, 2])]
        .map(|(bits, lanes, gains)| {
            let name =
                format!("i{bits}_{lanes}_gains_{}_{}", gains[0], gains[1].to_string().replace('-', "m"));
            Chain::new(&name).input(i(bits), lanes, 64).input(i(bits), lanes, 64).add(gains).finish()
        })
        .into()
}

fn maxima() -> Vec<Design> {
    [(8, 1, 10), (12, 1, 10), (12, 2, 10), (16, 4, 100), (12, 4, 16), (20, 1, 1000)]
        .map(|(bits, lanes, channels)| {
            let name = format!("i{bits}_{lanes}_of_{channels}");
            Chain::new(&name).input(i(bits), lanes, channels).argmax(1, false).finish()
        })
        .into()
}

fn concatenations() -> Vec<Design> {
    [(4, 4, 2), (4, 8, 3), (8, 8, 2), (2, 16, 4)]
        .map(|(bits, lanes, ways)| {
            let input = |chain: Chain, _| chain.input(u(bits), lanes, 32);
            let chain = Chain::new(&format!("u{bits}_{lanes}_of_{ways}")).vectors(4);
            (0..ways).fold(chain, input).concat(ways).finish()
        })
        .into()
}

fn reorders() -> Vec<Design> {
    [
        (4, 4, 16, RamStyle::Distributed),
        (8, 4, 64, RamStyle::Distributed),
        (4, 16, 80, RamStyle::Block),
        (8, 8, 256, RamStyle::Block),
    ]
    .map(|(bits, lanes, group, memory)| {
        let order = (0..group as u32).map(|beat| (beat * 5 + 3) % group as u32).collect();
        let name = format!("u{bits}_{lanes}_group_{group}_{memory:?}").to_lowercase();
        Chain::new(&name)
            .input(u(bits), lanes, lanes * group)
            .reorder(group, order, lanes * group, memory)
            .finish()
    })
    .into()
}

/// `side` × `side` pixels.
fn image(name: &str, side: usize, bits: u32, lanes: usize, channels: usize) -> Chain {
    Chain::new(name).vectors(side * side).input(u(bits), lanes, channels)
}

fn pads() -> Vec<Design> {
    [(8, 3, 3, 32), (4, 16, 16, 40), (4, 8, 32, 20), (2, 32, 64, 16), (8, 8, 64, 8)]
        .map(|(bits, lanes, channels, side)| {
            let name = format!("u{bits}_{lanes}_of_{channels}_side_{side}");
            image(&name, side, bits, lanes, channels).pad(side, [1; 4], 0).finish()
        })
        .into()
}

fn pools() -> Vec<Design> {
    use PoolFunction::{Max, Sum};
    [
        (4, 4, 16, 40, [2, 2], Max),
        (4, 16, 16, 40, [2, 2], Max),
        (2, 8, 64, 28, [2, 2], Max),
        (1, 16, 64, 28, [2, 2], Max),
        (8, 4, 64, 8, [2, 2], Max),
        (4, 4, 64, 8, [8, 8], Sum),
        (8, 8, 64, 8, [8, 8], Sum),
        (8, 2, 16, 16, [2, 2], Sum),
    ]
    .map(|(bits, lanes, channels, side, kernel, function)| {
        let name =
            format!("u{bits}_{lanes}_of_{channels}_side_{side}_{function:?}_{}", kernel[0]).to_lowercase();
        image(&name, side, bits, lanes, channels).pool(side, channels, kernel, function).finish()
    })
    .into()
}

fn kernel(size: usize, stride: usize, pad: usize) -> Window {
    Window { kernel: [size; 2], stride: [stride; 2], dilation: [1; 2], pads: [pad; 4], value: 0, groups: 1 }
}

fn windows() -> Vec<Design> {
    [
        (4, 16, 16, 40, 3, 1, 1, 4),
        (4, 4, 64, 8, 3, 1, 1, 16),
        (2, 8, 64, 28, 3, 1, 0, 8),
        (1, 32, 64, 14, 3, 1, 0, 4),
        (8, 3, 3, 32, 3, 1, 1, 2),
        (5, 16, 16, 8, 3, 1, 1, 1),
        (4, 16, 16, 4, 3, 1, 1, 8),
        (8, 8, 16, 32, 3, 2, 1, 4),
        (8, 16, 32, 16, 1, 2, 0, 2),
        (4, 8, 32, 20, 5, 1, 2, 1),
    ]
    .map(|(bits, lanes, channels, side, size, stride, pad, repeats)| {
        let name =
            format!("u{bits}_{lanes}_of_{channels}_side_{side}_kernel_{size}_{stride}_{pad}_times_{repeats}");
        let extra = if side * channels / lanes > 100 { 8 } else { 0 };
        image(&name, side, bits, lanes, channels)
            .window(side, kernel(size, stride, pad), repeats, extra)
            .finish()
    })
    .into()
}

fn line_buffers() -> Vec<Design> {
    [
        (8, 3, 3, 34, 3, 1, RamStyle::Distributed),
        (8, 3, 3, 162, 3, 1, RamStyle::Block),
        (4, 8, 32, 22, 3, 1, RamStyle::Block),
        (2, 16, 64, 14, 3, 1, RamStyle::Distributed),
        (4, 4, 16, 30, 5, 1, RamStyle::Distributed),
        (8, 4, 4, 32, 3, 2, RamStyle::Distributed),
    ]
    .map(|(bits, lanes, channels, side, size, stride, memory)| {
        let name = format!("u{bits}_{lanes}_of_{channels}_side_{side}_kernel_{size}_{stride}_{memory:?}")
            .to_lowercase();
        image(&name, side, bits, lanes, channels).line_buffer(side, kernel(size, stride, 0), memory).finish()
    })
    .into()
}

fn depthwise() -> Vec<Design> {
    use MemoryStyle::{Block, Distributed};
    use Multiplier::{Dsp, Lut};
    [
        (4, 4, 4, 32, Lut, Distributed),
        (4, 4, 8, 32, Lut, Distributed),
        (8, 8, 4, 32, Lut, Distributed),
        (2, 2, 16, 64, Lut, Distributed),
        (8, 4, 2, 16, Lut, Block),
        (8, 8, 8, 32, Dsp, Block),
        (8, 8, 4, 64, Dsp, Distributed),
        (4, 8, 16, 16, Dsp, Distributed),
    ]
    .map(|(w, x, lanes, channels, multiplier, memory)| {
        let name = format!("w{w}_x{x}_{lanes}_of_{channels}_{multiplier:?}_{memory:?}").to_lowercase();
        image(&name, 8, x, lanes, channels)
            .window(8, kernel(3, 1, 0), 1, 0)
            .depthwise(9, i(w), multiplier, memory)
            .finish()
    })
    .into()
}

/// An array of a layer of `size` × `size`; `products` in a DSP slice, 0 for look-up tables.
struct Array {
    bits: [u32; 2],
    pe: usize,
    simd: usize,
    size: usize,
    products: usize,
    memory: MemoryStyle,
}

impl Array {
    fn design(&self) -> Design {
        let Array { bits: [w, x], pe, simd, size, products, memory } = *self;
        let rows = if products == 0 { 0 } else { pe };
        let name = format!("w{w}_x{x}_pe_{pe}_simd_{simd}_of_{size}_products_{products}_{memory:?}");
        let mac = Mac::new(size, simd, pe).weights(i(w)).dsp(rows, products.max(1)).memory(memory);
        Chain::new(&name.to_lowercase()).vectors(4).input(u(x), simd, size).mac(mac).finish()
    }
}

fn arrays() -> Vec<Design> {
    use MemoryStyle::{Block, Constant, Distributed};
    let array =
        |w, x, pe, simd, products, memory| Array { bits: [w, x], pe, simd, size: 64, products, memory };
    let constant = |w, x, pe| Array { size: 16, ..array(w, x, pe, 16, 0, Constant) };
    let folded = [
        array(4, 4, 4, 8, 0, Distributed),
        array(4, 4, 1, 4, 0, Distributed),
        array(4, 4, 4, 16, 0, Block),
        array(2, 2, 8, 8, 0, Distributed),
        array(2, 2, 4, 32, 0, Distributed),
        array(3, 3, 4, 8, 0, Distributed),
        array(4, 8, 4, 8, 0, Distributed),
        array(8, 4, 2, 8, 0, Block),
        array(6, 6, 4, 8, 0, Block),
        array(8, 8, 2, 8, 0, Distributed),
        array(8, 8, 4, 8, 1, Block),
        array(4, 8, 4, 8, 2, Distributed),
        array(4, 4, 4, 8, 2, Distributed),
        Array { simd: 64, pe: 64, ..array(2, 2, 64, 64, 0, Constant) },
        Array { simd: 32, pe: 32, size: 32, ..array(4, 4, 32, 32, 0, Constant) },
        constant(2, 2, 16),
        constant(4, 4, 16),
        constant(8, 8, 16),
    ];
    let signs = [(8, 32), (4, 64), (16, 8)].map(|(pe, simd)| {
        let mac = Mac::new(64, simd, pe).weights(IntType::BIPOLAR);
        let name = format!("signs_pe_{pe}_simd_{simd}_of_64");
        Chain::new(&name).vectors(4).input(IntType::BIPOLAR, simd, 64).mac(mac).finish()
    });
    folded.iter().map(Array::design).chain(signs).chain(shared()).collect()
}

/// Arrays over neighbouring pixels: `rows` in slices of so many `products` rows, the others in look-up tables.
fn shared() -> impl Iterator<Item = Design> {
    let arrays = [
        // Pixels, taps, channels a beat, rows, in slices, a slice.
        (4, 2, 3, 4, 4, 4, 1),
        (4, 2, 1, 8, 4, 4, 2),
        (4, 2, 3, 4, 4, 2, 1),
        (2, 3, 3, 4, 2, 2, 1),
    ];
    arrays.into_iter().map(|(bits, pixels, taps, lanes, pe, rows, products)| {
        let name =
            format!("w{bits}_x{bits}_pe_{pe}_of_16_pixels_{pixels}_taps_{taps}_lanes_{lanes}_slices_{rows}");
        let mac =
            Mac::new(16, lanes * pixels, pe).weights(i(bits)).dsp(rows, products).overlap(pixels, taps, 4);
        Chain::new(&name).vectors(8).input(u(bits), mac.simd, 4 * mac.simd).mac(mac).finish()
    })
}
