//! The smallest network that lowering refuses, for each of its codes; the message as the user reads it.

mod common;

use common::build::Net;
use mpqc_ir::diagnostic::Diagnostics;
use mpqc_ir::import::{Options, import};
use mpqc_ir::lower::lower;
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::testing::{GraphBuilder, graph, model, node, tensor_f32, value_info};

/// `x` of `[1, 4]`, quantized to 4 bits as `q`, and int8-like weights `wq` of `[4, 2]`.
fn start() -> GraphBuilder {
    graph()
        .name("smallest")
        .input(value_info("x", ElemType::Float, [1, 4]))
        .initializer(tensor_f32("s", &[], &[0.5]))
        .initializer(tensor_f32("z", &[], &[0.0]))
        .initializer(tensor_f32("b", &[], &[4.0]))
        .initializer(tensor_f32("w", &[4, 2], &[1.0, -1.0, 0.5, 2.0, -2.0, 1.5, 0.5, -0.5]))
        .initializer(tensor_f32("v", &[2, 2], &[1.0, -1.0, 0.5, 2.0]))
        .node(quant("Quant_in", "x", "q"))
        .node(quant("Quant_w", "w", "wq"))
        .node(quant("Quant_v", "v", "vq"))
}

fn quant(name: &str, from: &str, to: &str) -> mpqc_ir::onnx::testing::NodeBuilder {
    node("Quant", [from, "s", "z", "b"], [to])
        .name(name)
        .domain("qonnx.custom_op.general")
        .attr_int("signed", 1)
        .attr_int("narrow", 0)
}

fn refusals(graph: GraphBuilder, output: &str, dims: [i64; 2]) -> String {
    let graph = graph.output(value_info(output, ElemType::Float, dims));
    let bytes = model(graph).opset("", 13).opset("qonnx.custom_op.general", 1).to_bytes();
    let network = import(&bytes, &Options::default()).expect("the file is sound");
    let Err(Diagnostics(found)) = lower(&network) else { panic!("lowers") };
    found.iter().map(|d| format!("{}: {d}\n  way out: {}\n", d.code.text(), d.help)).collect()
}

#[test]
fn no_hardware() {
    let graph = graph()
        .name("plain")
        .input(value_info("x", ElemType::Float, [1, 4]))
        .node(node("Relu", ["x"], ["y"]).name("Relu_0"));
    insta::assert_snapshot!(refusals(graph, "y", [1, 4]));
}

#[test]
fn missing_quantizer_of_activations() {
    let graph = start()
        .node(node("MatMul", ["q", "wq"], ["a"]).name("MatMul_0"))
        .node(node("LeakyRelu", ["a"], ["r"]).name("LeakyRelu_0"))
        .node(node("MatMul", ["r", "vq"], ["y"]).name("MatMul_1"));
    insta::assert_snapshot!(refusals(graph, "y", [1, 2]));
}

#[test]
fn missing_quantizer_of_weights() {
    let graph = start().initializer(tensor_f32("f", &[4, 2], &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]));
    let graph = graph.node(node("MatMul", ["q", "f"], ["y"]).name("MatMul_0"));
    insta::assert_snapshot!(refusals(graph, "y", [1, 2]));
}

#[test]
fn float_inside() {
    let graph = start()
        .node(node("MatMul", ["q", "wq"], ["a"]).name("MatMul_0"))
        .node(node("Softmax", ["a"], ["p"]).name("Softmax_0").attr_int("axis", 1))
        .node(quant("Quant_p", "p", "pq"))
        .node(node("MatMul", ["pq", "vq"], ["y"]).name("MatMul_1"));
    insta::assert_snapshot!(refusals(graph, "y", [1, 2]));
}

#[test]
fn scale_not_foldable() {
    let graph = start()
        .initializer(tensor_f32("s4", &[4], &[0.1, 0.23, 0.31, 0.47]))
        .node(
            node("Quant", ["x", "s4", "z", "b"], ["q4"])
                .name("Quant_4")
                .domain("qonnx.custom_op.general")
                .attr_int("signed", 1)
                .attr_int("narrow", 0),
        )
        .node(node("MatMul", ["q4", "wq"], ["y"]).name("MatMul_0"));
    insta::assert_snapshot!(refusals(graph, "y", [1, 2]));
}

#[test]
fn two_computed_operands() {
    let graph = start()
        .node(node("Transpose", ["q"], ["t"]).name("Transpose_0").attr_ints("perm", &[1, 0]))
        .node(node("MatMul", ["q", "t"], ["y"]).name("MatMul_0"));
    insta::assert_snapshot!(refusals(graph, "y", [1, 1]));
}

#[test]
fn not_exact() {
    let graph = start()
        .initializer(tensor_f32("fine", &[], &[0.0001]))
        .initializer(tensor_f32("bits16", &[], &[16.0]))
        .node(node("MatMul", ["q", "wq"], ["a"]).name("MatMul_0"))
        .node(node("LeakyRelu", ["a"], ["l"]).name("LeakyRelu_0").attr_float("alpha", 0.3))
        .node(
            node("Quant", ["l", "fine", "z", "bits16"], ["y"])
                .name("Quant_y")
                .domain("qonnx.custom_op.general")
                .attr_int("signed", 1)
                .attr_int("narrow", 0),
        );
    insta::assert_snapshot!(refusals(graph, "y", [1, 2]));
}

/// What lowering says of a network, `x` of `[1, 2, 4, 4]` being quantized with a zero point of `zero`.
fn refused(zero: f32, build: impl Fn(&mut Net, &str) -> String) -> String {
    let mut net = Net::new(81);
    let x = net.input("x", &[1, 2, 4, 4]);
    let q = net.quant(&x, 0.25, zero, 4.0, true);
    let y = build(&mut net, &q);
    let network = import(&net.finish(&[&y], 4), &Options::default()).expect("the file is sound");
    let Err(Diagnostics(found)) = lower(&network) else { panic!("lowers") };
    found.iter().map(|d| format!("{}: {d}\n  way out: {}\n", d.code.text(), d.help)).collect()
}

#[test]
fn padding_between_codes() {
    let padded = |net: &mut Net, q: &str| net.conv(q, &[2, 2, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
    insta::assert_snapshot!(refused(0.5, padded));
}

#[test]
fn averages_of_different_counts() {
    let padded = |net: &mut Net, q: &str| {
        net.op("AveragePool", &[q], |n| n.attr_ints("kernel_shape", &[3, 3]).attr_ints("pads", &[1, 1, 1, 1]))
    };
    insta::assert_snapshot!(refused(0.0, padded));
}

#[test]
fn joins_of_pixels_inside() {
    let joined = |net: &mut Net, q: &str| {
        let y = net.conv(q, &[2, 2, 1, 1], |n| n);
        let joined = net.op("Concat", &[q, &y], |n| n.attr_int("axis", 2));
        net.conv(&joined, &[2, 2, 1, 1], |n| n)
    };
    insta::assert_snapshot!(refused(0.0, joined));
}

#[test]
fn too_many_scalar_operations_in_a_row() {
    let mut graph = start().node(node("MatMul", ["q", "wq"], ["t0"]).name("MatMul_0"));
    for i in 0..300 {
        let [from, to] = [i, i + 1].map(|i| format!("t{i}"));
        graph = graph.node(quant(&format!("Quant_{i}"), &from, &to));
    }
    insta::assert_snapshot!(refusals(graph, "t300", [1, 2]));
}

#[test]
fn sums_too_wide_to_multiply() {
    let chain = |net: &mut Net, q: &str| {
        let gains = net.constant(&[], &[0.1]);
        let mut y = net.conv(q, &[2, 2, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
        for _ in 0..6 {
            y = net.op("Mul", &[&y, &gains], |n| n);
            y = net.conv(&y, &[2, 2, 3, 3], |n| n.attr_ints("pads", &[1, 1, 1, 1]));
        }
        y
    };
    insta::assert_snapshot!(refused(0.0, chain));
}
