//! The smallest network that lowering refuses, for each of its codes; the message as the user reads it.

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
        .node(node("Relu", ["a"], ["r"]).name("Relu_0"))
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
