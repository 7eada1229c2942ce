//! Operators of each family, with the semantics of their opset.

use super::*;
use crate::network::{ConvAttributes, PoolAttributes};
use crate::tensor::AxisParam;

/// A convolution of 3×3 over two axes.
fn conv(pads: [usize; 4], strides: [usize; 2], group: usize) -> ConvAttributes {
    ConvAttributes {
        kernel: vec![3, 3],
        strides: strides.to_vec(),
        dilations: vec![1, 1],
        pads: pads.to_vec(),
        group,
    }
}

fn pool(kernel: [usize; 2], strides: [usize; 2], pads: [usize; 4]) -> PoolAttributes {
    PoolAttributes {
        kernel: kernel.to_vec(),
        strides: strides.to_vec(),
        dilations: vec![1, 1],
        pads: pads.to_vec(),
        ceil_mode: false,
        count_include_pad: false,
    }
}

#[test]
fn matrix_products() {
    let node_ = || node("MatMul", ["x", "w"], ["y"]);
    assert_eq!(imported(node_(), 13, &[1, 2], vec![weights("w", &[2, 3])]), (Op::MatMul, vec![1, 3]));
    let gemm = node("Gemm", ["x", "w", "c"], ["y"]).attr_float("alpha", 0.5).attr_int("transB", 1);
    let op = Op::Gemm { alpha: 0.5, beta: 1.0, trans_a: false, trans_b: true };
    let stored = || vec![weights("w", &[3, 2]), floats("c", &[1.0, 2.0, 3.0])];
    assert_eq!(imported(gemm, 13, &[1, 2], stored()), (op, vec![1, 3]));
    let wide = from_x(&[1, 2]).node(node_()).initializer(weights("w", &[3, 2]));
    assert_eq!(problem(wide, 13).0, Code::BadShape);
}

#[test]
fn convolutions() {
    let case = |node: NodeBuilder, w: &[i64]| imported(node, 13, &[1, 4, 8, 8], vec![weights("w", w)]);
    let node_ = || node("Conv", ["x", "w"], ["y"]);
    assert_eq!(case(node_(), &[6, 4, 3, 3]), (Op::Conv(conv([0; 4], [1, 1], 1)), vec![1, 6, 6, 6]));
    let same = node_().attr_string("auto_pad", "SAME_UPPER").attr_ints("strides", &[2, 2]);
    assert_eq!(case(same, &[6, 4, 3, 3]), (Op::Conv(conv([0, 0, 1, 1], [2, 2], 1)), vec![1, 6, 4, 4]));
    let depthwise = node_().attr_int("group", 4).attr_ints("pads", &[1, 1, 1, 1]);
    assert_eq!(case(depthwise, &[4, 1, 3, 3]), (Op::Conv(conv([1; 4], [1, 1], 4)), vec![1, 4, 8, 8]));
    let transposed = node("ConvTranspose", ["x", "w"], ["y"]).attr_ints("strides", &[2, 2]);
    let padded = transposed.attr_ints("pads", &[1, 1, 1, 1]).attr_ints("output_padding", &[1, 1]);
    let op = Op::ConvTranspose { conv: conv([1; 4], [2, 2], 1), output_padding: vec![1, 1] };
    assert_eq!(case(padded, &[4, 5, 3, 3]), (op, vec![1, 5, 16, 16]));
    let shaped = node("ConvTranspose", ["x", "w"], ["y"]).attr_ints("output_shape", &[9, 10]);
    let op = Op::ConvTranspose { conv: conv([1, 0, 0, 0], [1, 1], 1), output_padding: vec![0, 0] };
    assert_eq!(case(shaped, &[4, 5, 3, 3]), (op, vec![1, 5, 9, 10]));
    let larger = node("ConvTranspose", ["x", "w"], ["y"]).attr_ints("output_shape", &[12, 10]);
    let op = Op::ConvTranspose { conv: conv([0; 4], [1, 1], 1), output_padding: vec![2, 0] };
    assert_eq!(case(larger, &[4, 5, 3, 3]), (op, vec![1, 5, 12, 10]));
}

#[test]
fn convolutions_of_one_axis() {
    let node = node("Conv", ["x", "w", "b"], ["y"]).attr_ints("dilations", &[2]);
    let stored = vec![weights("w", &[2, 4, 3]), floats("b", &[1.0, 2.0])];
    let (op, shape) = imported(node, 13, &[1, 4, 8], stored);
    assert!(matches!(op, Op::Conv(conv) if conv.dilations == [2] && conv.pads == [0, 0]));
    assert_eq!(shape, [1, 2, 4]);
}

#[test]
fn pools() {
    let case = |node: NodeBuilder| imported(node, 13, &[1, 4, 7, 7], vec![]);
    let max = node("MaxPool", ["x"], ["y"]).attr_ints("kernel_shape", &[2, 2]).attr_ints("strides", &[2, 2]);
    assert_eq!(case(max.clone()), (Op::MaxPool(pool([2, 2], [2, 2], [0; 4])), vec![1, 4, 3, 3]));
    assert_eq!(case(max.attr_int("ceil_mode", 1)).1, [1, 4, 4, 4]);
    let average =
        node("AveragePool", ["x"], ["y"]).attr_ints("kernel_shape", &[3, 3]).attr_ints("pads", &[1; 4]);
    assert_eq!(case(average), (Op::AveragePool(pool([3, 3], [1, 1], [1; 4])), vec![1, 4, 7, 7]));
    let mean = Op::ReduceMean { axes: vec![2, 3], keep_dims: true };
    assert_eq!(case(node("GlobalAveragePool", ["x"], ["y"])), (mean, vec![1, 4, 1, 1]));
    assert_eq!(case(node("GlobalMaxPool", ["x"], ["y"])).1, [1, 4, 1, 1]);
}

#[test]
fn the_mean_takes_its_axes_from_where_the_opset_says() {
    let expected = (Op::ReduceMean { axes: vec![2, 3], keep_dims: false }, vec![1, 4]);
    let before = node("ReduceMean", ["x"], ["y"]).attr_ints("axes", &[-2, -1]).attr_int("keepdims", 0);
    assert_eq!(imported(before, 13, &[1, 4, 7, 7], vec![]), expected);
    let after = node("ReduceMean", ["x", "axes"], ["y"]).attr_int("keepdims", 0);
    assert_eq!(imported(after, 18, &[1, 4, 7, 7], vec![ints("axes", &[2, 3])]), expected);
    let all = imported(node("ReduceMean", ["x"], ["y"]), 18, &[2, 3], vec![]);
    assert_eq!(all, (Op::ReduceMean { axes: vec![0, 1], keep_dims: true }, vec![1, 1]));
    let none = node("ReduceMean", ["x"], ["y"]).attr_int("noop_with_empty_axes", 1);
    assert_eq!(imported(none, 18, &[2, 3], vec![]).0, Op::Identity);
}

#[test]
fn functions_of_one_value() {
    let case = |node: NodeBuilder| imported(node, 13, &[1, 2], vec![]).0;
    for (operator, op) in [
        ("Relu", Op::Relu),
        ("Sigmoid", Op::Sigmoid),
        ("Tanh", Op::Tanh),
        ("Sign", Op::Sign),
        ("Neg", Op::Neg),
        ("Sqrt", Op::Sqrt),
        ("Identity", Op::Identity),
        ("Dropout", Op::Identity),
    ] {
        assert_eq!(case(node(operator, ["x"], ["y"])), op);
    }
    let (alpha, beta) = (f64::from(0.2f32), 0.5);
    assert_eq!(case(node("HardSigmoid", ["x"], ["y"])), Op::HardSigmoid { alpha, beta });
    let slope = AxisParam::scalar(0.25);
    assert_eq!(case(node("LeakyRelu", ["x"], ["y"]).attr_float("alpha", 0.25)), Op::LeakyRelu { slope });
    let prelu = node("PRelu", ["x", "s"], ["y"]);
    let slope = AxisParam { values: vec![0.5, 0.25], axis: Some(1) };
    let stored = vec![tensor_f32("s", &[2, 1, 1], &[0.5, 0.25])];
    assert_eq!(imported(prelu, 13, &[1, 2, 3, 3], stored).0, Op::LeakyRelu { slope });
}

#[test]
fn bounds_are_attributes_or_operands() {
    let six = Op::Clip { min: Some(0.0), max: Some(6.0) };
    let attributes = node("Clip", ["x"], ["y"]).attr_float("min", 0.0).attr_float("max", 6.0);
    assert_eq!(imported(attributes, 10, &[1, 2], vec![]).0, six);
    let operands = node("Clip", ["x", "low", "high"], ["y"]);
    assert_eq!(imported(operands, 13, &[1, 2], vec![scalar("low", 0.0), scalar("high", 6.0)]).0, six);
    let open = node("Clip", ["x", "", "high"], ["y"]);
    let op = Op::Clip { min: None, max: None };
    assert_eq!(imported(open, 13, &[1, 2], vec![scalar("high", f32::INFINITY)]).0, op);
    let max = node("Max", ["zero", "x"], ["y"]);
    let op = Op::Clip { min: Some(0.0), max: None };
    assert_eq!(imported(max, 13, &[1, 2], vec![scalar("zero", 0.0)]).0, op);
}

#[test]
fn arithmetic_broadcasts() {
    for (operator, op) in
        [("Add", Op::Add), ("Sub", Op::Sub), ("Mul", Op::Mul), ("Div", Op::Div), ("Pow", Op::Pow)]
    {
        let case =
            imported(node(operator, ["x", "c"], ["y"]), 13, &[1, 2, 1], vec![weights("c", &[4, 1, 3])]);
        assert_eq!(case, (op, vec![4, 2, 3]));
    }
    let sum = network(from_x(&[1, 2]).node(node("Sum", ["x", "x", "x"], ["y"])), 13);
    assert_eq!(count(&sum, |op| *op == Op::Add), 2);
    let short = from_x(&[1, 2]).node(node("Add", ["x", "c"], ["y"])).initializer(weights("c", &[3]));
    assert_eq!(problem(short, 13).0, Code::BadShape);
}

#[test]
fn batch_normalization() {
    let names = ["x", "s", "b", "m", "v"];
    let stored = |variance: f32| {
        let first = names[1..4].iter().map(|name| floats(name, &[1.0, 1.0]));
        first.chain([floats("v", &[1.0, variance])]).collect::<Vec<_>>()
    };
    let node_ =
        || node("BatchNormalization", names, ["y"]).attr_float("epsilon", 0.5).attr_float("momentum", 0.9);
    let op = Op::BatchNormalization { epsilon: 0.5 };
    assert_eq!(imported(node_(), 9, &[1, 2, 3], stored(0.0)), (op, vec![1, 2, 3]));
    let graph =
        |node| stored(-0.5).into_iter().fold(from_x(&[1, 2, 3]).node(node), GraphBuilder::initializer);
    assert_eq!(problem(graph(node_()), 15).0, Code::BadValue);
    assert_eq!(problem(graph(node_().attr_int("training_mode", 1)), 15).0, Code::UnsupportedAttribute);
}

#[test]
fn softmax_before_opset_13_is_over_rows() {
    let softmax = |axis| node("Softmax", ["x"], ["y"]).attr_int("axis", axis);
    assert_eq!(imported(softmax(-1), 13, &[2, 3, 4], vec![]).0, Op::Softmax { axis: 2 });
    assert_eq!(imported(softmax(1), 13, &[2, 3, 4], vec![]).0, Op::Softmax { axis: 1 });
    assert_eq!(imported(softmax(1), 9, &[2, 3], vec![]).0, Op::Softmax { axis: 1 });
    let rows = network(from_x(&[2, 3, 4]).node(softmax(1)), 9);
    assert_eq!(output(&rows), (Op::Reshape { shape: vec![2, 3, 4] }, vec![2, 3, 4]));
    assert_eq!(count(&rows, |op| *op == Op::Softmax { axis: 1 }), 1);
}

#[test]
fn classifiers_end() {
    let arg_max = node("ArgMax", ["x"], ["y"]).attr_int("axis", 1).attr_int("keepdims", 0);
    let op = Op::ArgMax { axis: 1, keep_dims: false, last: false };
    assert_eq!(imported(arg_max, 13, &[1, 10], vec![]), (op, vec![1]));
    let top = (Op::TopK { axis: 1, k: 3, largest: true }, vec![1, 3]);
    let operand = node("TopK", ["x", "k"], ["y", "i"]);
    assert_eq!(imported(operand, 13, &[1, 10], vec![ints("k", &[3])]), top);
    assert_eq!(imported(node("TopK", ["x"], ["y", "i"]).attr_int("k", 3), 9, &[1, 10], vec![]), top);
}

#[test]
fn space_and_depth() {
    let case = |node: NodeBuilder| imported(node, 13, &[1, 4, 6, 6], vec![]);
    let to_depth = node("SpaceToDepth", ["x"], ["y"]).attr_int("blocksize", 3);
    assert_eq!(case(to_depth), (Op::SpaceToDepth { block: 3 }, vec![1, 36, 2, 2]));
    let to_space = node("DepthToSpace", ["x"], ["y"]).attr_int("blocksize", 2).attr_string("mode", "CRD");
    assert_eq!(case(to_space), (Op::DepthToSpace { block: 2, crd: true }, vec![1, 1, 12, 12]));
}

#[test]
fn enlargement() {
    let expected = (Op::Upsample { factors: vec![1, 1, 2, 3] }, vec![1, 4, 4, 6]);
    let scales = || floats("s", &[1.0, 1.0, 2.0, 3.0]);
    let case = |node: NodeBuilder, opset, stored| imported(node, opset, &[1, 4, 2, 2], stored);
    let attribute = node("Upsample", ["x"], ["y"]).attr_floats("scales", &[1.0, 1.0, 2.0, 3.0]);
    assert_eq!(case(attribute, 7, vec![]), expected);
    assert_eq!(case(node("Upsample", ["x", "s"], ["y"]), 9, vec![scales()]), expected);
    assert_eq!(case(node("Resize", ["x", "s"], ["y"]), 10, vec![scales()]), expected);
    assert_eq!(case(node("Resize", ["x", "", "s"], ["y"]), 13, vec![scales()]), expected);
    let sizes = node("Resize", ["x", "", "", "n"], ["y"]).attr_ints("axes", &[2, 3]);
    assert_eq!(case(sizes, 18, vec![ints("n", &[4, 6])]), expected);
    let torch = node("Resize", ["x", "", "s"], ["y"])
        .attr_string("coordinate_transformation_mode", "asymmetric")
        .attr_string("nearest_mode", "floor");
    assert_eq!(case(torch, 13, vec![scales()]), expected);
}

#[test]
fn enlargement_that_takes_other_pixels_is_refused() {
    let refused = |attributes: &[(&str, &str)], scale: f32| {
        let node = attributes
            .iter()
            .fold(node("Resize", ["x", "", "s"], ["y"]), |n, (key, v)| n.attr_string(key, v));
        let graph = from_x(&[1, 4, 2, 2]).node(node).initializer(floats("s", &[1.0, 1.0, scale, 1.0]));
        problem(graph, 13).0
    };
    assert_eq!(refused(&[("mode", "linear")], 2.0), Code::UnsupportedAttribute);
    assert_eq!(refused(&[], 1.5), Code::UnsupportedAttribute);
    assert_eq!(refused(&[("nearest_mode", "ceil")], 3.0), Code::UnsupportedAttribute);
    let corners = [("coordinate_transformation_mode", "align_corners"), ("nearest_mode", "floor")];
    assert_eq!(refused(&corners, 4.0), Code::UnsupportedAttribute);
}
