use super::*;
use proptest::prelude::*;

/// `y[i][j] = Σ a[i][k] · b[k][j]`.
fn naive(a: &ArrayD<f64>, b: &ArrayD<f64>) -> ArrayD<f64> {
    let (m, k, n) = (a.shape()[0], a.shape()[1], b.shape()[1]);
    ArrayD::from_shape_fn(IxDyn(&[m, n]), |i| (0..k).map(|k| a[[i[0], k]] * b[[k, i[1]]]).sum())
}

#[test]
fn vectors_and_matrices() {
    let (v, m) = (tensor(&[2], &[1.0, 10.0]), counting(&[2, 3]));
    assert_eq!(run(&Op::MatMul, &[&v, &m]), tensor(&[3], &[30.0, 41.0, 52.0]));
    assert_eq!(run(&Op::MatMul, &[&m, &tensor(&[3], &[1.0, 0.0, 2.0])]), tensor(&[2], &[4.0, 13.0]));
    assert_eq!(run(&Op::MatMul, &[&v, &v]), tensor(&[], &[101.0]));
    assert_eq!(run(&Op::MatMul, &[&counting(&[1, 2]), &m]), tensor(&[1, 3], &[3.0, 4.0, 5.0]));
}

#[test]
fn stacks_broadcast() {
    let (a, b) = (scattered(&[2, 1, 3, 4], 1), scattered(&[5, 4, 2], 2));
    let y = run(&Op::MatMul, &[&a, &b]);
    assert_eq!(y.shape(), [2, 5, 3, 2]);
    for i in 0..2 {
        for j in 0..5 {
            let (a, b) = (a.slice(ndarray::s![i, 0, .., ..]), b.slice(ndarray::s![j, .., ..]));
            let wanted = naive(&a.to_owned().into_dyn(), &b.to_owned().into_dyn());
            assert_eq!(y.slice(ndarray::s![i, j, .., ..]).into_dyn(), wanted, "{i} {j}");
        }
    }
    let vector = run(&Op::MatMul, &[&scattered(&[4], 3), &b]);
    assert_eq!(vector.shape(), [5, 2]);
}

#[test]
fn products_that_do_not_fit_are_refused() {
    refuses(&Op::MatMul, &[&counting(&[2, 3]), &counting(&[2, 3])]);
    refuses(&Op::MatMul, &[&counting(&[]), &counting(&[2, 3])]);
    refuses(&Op::MatMul, &[&counting(&[2, 2, 3]), &counting(&[3, 3, 2])]);
    let gemm = Op::Gemm { alpha: 1.0, beta: 1.0, trans_a: false, trans_b: false };
    refuses(&gemm, &[&counting(&[2, 3]), &counting(&[2, 3])]);
    refuses(&gemm, &[&counting(&[3]), &counting(&[3, 2])]);
    refuses(&gemm, &[&counting(&[1, 3]), &counting(&[3, 2]), &counting(&[4, 2])]);
}

#[test]
fn gemm_in_all_transposes() {
    let (a, b, c) = (scattered(&[3, 4], 1), scattered(&[4, 2], 2), scattered(&[2], 3));
    let wanted = naive(&a, &b).mapv(|v| v * 0.5) + c.mapv(|v| v * 2.0);
    for (trans_a, trans_b) in [(false, false), (false, true), (true, false), (true, true)] {
        let turn = |x: &ArrayD<f64>, t: bool| if t { x.t().to_owned() } else { x.clone() };
        let op = Op::Gemm { alpha: 0.5, beta: 2.0, trans_a, trans_b };
        assert_eq!(run(&op, &[&turn(&a, trans_a), &turn(&b, trans_b), &c]), wanted);
    }
}

#[test]
fn a_dot_product_that_is_zero_has_no_sign() {
    // with steps of 0.1 the products cancel exactly, but not in float64
    let a = tensor(&[1, 4], &[0.1, 0.1, 0.1, -0.3]);
    let b = tensor(&[4, 2], &[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2]);
    assert_ne!(a.iter().map(|v| v * 0.1).sum::<f64>(), 0.0);
    let y = run(&Op::MatMul, &[&a, &b]);
    assert_eq!(y[[0, 0]], 0.0);
    assert_close(&[y[[0, 1]]], &[-0.03]);
}

#[test]
fn batch_normalization_scales_each_channel() {
    let param = |v: &[f64]| tensor(&[2], v);
    let y = run(
        &Op::BatchNormalization { epsilon: 0.5 },
        &[
            &counting(&[1, 2, 2]),
            &param(&[2.0, -3.0]),
            &param(&[1.0, 0.0]),
            &param(&[1.0, 2.0]),
            &param(&[3.5, 0.5]),
        ],
    );
    assert_eq!(y, tensor(&[1, 2, 2], &[0.0, 1.0, 0.0, -3.0]));
    let one = counting(&[1]);
    refuses(&Op::BatchNormalization { epsilon: 0.0 }, &[&counting(&[1, 2]), &one, &one, &one, &one]);
}

proptest! {
    #[test]
    fn products_are_the_naive_ones(m in 1usize..20, k in 1usize..40, n in 1usize..20, seed: u64) {
        let (a, b) = (scattered(&[m, k], seed), scattered(&[k, n], !seed));
        prop_assert_eq!(run(&Op::MatMul, &[&a, &b]), naive(&a, &b));
    }
}
