use super::*;
use crate::network::PoolAttributes;

fn pool(kernel: usize, stride: usize, pads: [usize; 2]) -> PoolAttributes {
    PoolAttributes {
        kernel: vec![kernel],
        strides: vec![stride],
        dilations: vec![1],
        pads: pads.to_vec(),
        ceil_mode: false,
        count_include_pad: false,
    }
}

fn line(x: &[f64]) -> ArrayD<f64> {
    tensor(&[1, 1, x.len()], x)
}

#[test]
fn padding_never_wins_a_maximum() {
    let y = run(&Op::MaxPool(pool(2, 2, [1, 1])), &[&line(&[-3.0, -5.0, -4.0, -6.0])]);
    assert_eq!(y, line(&[-3.0, -4.0, -6.0]));
    let dilated = PoolAttributes { dilations: vec![2], ..pool(2, 1, [0, 0]) };
    assert_eq!(run(&Op::MaxPool(dilated), &[&line(&[1.0, 9.0, 3.0, 2.0])]), line(&[3.0, 9.0]));
}

#[test]
fn two_spatial_axes() {
    let a = PoolAttributes {
        kernel: vec![2, 3],
        strides: vec![2, 1],
        dilations: vec![1, 1],
        pads: vec![0, 0, 0, 1],
        ceil_mode: false,
        count_include_pad: false,
    };
    let x = counting(&[1, 2, 2, 3]);
    assert_eq!(run(&Op::MaxPool(a.clone()), &[&x]), tensor(&[1, 2, 1, 2], &[5.0, 5.0, 11.0, 11.0]));
    assert_eq!(run(&Op::AveragePool(a), &[&x]), tensor(&[1, 2, 1, 2], &[2.5, 3.0, 8.5, 9.0]));
}

#[test]
fn averages_count_padding_where_asked() {
    let x = line(&[3.0, 6.0, 9.0]);
    let without = pool(3, 1, [1, 1]);
    assert_eq!(run(&Op::AveragePool(without.clone()), &[&x]), line(&[4.5, 6.0, 7.5]));
    let with = PoolAttributes { count_include_pad: true, ..without };
    assert_eq!(run(&Op::AveragePool(with), &[&x]), line(&[3.0, 6.0, 5.0]));
}

#[test]
fn an_incomplete_last_window_counts_in_ceil_mode() {
    let x = line(&[1.0, 2.0, 3.0, 4.0]);
    let ceil = PoolAttributes { ceil_mode: true, ..pool(3, 2, [0, 0]) };
    assert_eq!(run(&Op::MaxPool(ceil.clone()), &[&x]), line(&[3.0, 4.0]));
    assert_eq!(run(&Op::AveragePool(ceil.clone()), &[&x]), line(&[2.0, 3.5]));
    let padded = PoolAttributes { count_include_pad: true, pads: vec![1, 1], ..ceil };
    // the second window has 2, 3, 4; a third one would reach beyond the padding: 4, 0 and nothing
    let y = run(&Op::AveragePool(padded), &[&line(&[1.0, 2.0, 3.0, 4.0])]);
    assert_close(y.as_slice().unwrap(), &[1.0, 3.0, 2.0]);
}

#[test]
fn a_window_that_starts_behind_the_input_does_not_count() {
    let a = PoolAttributes { ceil_mode: true, ..pool(1, 3, [0, 2]) };
    assert_eq!(run(&Op::MaxPool(a), &[&line(&[1.0, 2.0])]), line(&[1.0]));
}

#[test]
fn means_over_axes() {
    let x = counting(&[2, 2, 3]);
    let mean = |axes: &[usize], keep_dims| run(&Op::ReduceMean { axes: axes.to_vec(), keep_dims }, &[&x]);
    assert_eq!(mean(&[2], false), tensor(&[2, 2], &[1.0, 4.0, 7.0, 10.0]));
    assert_eq!(mean(&[2, 1], true), tensor(&[2, 1, 1], &[2.5, 8.5]));
    assert_eq!(mean(&[0, 1, 2], false), tensor(&[], &[5.5]));
    refuses(&Op::ReduceMean { axes: vec![3], keep_dims: true }, &[&x]);
}

#[test]
fn pools_that_do_not_fit_are_refused() {
    refuses(&Op::MaxPool(pool(5, 1, [0, 0])), &[&line(&[1.0, 2.0])]);
    refuses(&Op::MaxPool(pool(0, 1, [0, 0])), &[&line(&[1.0, 2.0])]);
    refuses(&Op::AveragePool(pool(1, 1, [0, 0])), &[&counting(&[2, 2])]);
}
