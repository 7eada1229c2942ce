//! Every refusal: the smallest model that meets it, and a snapshot of what the user reads
//! (`cargo insta review`, or `INSTA_UPDATE=always`, blesses changes).

use super::*;
use crate::onnx::Dim;
use miette::{GraphicalReportHandler, GraphicalTheme};

const QONNX: &str = "qonnx.custom_op.general";

/// Snapshots what is said about a model.
fn refused(case: &str, bytes: &[u8], options: &Options) {
    let all = import(bytes, options).expect_err("the model is refused");
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::none()).with_width(110);
    let mut text = String::new();
    for diagnostic in &all.0 {
        handler.render_report(&mut text, diagnostic).unwrap();
    }
    insta::with_settings!({ snapshot_path => "../../../tests/diagnostics", prepend_module_to_snapshot => false,
        omit_expression => true }, { insta::assert_snapshot!(case, text.trim()) });
}

/// As [`refused`], for a graph at opset 13.
fn graph_refused(case: &str, graph: GraphBuilder) {
    refused(case, &model(graph).to_bytes(), &Options::default());
}

/// A graph of one node over `x` and its stored operands.
fn one(node: NodeBuilder, shape: &[i64], stored: Vec<TensorBuilder>) -> GraphBuilder {
    stored.into_iter().fold(from_x(shape).node(node.name("culprit")), GraphBuilder::initializer)
}

fn quant(scale: TensorBuilder, zero: TensorBuilder, bits: TensorBuilder) -> GraphBuilder {
    one(node("Quant", ["x", "s", "z", "b"], ["y"]).domain(QONNX), &[1, 2], vec![scale, zero, bits])
}

#[test]
fn broken_files() {
    let whole = model(from_x(&[1])).to_bytes();
    refused("broken-file-cut", &whole[..whole.len() - 3], &Options::default());
    refused("broken-file-empty", b"", &Options::default());
    let data = tensor_raw("w", ElemType::Float, &[2, 3], &[0; 8]);
    graph_refused("broken-file-tensor", one(node("Add", ["x", "w"], ["y"]), &[1], vec![data]));
    let external = tensor_external("w", ElemType::Float, &[2], "w.bin", 0, 8);
    graph_refused("broken-file-external", one(node("Add", ["x", "w"], ["y"]), &[1], vec![external]));
}

#[test]
fn unsupported_versions() {
    let graph = || from_x(&[1]).node(node("Relu", ["x"], ["y"]));
    let old = model(graph()).opset("", 6).ir_version(2).to_bytes();
    refused("unsupported-version", &old, &Options::default());
    let none = model(graph()).opset("com.microsoft", 1).to_bytes();
    refused("unsupported-version-missing", &none, &Options::default());
}

#[test]
fn broken_graphs() {
    let cycle = from_x(&[1])
        .node(node("Add", ["x", "b"], ["a"]).name("first"))
        .node(node("Relu", ["a"], ["b"]).name("second"))
        .node(node("Tanh", ["b"], ["y"]).name("behind"));
    graph_refused("broken-graph-cycle", cycle);
    let dangling = one(node("Add", ["x", "nothing"], ["y"]), &[1], vec![]);
    graph_refused("broken-graph-dangling", dangling);
    let twice = from_x(&[1]).node(node("Relu", ["x"], ["y"])).node(node("Tanh", ["x"], ["y"]));
    graph_refused(
        "broken-graph-duplicate",
        twice.initializer(scalar("w", 1.0)).initializer(scalar("w", 1.0)),
    );
    graph_refused("broken-graph-operands", one(node("Add", ["x"], ["y"]), &[1], vec![]));
    graph_refused("broken-graph-no-outputs", graph().input(value_info("x", ElemType::Float, [1])));
    graph_refused("broken-graph-output", from_x(&[1]));
}

#[test]
fn unknown_operators() {
    let branch = node("If", ["x"], ["c"]).attr_graph("then_branch", graph());
    let all = from_x(&[1])
        .node(branch)
        .node(node("Gelu", ["c"], ["d"]).name("activation"))
        .node(node("Relu", ["d"], ["silent"]))
        .node(node("Fancy", ["x"], ["e"]).domain("org.example"))
        .node(node("Twice", ["x"], ["y"]).domain("local"));
    let bytes = model(all).opset("", 13).function("local", "Twice").to_bytes();
    refused("unknown-operator", &bytes, &Options::default());
}

#[test]
fn unsupported_attributes() {
    let pool = node("MaxPool", ["x"], ["y"]).attr_ints("kernel_shape", &[2, 2]);
    let strange = pool.clone().attr_int("strange", 1);
    graph_refused("unsupported-attribute-unknown", one(strange, &[1, 1, 4, 4], vec![]));
    let kind = pool.clone().attr_float("ceil_mode", 1.0);
    graph_refused("unsupported-attribute-kind", one(kind, &[1, 1, 4, 4], vec![]));
    let padding = pool.attr_ints("pads", &[2, 2, 2, 2]);
    graph_refused("unsupported-attribute-padding", one(padding, &[1, 1, 4, 4], vec![]));
    let volume = node("Conv", ["x", "w"], ["y"]);
    graph_refused(
        "unsupported-attribute-volume",
        one(volume, &[1, 1, 4, 4, 4], vec![weights("w", &[1, 1, 3, 3, 3])]),
    );
    let indices = node("MaxPool", ["x"], ["m", "y"]).attr_ints("kernel_shape", &[2, 2]);
    graph_refused("unsupported-attribute-output", one(indices, &[1, 1, 4, 4], vec![]));
    let blocks = node("QuantizeLinear", ["x", "s"], ["y"]).attr_int("block_size", 2);
    graph_refused("unsupported-attribute-blocks", one(blocks, &[1, 2], vec![floats("s", &[1.0])]));
    let rounding =
        node("Quant", ["x", "s", "s", "s"], ["y"]).domain(QONNX).attr_string("rounding_mode", "RANDOM");
    graph_refused("unsupported-attribute-rounding", one(rounding, &[1, 2], vec![scalar("s", 1.0)]));
    let gather = node("Gather", ["x", "i"], ["y"]);
    graph_refused("unsupported-attribute-gather", one(gather, &[2, 2], vec![ints("i", &[0])]));
    let division = graph()
        .input(value_info("x", ElemType::Int32, [1]))
        .output(value_info("y", ElemType::Int32, [1]))
        .node(node("Div", ["x", "x"], ["y"]));
    graph_refused("unsupported-attribute-division", division);
}

#[test]
fn bad_shapes() {
    let weights = vec![weights("w", &[3, 2])];
    graph_refused("bad-shape-product", one(node("MatMul", ["x", "w"], ["y"]), &[1, 2], weights));
    let open = graph()
        .input(value_info("x", ElemType::Float, [Dim::Param("batch"), Dim::Param("height")]))
        .output(value_info("y", ElemType::Float, [1]))
        .node(node("Relu", ["x"], ["y"]));
    graph_refused("bad-shape-open", open);
    let huge = one(node("Expand", ["x", "s"], ["y"]), &[1], vec![ints("s", &[1 << 40])]);
    graph_refused("bad-shape-huge", huge);
    let axes = tensor_f32("s", &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    graph_refused("bad-shape-axes", quant(axes, scalar("z", 0.0), scalar("b", 4.0)));
}

#[test]
fn not_constant() {
    let node = node("Quant", ["x", "x", "z", "z"], ["y"]).domain(QONNX);
    graph_refused("not-constant", one(node, &[1, 2], vec![scalar("z", 0.0)]));
}

#[test]
fn bad_values() {
    let zero = || scalar("z", 0.0);
    graph_refused("bad-value-scale", quant(scalar("s", -0.5), zero(), scalar("b", 4.0)));
    graph_refused("bad-value-nan", quant(scalar("s", f32::NAN), zero(), scalar("b", 4.0)));
    graph_refused("bad-value-bits", quant(scalar("s", 0.5), zero(), scalar("b", 17.0)));
    graph_refused("bad-value-fraction", quant(scalar("s", 0.5), zero(), scalar("b", 3.5)));
    let infinite = one(node("Add", ["x", "w"], ["y"]), &[1], vec![scalar("w", f32::INFINITY)]);
    graph_refused("bad-value-infinite", infinite);
    let zero_point = one(
        node("QuantizeLinear", ["x", "s", "z"], ["y"]),
        &[1],
        vec![scalar("s", 1.0), tensor_raw("z", ElemType::Float8E4M3FN, &[], &[0])],
    );
    graph_refused("unsupported-attribute-float8", zero_point);
    let wide = one(
        node("MatMul", ["x", "q"], ["y"]),
        &[1, 1],
        vec![tensor_i32("w", &[1, 2], &[1 << 20, 1]), scalar("s", 1.0)],
    );
    graph_refused("bad-value-wide-weights", wide.node(node("DequantizeLinear", ["w", "s"], ["q"])));
}

#[test]
fn bad_input() {
    let bytes = model(from_x(&[1, 2]).node(node("Relu", ["x"], ["y"]))).to_bytes();
    let shapes = |name: &str, shape: &[usize]| Options {
        folder: None,
        input_shapes: vec![(name.to_owned(), shape.to_vec())],
    };
    refused("bad-input-name", &bytes, &shapes("z", &[1, 2]));
    refused("bad-input-rank", &bytes, &shapes("x", &[1, 2, 3]));
    let text =
        graph().input(value_info("x", ElemType::String, [1])).output(value_info("x", ElemType::String, [1]));
    graph_refused("bad-input-text", text);
}
