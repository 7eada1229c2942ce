use super::*;
use crate::tensor::AxisParam;

#[test]
fn operands_broadcast_both_ways() {
    let (column, row) = (tensor(&[2, 1], &[10.0, 20.0]), tensor(&[3], &[1.0, 2.0, 4.0]));
    assert_eq!(run(&Op::Add, &[&column, &row]), tensor(&[2, 3], &[11.0, 12.0, 14.0, 21.0, 22.0, 24.0]));
    assert_eq!(run(&Op::Sub, &[&row, &column]), tensor(&[2, 3], &[-9., -8., -6., -19., -18., -16.]));
    assert_eq!(run(&Op::Mul, &[&row, &tensor(&[], &[0.5])]), tensor(&[3], &[0.5, 1.0, 2.0]));
    assert_eq!(run(&Op::Div, &[&tensor(&[1, 1], &[8.0]), &row]), tensor(&[1, 3], &[8.0, 4.0, 2.0]));
    assert_eq!(run(&Op::Pow, &[&row, &tensor(&[1], &[2.0])]), tensor(&[3], &[1.0, 4.0, 16.0]));
}

#[test]
fn shapes_that_do_not_broadcast_are_refused() {
    refuses(&Op::Add, &[&counting(&[2, 3]), &counting(&[2])]);
    refuses(&Op::Add, &[&counting(&[2])]);
    refuses(&Op::Add, &[&counting(&[70_000, 1]), &counting(&[70_000])]);
}

#[test]
fn functions_of_one_value() {
    let x = [-2.0, -0.5, 0.0, 3.0];
    assert_eq!(run_on(&Op::Relu, &x), [0.0, 0.0, 0.0, 3.0]);
    assert_eq!(run_on(&Op::Neg, &x), [2.0, 0.5, 0.0, -3.0]);
    assert_eq!(run_on(&Op::Sign, &x), [-1.0, -1.0, 0.0, 1.0]);
    assert_eq!(run_on(&Op::Identity, &x), x);
    assert_eq!(run_on(&Op::Clip { min: Some(-1.0), max: None }, &x), [-1.0, -0.5, 0.0, 3.0]);
    assert_eq!(run_on(&Op::Clip { min: Some(0.0), max: Some(2.0) }, &x), [0.0, 0.0, 0.0, 2.0]);
    assert_eq!(run_on(&Op::HardSigmoid { alpha: 0.25, beta: 0.5 }, &x), [0.0, 0.375, 0.5, 1.0]);
    assert_eq!(run_on(&Op::Sqrt, &[4.0, 0.25]), [2.0, 0.5]);
    assert_close(&run_on(&Op::Tanh, &[0.5]), &[0.46211715726000975]);
}

#[test]
fn sigmoid_does_not_overflow() {
    let y = run_on(&Op::Sigmoid, &[-1000.0, -1.0, 0.0, 1.0, 1000.0]);
    assert_close(&y, &[0.0, 0.2689414213699951, 0.5, 0.7310585786300049, 1.0]);
}

#[test]
fn leaky_relu_takes_a_slope_for_each_channel() {
    let slope = AxisParam { values: vec![0.5, -1.0], axis: Some(1) };
    let y = run(&Op::LeakyRelu { slope }, &[&tensor(&[1, 2, 2], &[-2.0, 2.0, -2.0, 2.0])]);
    assert_eq!(y, tensor(&[1, 2, 2], &[-1.0, 2.0, 2.0, 2.0]));
}

#[test]
fn a_difference_of_equals_is_zero_in_spite_of_noise() {
    // 0.1 + 0.2 is not 0.3 in float64
    let sum = run(&Op::Add, &[&tensor(&[1], &[0.1]), &tensor(&[1], &[0.2])]);
    assert_eq!(run(&Op::Sub, &[&sum, &tensor(&[1], &[0.3])]), tensor(&[1], &[0.0]));
}
