use super::*;
use crate::network::ConvAttributes;
use proptest::prelude::*;

fn attributes(kernel: &[usize]) -> ConvAttributes {
    let n = kernel.len();
    let ones = vec![1; n];
    ConvAttributes {
        kernel: kernel.to_vec(),
        strides: ones.clone(),
        dilations: ones,
        pads: vec![0; 2 * n],
        group: 1,
    }
}

/// The definition of `Conv` in ONNX, an element at a time.
fn naive(x: &ArrayD<f64>, w: &ArrayD<f64>, a: &ConvAttributes) -> ArrayD<f64> {
    let spatial = |i: usize| {
        let padded = x.shape()[2 + i] + a.pads[i] + a.pads[2 + i];
        (padded - (a.kernel[i] - 1) * a.dilations[i] - 1) / a.strides[i] + 1
    };
    let [n, m] = [x.shape()[0], w.shape()[0]];
    let (inputs, per_group) = (w.shape()[1], m / a.group);
    ArrayD::from_shape_fn(IxDyn(&[n, m, spatial(0), spatial(1)]), |o| {
        let mut sum = 0.0;
        for (tap, &w) in w.index_axis(ndarray::Axis(0), o[1]).indexed_iter() {
            let place =
                |i: usize| (o[2 + i] * a.strides[i] + tap[1 + i] * a.dilations[i]).checked_sub(a.pads[i]);
            if let (Some(r), Some(c)) = (place(0), place(1)) {
                let channel = o[1] / per_group * inputs + tap[0];
                sum += w * x.get([o[0], channel, r, c]).copied().unwrap_or(0.0);
            }
        }
        sum
    })
}

#[test]
fn a_kernel_of_ones_sums_neighbours() {
    let mut a = attributes(&[3, 3]);
    a.pads = vec![1; 4];
    let bias = tensor(&[1], &[100.0]);
    let y = run(&Op::Conv(a), &[&counting(&[1, 1, 2, 2]), &ArrayD::ones(IxDyn(&[1, 1, 3, 3])), &bias]);
    assert_eq!(y, ArrayD::from_elem(IxDyn(&[1, 1, 2, 2]), 106.0));
}

#[test]
fn one_spatial_axis() {
    let a = ConvAttributes { strides: vec![2], pads: vec![1, 0], ..attributes(&[2]) };
    let w = tensor(&[1, 2, 2], &[1.0, 10.0, 100.0, 1000.0]);
    let y = run(&Op::Conv(a), &[&counting(&[1, 2, 3]), &w]);
    assert_eq!(y, tensor(&[1, 1, 2], &[3000.0, 5421.0]));
}

#[test]
fn convolutions_that_do_not_fit_are_refused() {
    let (x, w) = (counting(&[1, 2, 3, 3]), counting(&[4, 2, 2, 2]));
    let good = attributes(&[2, 2]);
    let refused = [
        ConvAttributes { group: 2, ..good.clone() },
        ConvAttributes { group: 0, ..good.clone() },
        ConvAttributes { kernel: vec![2, 3], ..good.clone() },
        ConvAttributes { strides: vec![0, 1], ..good.clone() },
        ConvAttributes { dilations: vec![3, 1], ..good.clone() },
        ConvAttributes { pads: vec![0, 0], ..good.clone() },
        ConvAttributes { pads: vec![usize::MAX, 0, 0, 0], ..good.clone() },
        ConvAttributes { pads: vec![1 << 30; 4], ..good.clone() },
    ];
    for a in refused {
        refuses(&Op::Conv(a), &[&x, &w]);
    }
    refuses(&Op::Conv(good.clone()), &[&x, &w, &counting(&[3])]);
    refuses(&Op::Conv(good), &[&counting(&[2, 3, 3]), &w]);
    refuses(&Op::Conv(attributes(&[1, 1, 1])), &[&counting(&[1; 5]), &counting(&[1; 5])]);
}

#[test]
fn transposed_convolution_spreads_pixels() {
    let conv = ConvAttributes { strides: vec![2], ..attributes(&[3]) };
    let op = Op::ConvTranspose { conv: conv.clone(), output_padding: vec![1] };
    let (x, w) = (tensor(&[1, 1, 2], &[1.0, 2.0]), tensor(&[1, 1, 3], &[1.0, 10.0, 100.0]));
    assert_eq!(run(&op, &[&x, &w]), tensor(&[1, 1, 6], &[1.0, 10.0, 102.0, 20.0, 200.0, 0.0]));
    let cropped =
        Op::ConvTranspose { conv: ConvAttributes { pads: vec![1, 2], ..conv }, output_padding: vec![1] };
    let bias = tensor(&[1], &[5.0]);
    assert_eq!(run(&cropped, &[&x, &w, &bias]), tensor(&[1, 1, 3], &[15.0, 107.0, 25.0]));
    refuses(&op, &[&x, &counting(&[2, 1, 3])]);
}

/// Geometries in which at least one window fits.
fn geometry() -> impl Strategy<Value = (ConvAttributes, [usize; 2], [usize; 3])> {
    let axis = (1usize..4, 1usize..4, 1usize..3, 0usize..3, 0usize..3, 0usize..6);
    let channels = (1usize..4, 1usize..4, 1usize..4);
    (axis.clone(), axis, channels).prop_map(|(r, c, (group, inputs, outputs))| {
        let conv = ConvAttributes {
            kernel: vec![r.0, c.0],
            strides: vec![r.1, c.1],
            dilations: vec![r.2, c.2],
            pads: vec![r.3, c.3, r.4, c.4],
            group,
        };
        let length = |a: (usize, usize, usize, usize, usize, usize)| (a.0 - 1) * a.2 + 1 + a.5;
        (conv, [length(r), length(c)], [group, inputs, outputs])
    })
}

proptest! {
    #[test]
    fn convolutions_are_the_naive_ones((a, [h, w], [group, inputs, outputs]) in geometry(), seed: u64) {
        let x = scattered(&[2, group * inputs, h, w], seed);
        let weights = scattered(&[group * outputs, inputs, a.kernel[0], a.kernel[1]], !seed);
        let wanted = naive(&x, &weights, &a);
        prop_assert_eq!(run(&Op::Conv(a), &[&x, &weights]), wanted);
    }

    /// ⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ defines the transpose.
    #[test]
    fn the_transpose_is_the_adjoint((mut a, [h, w], [group, inputs, outputs]) in geometry(), seed: u64) {
        a.pads = vec![0; 4];
        let x = scattered(&[1, group * inputs, h, w], seed);
        let weights = scattered(&[group * outputs, inputs, a.kernel[0], a.kernel[1]], !seed);
        let forward = run(&Op::Conv(a.clone()), &[&x, &weights]);
        let y = scattered(forward.shape(), seed ^ 1);
        let rest = |n: usize, i: usize| (n - (a.kernel[i] - 1) * a.dilations[i] - 1) % a.strides[i];
        let op = Op::ConvTranspose { output_padding: vec![rest(h, 0), rest(w, 1)], conv: a.clone() };
        let back = run(&op, &[&y, &weights]);
        prop_assert_eq!(back.shape(), x.shape());
        prop_assert_eq!((forward * y).sum(), (back * x).sum());
    }
}

#[test]
fn blocks_of_rows_join_seamlessly() {
    // large enough for several blocks of unrolled windows
    let a = ConvAttributes { pads: vec![1, 2, 2, 0], strides: vec![1, 2], ..attributes(&[3, 3]) };
    let (x, w) = (scattered(&[1, 20, 90, 61], 7), scattered(&[3, 20, 3, 3], 8));
    let wanted = naive(&x, &w, &a);
    assert_eq!(run(&Op::Conv(a), &[&x, &w]), wanted);
}
