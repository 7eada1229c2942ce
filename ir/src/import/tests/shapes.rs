//! Shapes, and the arithmetic that leads to them.

use super::*;

#[test]
fn reshapes() {
    let case = |node: NodeBuilder, opset, stored| imported(node, opset, &[2, 1, 3, 4], stored);
    let to = |shape: &[usize]| (Op::Reshape { shape: shape.to_vec() }, shape.to_vec());
    assert_eq!(case(node("Reshape", ["x", "s"], ["y"]), 13, vec![ints("s", &[0, -1])]), to(&[2, 12]));
    assert_eq!(case(node("Flatten", ["x"], ["y"]), 13, vec![]), to(&[2, 12]));
    assert_eq!(case(node("Flatten", ["x"], ["y"]).attr_int("axis", -1), 13, vec![]), to(&[6, 4]));
    assert_eq!(case(node("Flatten", ["x"], ["y"]).attr_int("axis", 0), 9, vec![]), to(&[1, 24]));
    assert_eq!(case(node("Squeeze", ["x"], ["y"]), 13, vec![]), to(&[2, 3, 4]));
    assert_eq!(case(node("Squeeze", ["x"], ["y"]).attr_ints("axes", &[1]), 11, vec![]), to(&[2, 3, 4]));
    assert_eq!(case(node("Squeeze", ["x", "a"], ["y"]), 13, vec![ints("a", &[-3])]), to(&[2, 3, 4]));
    let last = node("Unsqueeze", ["x", "a"], ["y"]);
    assert_eq!(case(last, 13, vec![ints("a", &[-1, 0])]), to(&[1, 2, 1, 3, 4, 1]));
    let first = node("Unsqueeze", ["x"], ["y"]).attr_ints("axes", &[0]);
    assert_eq!(case(first, 11, vec![]), to(&[1, 2, 1, 3, 4]));
    let transposed = (Op::Transpose { perm: vec![0, 2, 3, 1] }, vec![2, 3, 4, 1]);
    assert_eq!(
        case(node("Transpose", ["x"], ["y"]).attr_ints("perm", &[0, 2, 3, 1]), 13, vec![]),
        transposed
    );
    assert_eq!(case(node("Transpose", ["x"], ["y"]), 13, vec![]).1, [4, 3, 1, 2]);
}

#[test]
fn pieces_and_joints() {
    let lengths = |node: NodeBuilder, opset, stored: Vec<TensorBuilder>| {
        let other = value_info("z", ElemType::Float, Vec::<i64>::new());
        let graph =
            stored.into_iter().fold(from_x(&[1, 5]).output(other).node(node), GraphBuilder::initializer);
        output(&network(graph, opset)).0
    };
    let split = |lengths: &[usize]| Op::Split { axis: 1, lengths: lengths.to_vec() };
    let node_ = || node("Split", ["x"], ["y", "z"]).attr_int("axis", 1);
    assert_eq!(lengths(node_().attr_ints("split", &[1, 4]), 11, vec![]), split(&[1, 4]));
    assert_eq!(lengths(node_().attr_int("num_outputs", 2), 18, vec![]), split(&[3, 2]));
    let operand = node("Split", ["x", "s"], ["y", "z"]).attr_int("axis", -1);
    assert_eq!(lengths(operand, 13, vec![ints("s", &[2, 3])]), split(&[2, 3]));
    let joined = imported(node("Concat", ["x", "x"], ["y"]).attr_int("axis", 1), 13, &[1, 5], vec![]);
    assert_eq!(joined, (Op::Concat { axis: 1 }, vec![1, 10]));
}

#[test]
fn a_slice_of_an_activation_is_a_piece_of_a_split() {
    let stored = vec![ints("from", &[1]), ints("to", &[-1]), ints("axes", &[1])];
    let (op, shape) = imported(node("Slice", ["x", "from", "to", "axes"], ["y"]), 13, &[1, 5], stored);
    assert_eq!((op, shape), (Op::Identity, vec![1, 3]));
    let attributes = node("Slice", ["x"], ["y"]).attr_ints("starts", &[0]).attr_ints("ends", &[9]);
    assert_eq!(imported(attributes.attr_ints("axes", &[1]), 9, &[1, 5], vec![]), (Op::Identity, vec![1, 5]));
}

#[test]
fn paddings() {
    let expected = (Op::Pad { pads: vec![0, 0, 1, 2, 0, 0, 3, 4], value: 0.5 }, vec![1, 1, 6, 8]);
    let case = |node: NodeBuilder, opset, stored| imported(node, opset, &[1, 1, 2, 2], stored);
    let pads = [0, 0, 1, 2, 0, 0, 3, 4];
    let attributes = node("Pad", ["x"], ["y"]).attr_ints("pads", &pads).attr_float("value", 0.5);
    assert_eq!(case(attributes, 7, vec![]), expected);
    let operands = node("Pad", ["x", "p", "v"], ["y"]);
    assert_eq!(case(operands, 13, vec![ints("p", &pads), scalar("v", 0.5)]), expected);
    let axes = node("Pad", ["x", "p", "v", "a"], ["y"]);
    let stored = vec![ints("p", &[1, 2, 3, 4]), scalar("v", 0.5), ints("a", &[2, -1])];
    assert_eq!(case(axes, 18, stored), expected);
    let mirror = from_x(&[1, 2]).node(node("Pad", ["x"], ["y"]).attr_string("mode", "reflect"));
    assert_eq!(problem(mirror, 9).0, Code::UnsupportedAttribute);
}

/// The view that PyTorch exports: `x.reshape(x.shape[0], -1)`, with an open batch.
#[test]
fn shape_arithmetic_is_folded() {
    let input = value_info("x", ElemType::Float, [crate::onnx::Dim::Param("batch"), 3.into(), 4.into()]);
    let graph = graph()
        .input(input)
        .output(value_info("y", ElemType::Float, Vec::<i64>::new()))
        .node(node("Constant", [], ["zero"]).attr_tensor("value", tensor_i64("", &[], &[0])))
        .node(node("Constant", [], ["rest"]).attr_ints("value_ints", &[-1]))
        .node(node("Shape", ["x"], ["shape"]))
        .node(node("Gather", ["shape", "zero"], ["batch"]))
        .node(node("Unsqueeze", ["batch"], ["first"]).attr_ints("axes", &[0]))
        .node(node("Concat", ["first", "rest"], ["target"]).attr_int("axis", 0))
        .node(node("Reshape", ["x", "target"], ["y"]));
    let network = network(graph, 11);
    assert_eq!(output(&network), (Op::Reshape { shape: vec![1, 12] }, vec![1, 12]));
    assert_eq!(network.graph.node_count(), 3, "only input, reshape and output are left");
}

#[test]
fn integers_of_a_shape() {
    let value = |nodes: Vec<NodeBuilder>, stored: Vec<TensorBuilder>| {
        let graph = nodes.into_iter().fold(from_x(&[2, 3, 4]), GraphBuilder::node);
        constant(&network(stored.into_iter().fold(graph, GraphBuilder::initializer), 15))
    };
    let int = |values: &[i64]| Constant::Int(ndarray::arr1(values).into_dyn());
    let part = node("Shape", ["x"], ["y"]).attr_int("start", 1).attr_int("end", -1);
    assert_eq!(value(vec![part], vec![]), int(&[3]));
    let size = vec![node("Size", ["x"], ["s"]), node("Div", ["s", "two"], ["y"])];
    assert_eq!(value(size, vec![ints("two", &[5])]), int(&[4]), "integers divide towards zero");
    let backwards = node("Slice", ["s", "from", "to", "axes", "step"], ["y"]);
    let stored = vec![ints("from", &[-1]), ints("to", &[-9]), ints("axes", &[0]), ints("step", &[-2])];
    assert_eq!(value(vec![node("Shape", ["x"], ["s"]), backwards], stored), int(&[4, 2]));
    let filled = vec![node("ConstantOfShape", ["n"], ["y"]).attr_tensor("value", ints("", &[7]))];
    assert_eq!(value(filled, vec![ints("n", &[3])]), int(&[7, 7, 7]));
    let tiled = vec![node("Tile", ["v", "n"], ["y"])];
    assert_eq!(value(tiled, vec![ints("v", &[1, 2]), ints("n", &[2])]), int(&[1, 2, 1, 2]));
    let expanded = vec![node("Expand", ["v", "n"], ["e"]), node("Cast", ["e"], ["y"]).attr_int("to", 7)];
    assert_eq!(value(expanded, vec![floats("v", &[1.75]), ints("n", &[2])]), int(&[1, 1]));
}

#[test]
fn forms_of_constants() {
    let value = |node: NodeBuilder| constant(&network(from_x(&[1]).node(node), 13)).to_real();
    let node_ = || node("Constant", [], ["y"]);
    assert_eq!(value(node_().attr_float("value_float", 1.5)), ndarray::arr0(1.5).into_dyn());
    assert_eq!(
        value(node_().attr_floats("value_floats", &[1.5, 2.0])),
        ndarray::arr1(&[1.5, 2.0]).into_dyn()
    );
    assert_eq!(value(node_().attr_int("value_int", 3)), ndarray::arr0(3.0).into_dyn());
    assert_eq!(value(node_().attr_ints("value_ints", &[3, 4])), ndarray::arr1(&[3.0, 4.0]).into_dyn());
    let text = from_x(&[1]).node(node_().attr_string("value_string", "no"));
    assert_eq!(problem(text, 13).0, Code::UnsupportedAttribute);
}

#[test]
fn casts_that_keep_values() {
    let to = |elem: ElemType| node("Cast", ["x"], ["y"]).attr_int("to", i64::from(elem.code()));
    assert_eq!(imported(to(ElemType::Double), 13, &[1, 2], vec![]).0, Op::Identity);
    let narrow = from_x(&[1, 2]).node(to(ElemType::Int8));
    assert_eq!(problem(narrow, 13).0, Code::UnsupportedAttribute);
    let bytes = graph()
        .input(value_info("x", ElemType::Uint8, [1, 2]))
        .output(value_info("y", ElemType::Float, [1, 2]))
        .node(to(ElemType::Int32));
    assert_eq!(output(&network(bytes, 13)).0, Op::Identity);
}

#[test]
fn nodes_in_any_order_and_without_names() {
    let graph = from_x(&[1, 2])
        .node(node("Relu", ["b"], ["y"]))
        .node(node("Neg", ["a"], ["b"]).name("Relu_y"))
        .node(node("Tanh", ["x"], ["a"]).name("Relu_y"));
    let network = network(graph, 13);
    let names: Vec<&str> =
        network.topological().iter().map(|node| network.graph[*node].name.as_str()).collect();
    assert_eq!(names, ["x", "Relu_y", "Relu_y_1", "Relu_y_2", "y"]);
}

#[test]
fn what_no_output_needs_is_left_out() {
    let graph = from_x(&[1, 2]).node(node("Relu", ["x"], ["y"])).node(node("Tanh", ["x"], ["unused"]));
    let unused = value_info("other", ElemType::Float, [1, 2]);
    let network = network(graph.input(unused), 13);
    assert_eq!(network.graph.node_count(), 4, "inputs stay");
    assert_eq!(network.inputs.len(), 2);
}
