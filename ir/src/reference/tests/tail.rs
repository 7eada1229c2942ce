use super::*;

#[test]
fn softmax_is_stable() {
    let y = run(&Op::Softmax { axis: 1 }, &[&tensor(&[2, 2], &[1000.0, 1000.0, 0.0, 1.0])]);
    assert_close(y.as_slice().unwrap(), &[0.5, 0.5, 0.2689414213699951, 0.7310585786300049]);
    let columns = run(&Op::Softmax { axis: 0 }, &[&tensor(&[2, 1], &[0.0, 1.0])]);
    assert_close(columns.as_slice().unwrap(), &[0.2689414213699951, 0.7310585786300049]);
    refuses(&Op::Softmax { axis: 2 }, &[&counting(&[1, 1])]);
}

#[test]
fn arg_max_takes_the_first_of_equals_unless_asked() {
    let x = tensor(&[2, 4], &[1.0, 5.0, 5.0, 0.0, -3.0, -7.0, -2.0, -2.0]);
    let arg = |keep_dims, last| run(&Op::ArgMax { axis: 1, keep_dims, last }, &[&x]);
    assert_eq!(arg(false, false), tensor(&[2], &[1.0, 2.0]));
    assert_eq!(arg(true, true), tensor(&[2, 1], &[2.0, 3.0]));
    let across = run(&Op::ArgMax { axis: 0, keep_dims: false, last: false }, &[&x]);
    assert_eq!(across, tensor(&[4], &[0.0; 4]));
    refuses(&Op::ArgMax { axis: 1, keep_dims: true, last: false }, &[&counting(&[2, 0])]);
}

#[test]
fn noise_does_not_choose_a_class() {
    let x = [0.0, 0.3, 0.1 + 0.2];
    assert!(x[2] > x[1]);
    assert_eq!(run_on(&Op::ArgMax { axis: 0, keep_dims: true, last: false }, &x), [1.0]);
    let best = eval(&Op::TopK { axis: 0, k: 2, largest: true }, &[Some(&tensor(&[3], &x))]).unwrap();
    assert_eq!(best[1], tensor(&[2], &[1.0, 2.0]));
}

#[test]
fn top_k_sorts_and_names_the_lower_index_first() {
    let x = tensor(&[1, 6], &[2.0, 9.0, -1.0, 9.0, f64::INFINITY, 2.0]);
    let top = |k, largest| eval(&Op::TopK { axis: 1, k, largest }, &[Some(&x)]).unwrap();
    let largest = top(4, true);
    assert_eq!(largest[0], tensor(&[1, 4], &[f64::INFINITY, 9.0, 9.0, 2.0]));
    assert_eq!(largest[1], tensor(&[1, 4], &[4.0, 1.0, 3.0, 0.0]));
    assert_eq!(top(3, false)[1], tensor(&[1, 3], &[2.0, 0.0, 5.0]));
    refuses(&Op::TopK { axis: 1, k: 7, largest: true }, &[&x]);
}
