//! Schedules of networks over images: what the design computes is what the network means, at the rate that the
//! schedule says.

use mpqc_ir::design::blocks::Block;
use mpqc_ir::design::testing::Random;
use mpqc_ir::int_network::{IntNetwork, IntOp, PoolFunction, Shape, Window};
use mpqc_ir::number::IntType;
use mpqc_schedule::testing::{NetworkBuilder, Tensor};
use mpqc_schedule::{Fold, Options, Schedule, schedule, targets};
use mpqc_sim::Stalls;
use mpqc_sim::function::Evaluator;
use mpqc_sim::timing::measure;
use ndarray::Array2;
use std::sync::Arc;

const U4: IntType = IntType { encoding: mpqc_ir::number::Encoding::Unsigned, bits: 4, min: 0, max: 15 };
const I4: IntType = IntType { encoding: mpqc_ir::number::Encoding::Signed, bits: 4, min: -8, max: 7 };

fn window(kernel: usize, stride: usize, pad: usize) -> Window {
    Window { kernel: [kernel; 2], stride: [stride; 2], dilation: [1; 2], pads: [pad; 4], value: 0, groups: 1 }
}

fn image(height: usize, width: usize, channels: usize) -> Shape {
    Shape { height, width, channels }
}

/// Four folds: each must give the network's outputs, every frame, in the cycles that were said.
fn check(network: &IntNetwork, slack: f64) {
    let target = || targets::find("zcu104").unwrap();
    let auto = |fps| Options { fps, ..Options::new(target()) };
    let fixed = |fold| Options { fold, ..Options::new(target()) };
    let asked = [auto(None), auto(Some(20_000.0)), auto(Some(500_000.0)), fixed(Fold::Min)];
    for options in asked {
        let Ok(s) = schedule(network, &options) else {
            assert!(options.fps.is_some_and(|fps| fps > 100_000.0), "{}: {:?}", network.name, options);
            continue;
        };
        computes(network, &s);
        keeps_its_rate(network, &s, slack);
    }
}

fn computes(network: &IntNetwork, s: &Schedule) {
    let mut random = Random(7);
    let ports = &network.host.inputs;
    let inputs: Vec<Vec<i64>> =
        ports.iter().map(|p| (0..p.shape.elements()).map(|_| random.value(p.ty)).collect()).collect();
    let equal = Evaluator::new(&s.design).outputs(&inputs) == network.execute(&inputs);
    assert!(equal, "{}: the design computes something else", network.name);
}

fn keeps_its_rate(network: &IntNetwork, s: &Schedule, slack: f64) {
    let timing = measure(&s.design, 6, Stalls::None).unwrap_or_else(|e| panic!("{}: {e}", network.name));
    assert_eq!(timing.cycles_per_frame, s.cycles_per_frame, "{}", network.name);
    let blocks = s.design.graph.node_weights().map(|n| n.block.spec().cycles_per_frame()).max();
    let most = blocks.unwrap_or(1) as f64 * slack;
    assert!(
        timing.cycles_per_frame as f64 <= most,
        "{}: {} of {most}",
        network.name,
        timing.cycles_per_frame
    );
    measure(&s.design, 3, Stalls::Random { seed: 5 }).unwrap_or_else(|e| panic!("{}: {e}", network.name));
}

fn build(name: &str, shape: Shape, layers: impl Fn(&mut NetworkBuilder, Tensor) -> Tensor) -> IntNetwork {
    let mut b = NetworkBuilder::new(3);
    let x = b.input(U4, shape);
    let y = layers(&mut b, x);
    b.output(y);
    b.finish(name)
}

#[test]
fn convolutions_of_many_shapes() {
    for (kernel, stride, pad, size) in
        [(3, 1, 1, 8), (3, 1, 0, 9), (3, 2, 1, 8), (1, 2, 0, 8), (5, 1, 2, 7), (2, 2, 0, 6), (3, 3, 0, 11)]
    {
        let network = build(&format!("conv{kernel}s{stride}p{pad}"), image(size, size + 1, 6), |b, x| {
            let y = b.conv(x, window(kernel, stride, pad), 8, I4);
            let y = b.requantize(y, U4, false);
            b.dot(y, 5, I4, false)
        });
        check(&network, 1.5);
    }
}

#[test]
fn two_convolutions_a_pool_and_a_matrix() {
    let network = build("cnn", image(12, 12, 3), |b, x| {
        let y = b.conv(x, window(3, 1, 1), 8, I4);
        let y = b.requantize(y, U4, false);
        let y = b.pool(y, y.shape, [2, 2], PoolFunction::Max);
        let y = b.conv(y, window(3, 1, 0), 6, I4);
        let y = b.requantize(y, U4, false);
        b.dot(y, 10, I4, true)
    });
    check(&network, 1.3);
}

#[test]
fn grouped_and_depthwise_convolutions() {
    let network = build("grouped", image(7, 7, 8), |b, x| {
        let y = b.conv(x, Window { groups: 4, ..window(3, 1, 1) }, 12, I4);
        let y = b.requantize(y, U4, false);
        let y = b.depthwise(y, window(3, 2, 1), I4);
        let y = b.requantize(y, U4, false);
        b.dot(y, 4, I4, false)
    });
    check(&network, 1.3);
}

/// Weights of every third channel are halved, of every other third quartered; every channel has a function of its own.
fn narrowed(mut network: IntNetwork) -> IntNetwork {
    for node in network.graph.node_weights_mut() {
        match &mut node.op {
            IntOp::Dot(dot) => {
                let halved = dot.weights.indexed_iter().map(|((o, _), w)| w >> (o % 3)).collect();
                dot.weights = Arc::new(Array2::from_shape_vec(dot.weights.dim(), halved).unwrap());
            }
            IntOp::Requantize(r) if r.scale.is_some() => r.thresholds = None,
            IntOp::Requantize(r) => {
                let thresholds = Arc::make_mut(r.thresholds.as_mut().unwrap());
                let moved = thresholds.table.indexed_iter().map(|((channel, _), t)| t + channel as i64 % 5);
                let moved = Array2::from_shape_vec(thresholds.table.dim(), moved.collect());
                thresholds.table = Arc::new(moved.unwrap());
            }
            _ => {}
        }
    }
    network
}

/// Channels of a layer whose weights are narrow share rows, and all that reads them follows.
#[test]
fn channels_of_different_widths_change_places() {
    let network = narrowed(build("uneven", image(8, 8, 5), |b, x| {
        let y = b.conv(x, window(3, 1, 1), 14, I4);
        let y = b.requantize(y, U4, true);
        let y = b.depthwise(y, window(3, 1, 1), I4);
        let y = b.requantize(y, U4, true);
        let y = b.pool(y, y.shape, [2, 2], PoolFunction::Max);
        let y = b.conv(y, window(3, 1, 0), 9, I4);
        let y = b.requantize(y, U4, true);
        let y = b.dot(y, 21, I4, true);
        let y = b.requantize(y, U4, false);
        b.dot(y, 10, I4, false)
    }));
    check(&network, 1.3);
    let widths = |fps| {
        let asked = Options { fps: Some(fps), ..Options::new(targets::find("zcu104").unwrap()) };
        let s = schedule(&network, &asked).unwrap();
        computes(&network, &s);
        let arrays = s.design.graph.into_nodes_edges().0.into_iter().filter_map(|n| match n.weight.block {
            Block::MacArray(array) => Some(array.row_bits),
            _ => None,
        });
        arrays.collect::<Vec<_>>()
    };
    let all: Vec<Vec<u32>> = [1e5, 2e5, 3e5, 4e5, 5e5].into_iter().flat_map(widths).collect();
    assert!(all.iter().any(|rows| rows.first() > rows.last()), "no array has rows of two widths: {all:?}");
}

#[test]
fn every_layer_with_weights_is_reported_in_the_order_of_the_pipeline() {
    let network = build("reported", image(7, 7, 8), |b, x| {
        let y = b.conv(x, window(3, 1, 1), 12, I4);
        let y = b.requantize(y, U4, false);
        let y = b.depthwise(y, window(3, 2, 1), I4);
        let y = b.requantize(y, U4, false);
        b.dot(y, 4, I4, false)
    });
    let s = schedule(&network, &Options::new(targets::find("zcu104").unwrap())).unwrap();
    let [first, depthwise, last] = &s.layers[..] else { panic!("three layers: {:?}", s.layers) };
    assert!(depthwise.name.starts_with("depthwise"), "{}", depthwise.name);
    assert_eq!(depthwise.macs, 9 * 12 * 16);
    assert_eq!(depthwise.sf * depthwise.pe * depthwise.nf, 9 * 12);
    assert_eq!(s.layers.iter().map(|layer| layer.macs).sum::<u64>(), network.macs());
    assert!(s.resources.lut >= first.resources.lut + depthwise.resources.lut + last.resources.lut);
}

#[test]
fn residual_branches_meet() {
    let network = build("residual", image(8, 8, 4), |b, x| {
        let a = b.conv(x, window(3, 1, 1), 4, I4);
        let a = b.requantize(a, U4, false);
        let y = b.conv(a, window(3, 1, 1), 4, I4);
        let y = b.requantize(y, U4, false);
        let sum = b.add(y, x, [3, 2]);
        let sum = b.requantize(sum, U4, false);
        let short = b.conv(sum, window(1, 2, 0), 6, I4);
        let long = b.conv(sum, window(3, 2, 1), 6, I4);
        let (short, long) = (b.requantize(short, U4, false), b.requantize(long, U4, false));
        let y = b.add(short, long, [1, 1]);
        let shape = y.shape;
        b.pool(y, shape, [shape.height, shape.width], PoolFunction::Sum)
    });
    check(&network, 1.3);
}

#[test]
fn branches_side_by_side_padding_and_overlapping_pools() {
    let network = build("inception", image(6, 8, 4), |b, x| {
        let a = b.conv(x, window(3, 1, 1), 6, I4);
        let a = b.requantize(a, U4, false);
        let c = b.window(x, window(3, 1, 1));
        let c = b.pool(c, Shape { height: 6, width: 8 * 9, channels: 4 }, [1, 9], PoolFunction::Max);
        let d = b.dot(x, 2, I4, false);
        let y = b.concat(&[a, c, d]);
        b.pad(y, [1, 0, 2, 3])
    });
    check(&network, 1.5);
}

#[test]
fn orders_change() {
    let network = build("orders", image(4, 4, 8), |b, x| {
        let y = b.conv(x, window(1, 1, 0), 8, I4);
        let y = b.requantize(y, U4, false);
        // Every pixel twice to the right and twice down.
        let up = |i: u32| {
            let (row, column, channel) = (i / 64, i / 8 % 8, i % 8);
            (row / 2 * 4 + column / 2) * 8 + channel
        };
        let y = b.reorder(y, (0..512).map(up).collect(), image(8, 8, 8));
        // Channels 2 to 5 only.
        let some = (0..256).map(|i| i / 4 * 8 + 2 + i % 4).collect();
        let y = b.reorder(y, some, image(8, 8, 4));
        b.conv(y, window(3, 1, 1), 3, I4)
    });
    check(&network, 1.6);
}

#[test]
fn several_pixels_a_cycle() {
    let conv = |b: &mut NetworkBuilder, x| {
        let y = b.conv(x, window(3, 1, 1), 4, I4);
        b.requantize(y, U4, false)
    };
    let twice = build("twice", image(16, 32, 3), |b, x| {
        let y = conv(b, x);
        conv(b, y)
    });
    let pooled = build("pooled", image(16, 32, 3), |b, x| {
        let y = conv(b, x);
        let shape = y.shape;
        let y = b.pool(y, shape, [2, 2], PoolFunction::Max);
        conv(b, y)
    });
    // 512 pixels, and those of the padding; behind four pixels a cycle a pool takes two.
    for (network, cycles, pixels) in [(&twice, 700, 1), (&twice, 240, 4), (&pooled, 330, 2)] {
        let fps = Some(300e6 / f64::from(cycles));
        let s =
            schedule(network, &Options { fps, ..Options::new(targets::find("zcu104").unwrap()) }).unwrap();
        assert!(s.layers[0].pixels >= pixels, "{} of {pixels}", s.layers[0].pixels);
        computes(network, &s);
        keeps_its_rate(network, &s, 1.1);
    }
}
