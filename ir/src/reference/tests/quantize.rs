use super::*;
use crate::network::{QuantizedAs, Quantizer};
use crate::number::Rounding;
use crate::tensor::AxisParam;

fn quantizer(scale: f64, zero_point: f64, [min, max]: [f64; 2], rounding: Rounding) -> Quantizer {
    let [scale, zero_point, min, max] = [scale, zero_point, min, max].map(AxisParam::scalar);
    Quantizer { scale, zero_point, min, max, rounding }
}

fn codes(quantizer: Quantizer) -> Op {
    Op::Quantize { quantizer, output: QuantizedAs::Codes }
}

fn real(quantizer: Quantizer) -> Op {
    Op::Quantize { quantizer, output: QuantizedAs::Real }
}

#[test]
fn all_rounding_modes() {
    let x = [-1.25, -0.75, -0.25, -0.2, 0.0, 0.2, 0.25, 0.3, 0.75, 1.25];
    // quotients −2.5 −1.5 −0.5 −0.4 0 0.4 0.5 0.6 1.5 2.5
    let modes = [
        (Rounding::HalfEven, [-2., -2., 0., 0., 0., 0., 0., 1., 2., 2.]),
        (Rounding::HalfUp, [-3., -2., -1., 0., 0., 0., 1., 1., 2., 3.]),
        (Rounding::HalfDown, [-2., -1., 0., 0., 0., 0., 0., 1., 1., 2.]),
        (Rounding::Ceil, [-2., -1., 0., 0., 0., 1., 1., 1., 2., 3.]),
        (Rounding::Floor, [-3., -2., -1., -1., 0., 0., 0., 0., 1., 2.]),
        (Rounding::Up, [-3., -2., -1., -1., 0., 1., 1., 1., 2., 3.]),
        (Rounding::Down, [-2., -1., 0., 0., 0., 0., 0., 0., 1., 2.]),
    ];
    for (mode, wanted) in modes {
        let q = quantizer(0.5, 0.0, [-8.0, 7.0], mode);
        assert_eq!(run_on(&codes(q.clone()), &x), wanted, "{mode:?}");
        assert_eq!(run_on(&real(q), &x), wanted.map(|c| c * 0.5), "{mode:?}");
    }
}

#[test]
fn codes_are_clamped_and_shifted() {
    let q = quantizer(2.0, 3.0, [0.0, 7.0], Rounding::HalfEven);
    assert_eq!(run_on(&codes(q.clone()), &[-100.0, -2.0, 4.0, 100.0]), [0.0, 2.0, 5.0, 7.0]);
    assert_eq!(run_on(&real(q), &[-100.0, -2.0, 4.0, 100.0]), [-6.0, -2.0, 4.0, 8.0]);
}

#[test]
fn onnx_rounds_before_an_odd_zero_point_and_qonnx_after() {
    let q = quantizer(1.0, 3.0, [-128.0, 127.0], Rounding::HalfEven);
    assert_eq!(run_on(&codes(q.clone()), &[0.5, 1.5]), [3.0, 5.0]);
    assert_eq!(run_on(&real(q), &[0.5, 1.5]), [1.0, 1.0]);
}

#[test]
fn noise_does_not_break_a_tie() {
    let q = codes(quantizer(0.1, 0.0, [-128.0, 127.0], Rounding::HalfEven));
    // exactly 2.5 steps, and 3 with Floor, however they were summed up
    assert_eq!(run_on(&q, &[0.25, 0.1 + 0.2 - 0.05]), [2.0, 2.0]);
    let floor = codes(quantizer(0.1, 0.0, [-128.0, 127.0], Rounding::Floor));
    assert_eq!(run_on(&floor, &[0.3, 0.1 + 0.2]), [3.0, 3.0]);
}

#[test]
fn parameters_along_an_axis() {
    let mut q = quantizer(1.0, 0.0, [-2.0, 1.0], Rounding::HalfEven);
    q.scale = AxisParam { values: vec![1.0, 10.0], axis: Some(1) };
    q.max = AxisParam { values: vec![1.0, 3.0], axis: Some(1) };
    let x = tensor(&[1, 2, 3], &[-9.0, 1.2, 9.0, -90.0, 12.0, 90.0]);
    assert_eq!(run(&real(q.clone()), &[&x]), tensor(&[1, 2, 3], &[-2.0, 1.0, 1.0, -20.0, 10.0, 30.0]));
    refuses(&real(q), &[&counting(&[1, 3])]);
}

#[test]
fn dequantize_undoes_codes() {
    let scale = AxisParam { values: vec![0.5, 2.0], axis: Some(0) };
    let op = Op::Dequantize { scale, zero_point: AxisParam::scalar(1.0) };
    assert_eq!(run(&op, &[&counting(&[2, 2])]), tensor(&[2, 2], &[-0.5, 0.0, 2.0, 4.0]));
}

#[test]
fn bipolar_of_zero_is_positive() {
    let op = Op::BipolarQuantize { scale: AxisParam::scalar(0.25) };
    assert_eq!(run_on(&op, &[-3.0, -0.0, 0.0, 2.0]), [-0.25, 0.25, 0.25, 0.25]);
}

#[test]
fn thresholds_are_counted_by_channel() {
    let thresholds = vec![vec![-1.0, 0.0, 2.0], vec![f64::NEG_INFINITY, 5.0, f64::INFINITY]];
    let op = Op::MultiThreshold { thresholds, axis: 1, out_scale: 2.0, out_bias: -3.0 };
    let x = tensor(&[1, 2, 3], &[-1.5, 0.0, 2.0, -1.5, 5.0, 6.0]);
    assert_eq!(run(&op, &[&x]), tensor(&[1, 2, 3], &[-3.0, 1.0, 3.0, -1.0, 1.0, 1.0]));
    refuses(&op, &[&counting(&[1, 3])]);
}

#[test]
fn a_value_just_below_its_threshold_reaches_it() {
    let op = Op::MultiThreshold { thresholds: vec![vec![0.1 + 0.2]], axis: 0, out_scale: 1.0, out_bias: 0.0 };
    assert_eq!(run_on(&op, &[0.3, 0.3 - 1e-9]), [1.0, 0.0]);
}
