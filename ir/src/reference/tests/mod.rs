//! Operators against values worked out by hand, and products and convolutions against naive definitions.

mod elementwise;
mod executor;
mod linear;
mod moves;
mod pool;
mod quantize;
mod tail;
mod windows;

use super::eval;
use crate::network::Op;
use ndarray::{ArrayD, IxDyn};

/// A tensor of the given elements.
fn tensor(shape: &[usize], elements: &[f64]) -> ArrayD<f64> {
    ArrayD::from_shape_vec(IxDyn(shape), elements.to_vec()).unwrap()
}

/// A tensor of 0, 1, 2, …
fn counting(shape: &[usize]) -> ArrayD<f64> {
    let count: usize = shape.iter().product();
    tensor(shape, &(0..count).map(|v| v as f64).collect::<Vec<_>>())
}

/// A tensor of integers in −8 ..= 7 without a pattern (a linear congruential generator).
fn scattered(shape: &[usize], seed: u64) -> ArrayD<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((state >> 60) as i64 - 8) as f64
    };
    ArrayD::from_shape_simple_fn(IxDyn(shape), &mut next)
}

/// The only output.
fn run(op: &Op, operands: &[&ArrayD<f64>]) -> ArrayD<f64> {
    let operands: Vec<_> = operands.iter().map(|x| Some(*x)).collect();
    let mut outputs = eval(op, &operands).unwrap();
    assert_eq!(outputs.len(), 1);
    outputs.remove(0)
}

/// The only output for one operand in one dimension.
fn run_on(op: &Op, x: &[f64]) -> Vec<f64> {
    run(op, &[&tensor(&[x.len()], x)]).into_iter().collect()
}

/// Asserts that the operator refuses the operands with a diagnostic.
fn refuses(op: &Op, operands: &[&ArrayD<f64>]) {
    let operands: Vec<_> = operands.iter().map(|x| Some(*x)).collect();
    let error = eval(op, &operands).expect_err(&format!("{op:?}"));
    assert!(!error.reason.is_empty() && !error.help.is_empty());
}

fn assert_close(found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    for (f, w) in found.iter().zip(wanted) {
        assert!((f - w).abs() <= 1e-12 * w.abs().max(1.0), "{found:?} instead of {wanted:?}");
    }
}
