//! Random geometries: two layers each, with what may stand around them.

use crate::check;
use crate::common::Random;
use crate::common::build::Net;
use mpqc_ir::onnx::testing::NodeBuilder;

/// A window along both axes, and the extent that it leaves of an image.
struct Geometry {
    kernel: [i64; 2],
    strides: [i64; 2],
    dilations: [i64; 2],
    pads: [i64; 4],
    output: [i64; 2],
}

fn up_to(random: &mut Random, most: i64) -> i64 {
    1 + (random.next() % most as u64) as i64
}

impl Geometry {
    /// One that fits an image; paddings stay below the kernel's extent if `less`.
    fn random(random: &mut Random, image: [i64; 2], less: bool) -> Geometry {
        let two = |random: &mut Random, most: i64| [up_to(random, most), up_to(random, most)];
        loop {
            let (kernel, strides, dilations) = (two(random, 4), two(random, 3), two(random, 2));
            let extent = [0, 1].map(|axis| (kernel[axis] - 1) * dilations[axis] + 1);
            let pads: [i64; 4] = std::array::from_fn(|side| {
                let most = extent[side % 2] + i64::from(!less);
                up_to(random, most) - 1
            });
            let room = [0, 1].map(|axis| image[axis] + pads[axis] + pads[axis + 2] - extent[axis]);
            if room.iter().all(|room| *room >= 0) {
                let output = [0, 1].map(|axis| room[axis] / strides[axis] + 1);
                return Geometry { kernel, strides, dilations, pads, output };
            }
        }
    }

    fn attributes(&self, n: NodeBuilder) -> NodeBuilder {
        let n = n.attr_ints("kernel_shape", &self.kernel).attr_ints("strides", &self.strides);
        n.attr_ints("dilations", &self.dilations).attr_ints("pads", &self.pads)
    }
}

/// A convolution, batch norms of both signs, a maximum somewhere, a quantizer.
fn layer(net: &mut Net, random: &mut Random, x: &str, channels: i64, image: &mut [i64; 2]) -> (String, i64) {
    let groups = if channels % 2 == 0 { up_to(random, 2) } else { 1 };
    let groups = if random.next().is_multiple_of(4) { channels } else { groups };
    let outputs = groups * up_to(random, 3);
    let conv = Geometry::random(random, *image, false);
    let dims = [outputs, channels / groups, conv.kernel[0], conv.kernel[1]];
    let mut y = net.conv(x, &dims, |n| conv.attributes(n).attr_int("group", groups));
    *image = conv.output;
    let place = random.next() % 4;
    let mut pool = |net: &mut Net, random: &mut Random, at: u64, y: String| {
        if place != at {
            return y;
        }
        let mut window = Geometry::random(random, *image, true);
        while window.dilations != [1, 1] && window.pads != [0; 4] {
            // Dilated windows may miss the image.
            window = Geometry::random(random, *image, true);
        }
        *image = window.output;
        net.op("MaxPool", &[&y], |n| window.attributes(n))
    };
    y = pool(net, random, 0, y);
    y = net.batch_norm(&y, outputs, -1.0, 1.0);
    y = pool(net, random, 1, y);
    if random.next().is_multiple_of(2) {
        y = net.op("Relu", &[&y], |n| n);
    }
    y = net.quant(&y, 0.25, (random.next() % 5) as f32 - 2.0, 4.0, true);
    (pool(net, random, 2, y), outputs)
}

#[test]
fn random_geometries() {
    for seed in 1..=60u64 {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut net = Net::new(seed);
        let mut image = [4 + up_to(&mut random, 6), 4 + up_to(&mut random, 6)];
        let channels = up_to(&mut random, 4);
        let shape = [1, channels as usize, image[0] as usize, image[1] as usize];
        let x = net.input("x", &shape.map(|n| n as i64));
        let q = net.quant(&x, 0.25, (seed % 3) as f32, 4.0, true);
        let (y, channels) = layer(&mut net, &mut random, &q, channels, &mut image);
        let (y, _) = layer(&mut net, &mut random, &y, channels, &mut image);
        check(net, &[&y], 4, &[&shape]);
    }
}

#[test]
fn random_transposed_geometries() {
    for seed in 1..=40u64 {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut net = Net::new(seed);
        let image = [1 + up_to(&mut random, 4), 1 + up_to(&mut random, 4)];
        let x = net.input("x", &[1, 4, image[0], image[1]]);
        let q = net.quant(&x, 0.25, (seed % 3) as f32, 4.0, true);
        let window = Geometry::random(&mut random, image, true);
        let extra = [0, 1].map(|axis| up_to(&mut random, window.strides[axis]) - 1);
        let length = |axis: usize| {
            let extent = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
            let full = (image[axis] - 1) * window.strides[axis] + extent + extra[axis];
            full - window.pads[axis] - window.pads[axis + 2]
        };
        if length(0) < 1 || length(1) < 1 {
            continue;
        }
        let groups = up_to(&mut random, 2);
        let w = net.weights(&[4, 2, window.kernel[0], window.kernel[1]], 4);
        let y = net.op("ConvTranspose", &[&q, &w], |n| {
            window.attributes(n).attr_ints("output_padding", &extra).attr_int("group", groups)
        });
        let z = net.quant(&y, 0.25, 0.0, 5.0, true);
        check(net, &[&z], 4, &[&[1, 4, image[0] as usize, image[1] as usize]]);
    }
}

#[test]
fn random_sums() {
    for seed in 1..=30u64 {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut net = Net::new(seed);
        let names = ["a", "b"].map(|name| {
            let x = net.input(name, &[1, 3, 8, 8]);
            let (scale, zero) = (random.real(0.01, 0.1) as f32, (random.next() % 40) as i8 - 20);
            if random.next().is_multiple_of(2) {
                net.qdq(&x, scale, zero)
            } else {
                net.quant(&x, scale, f32::from(zero), (3 + random.next() % 5) as f32, true)
            }
        });
        let join = if random.next().is_multiple_of(3) { "Sub" } else { "Add" };
        let mut y = net.op(join, &[&names[0], &names[1]], |n| n);
        if random.next().is_multiple_of(2) {
            y = net.batch_norm(&y, 3, -1.0, 1.0);
        }
        if random.next().is_multiple_of(2) {
            y = net.op("MaxPool", &[&y], |n| n.attr_ints("kernel_shape", &[2, 2]));
        }
        let z = net.quant(&y, random.real(0.01, 0.1) as f32, 0.0, (2 + random.next() % 7) as f32, true);
        let mut outputs = vec![z.as_str()];
        let w = net.qdq(&y, 0.03, 4);
        if random.next().is_multiple_of(3) {
            outputs.push(&w);
        }
        check(net, &outputs, 4, &[&[1, 3, 8, 8], &[1, 3, 8, 8]]);
    }
}
