use super::*;

#[test]
fn reshape_keeps_the_order() {
    let y = run(&Op::Reshape { shape: vec![3, 2] }, &[&counting(&[2, 3])]);
    assert_eq!(y, counting(&[3, 2]));
    refuses(&Op::Reshape { shape: vec![4] }, &[&counting(&[2, 3])]);
    refuses(&Op::Reshape { shape: vec![usize::MAX, 2] }, &[&counting(&[2, 3])]);
}

#[test]
fn transpose_permutes() {
    let y = run(&Op::Transpose { perm: vec![1, 0] }, &[&counting(&[2, 3])]);
    assert_eq!(y, tensor(&[3, 2], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
    assert!(y.is_standard_layout());
    for perm in [vec![0], vec![0, 0], vec![0, 2]] {
        refuses(&Op::Transpose { perm }, &[&counting(&[2, 3])]);
    }
}

#[test]
fn pad_on_each_side() {
    let y = run(&Op::Pad { pads: vec![0, 1, 1, 0], value: 9.0 }, &[&counting(&[1, 2])]);
    assert_eq!(y, tensor(&[2, 3], &[9.0, 0.0, 1.0, 9.0, 9.0, 9.0]));
    refuses(&Op::Pad { pads: vec![0, 1], value: 0.0 }, &[&counting(&[1, 2])]);
    refuses(&Op::Pad { pads: vec![usize::MAX; 4], value: 0.0 }, &[&counting(&[1, 2])]);
    refuses(&Op::Pad { pads: vec![1 << 40, 0, 0, 0], value: 0.0 }, &[&counting(&[1, 2])]);
}

#[test]
fn concat_and_split_are_inverse() {
    let x = counting(&[2, 5, 2]);
    let parts = eval(&Op::Split { axis: 1, lengths: vec![2, 0, 3] }, &[Some(&x)]).unwrap();
    assert_eq!(parts[0], tensor(&[2, 2, 2], &[0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0]));
    let joined = run(&Op::Concat { axis: 1 }, &parts.iter().collect::<Vec<_>>());
    assert_eq!(joined, x);
    assert!(joined.is_standard_layout());
    refuses(&Op::Split { axis: 1, lengths: vec![2, 2] }, &[&x]);
    refuses(&Op::Concat { axis: 1 }, &[&x, &counting(&[2, 5, 3])]);
    refuses(&Op::Concat { axis: 3 }, &[&x]);
    refuses(&Op::Concat { axis: 0 }, &[]);
}

#[test]
fn upsample_repeats_neighbours() {
    let y = run(&Op::Upsample { factors: vec![1, 2, 3] }, &[&counting(&[1, 2, 2])]);
    let (a, b) = ([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 3.0, 3.0, 3.0]);
    assert_eq!(y, tensor(&[1, 4, 6], &[a, a, b, b].concat()));
    refuses(&Op::Upsample { factors: vec![2] }, &[&counting(&[1, 2])]);
    refuses(&Op::Upsample { factors: vec![usize::MAX, 1] }, &[&counting(&[2, 2])]);
}

#[test]
fn blocks_become_channels_and_back() {
    let x = counting(&[1, 2, 2, 4]);
    let deep = run(&Op::SpaceToDepth { block: 2 }, &[&x]);
    assert_eq!(deep.shape(), [1, 8, 1, 2]);
    // channel (row, column, depth): the pixels of one place in the block, for each depth
    let wanted = [0., 2., 8., 10., 1., 3., 9., 11., 4., 6., 12., 14., 5., 7., 13., 15.];
    assert_eq!(deep, tensor(&[1, 8, 1, 2], &wanted));
    assert_eq!(run(&Op::DepthToSpace { block: 2, crd: false }, &[&deep]), x);
    let crd = run(&Op::DepthToSpace { block: 2, crd: true }, &[&counting(&[1, 4, 1, 2])]);
    assert_eq!(crd, tensor(&[1, 1, 2, 4], &[0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]));
    refuses(&Op::SpaceToDepth { block: 3 }, &[&x]);
    refuses(&Op::DepthToSpace { block: 0, crd: true }, &[&x]);
    refuses(&Op::SpaceToDepth { block: 1 }, &[&counting(&[2, 2])]);
}
