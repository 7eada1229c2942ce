//! Activations between a product and a quantizer become thresholds, and the integers equal the reference.

use mpqc_ir::diagnostic::Code;
use mpqc_ir::import::{Options, import};
use mpqc_ir::int_network::{HostRunner, IntNetwork, IntOp};
use mpqc_ir::lower::lower;
use mpqc_ir::network::Network;
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::testing::{
    GraphBuilder, NodeBuilder, graph, model, node, tensor_f32, tensor_i8, tensor_u8, value_info,
};
use mpqc_ir::reference::Executor;
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Inputs of the networks.
const INPUTS: usize = 6;

fn quant(from: &str, scale: &str, bits: &str, to: &str, signed: i64) -> NodeBuilder {
    node("Quant", [from, scale, "zero", bits], [to])
        .domain("qonnx.custom_op.general")
        .attr_int("signed", signed)
        .attr_int("narrow", 0)
}

fn codes(from: &str, scale: &str, zero: &str, to: &str) -> [NodeBuilder; 2] {
    let quantized = format!("{to}_codes");
    [
        node("QuantizeLinear", [from, scale, zero], [quantized.as_str()]),
        node("DequantizeLinear", [quantized.as_str(), scale, zero], [to]),
    ]
}

/// `x` of `[1, 6]`, int8 weights, and `a` of `[1, 3]`: real values of about ±6 from an accumulator of 17 bits.
fn start() -> GraphBuilder {
    let weights = [53, -91, 17, 127, 4, -66, -128, 38, 75, 12, -7, 99, -45, 81, 60, -110, 23, 5];
    let [quantize, dequantize] = codes("x", "scale_x", "zero_x", "q");
    graph()
        .name("activation")
        .input(value_info("x", ElemType::Float, [1, INPUTS as i64]))
        .initializer(tensor_f32("scale_x", &[], &[0.0317]))
        .initializer(tensor_i8("zero_x", &[], &[-3]))
        .initializer(tensor_f32("scale_w", &[3], &[0.011, 0.0083, 0.0142]))
        .initializer(tensor_i8("zero_w", &[3], &[0, 0, 0]))
        .initializer(tensor_i8("codes_w", &[INPUTS as i64, 3], &weights))
        .initializer(tensor_f32("bias", &[3], &[0.13, -0.71, 0.4]))
        .initializer(tensor_f32("scale_v", &[], &[0.02]))
        .initializer(tensor_i8("codes_v", &[3, 2], &[11, -64, 90, 7, -101, 33]))
        .initializer(tensor_f32("zero", &[], &[0.0]))
        .node(quantize)
        .node(dequantize)
        .node(node("DequantizeLinear", ["codes_w", "scale_w", "zero_w"], ["w"]).attr_int("axis", 1))
        .node(node("DequantizeLinear", ["codes_v", "scale_v"], ["v"]))
        .node(node("Gemm", ["q", "w", "bias"], ["a"]))
}

/// `f` as 8 bits of `QuantizeLinear`, multiplied by `v`.
fn qdq_end(graph: GraphBuilder, scale: f32, zero: u8) -> GraphBuilder {
    let [quantize, dequantize] = codes("f", "scale_f", "zero_f", "g");
    graph
        .initializer(tensor_f32("scale_f", &[], &[scale]))
        .initializer(tensor_u8("zero_f", &[], &[zero]))
        .node(quantize)
        .node(dequantize)
        .node(node("Gemm", ["g", "v"], ["y"]))
}

/// `f` as 4 bits of QONNX `Quant`, multiplied by `v`.
fn qonnx_end(graph: GraphBuilder, scale: f32, signed: i64) -> GraphBuilder {
    graph
        .initializer(tensor_f32("scale_f", &[], &[scale]))
        .initializer(tensor_f32("bits_f", &[], &[4.0]))
        .node(quant("f", "scale_f", "bits_f", "g", signed))
        .node(node("MatMul", ["g", "v"], ["y"]))
}

fn imported(graph: GraphBuilder, outputs: &[&str]) -> Network {
    let declare =
        |graph: GraphBuilder, name: &&str| graph.output(value_info::<i64>(name, ElemType::Float, []));
    let graph = outputs.iter().fold(graph, declare);
    let bytes = model(graph).opset("", 16).opset("qonnx.custom_op.general", 1).to_bytes();
    import(&bytes, &Options::default()).expect("the file is sound")
}

/// Lowers, and holds the integers against the reference on random inputs.
fn equal_to_reference(network: &Network) -> IntNetwork {
    let integers = lower(network).expect("lowers");
    let (host, reference) = (HostRunner::new(&integers.host), Executor::new(network));
    let frames = prop::collection::vec(-4.5f64..4.5, INPUTS);
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng());
    let outcome = runner.run(&frames, |values| {
        let inputs = [ArrayD::from_shape_vec(IxDyn(&[1, INPUTS]), values).expect("one frame")];
        let streams = integers.execute(&host.encode(&inputs).expect("encodes"));
        let found = host.decode(&streams, &inputs).expect("decodes");
        let wanted = reference.run(&inputs).expect("runs");
        prop_assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            prop_assert!(close(found, wanted), "{} instead of {}", found, wanted);
        }
        Ok(())
    });
    outcome.expect("the integers mean what the reference says");
    integers
}

fn rng() -> proptest::test_runner::TestRng {
    proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha)
}

fn close(found: &ArrayD<f64>, wanted: &ArrayD<f64>) -> bool {
    let near = |(f, w): (&f64, &f64)| (f - w).abs() <= 1e-12 * w.abs().max(1.0);
    found.shape() == wanted.shape() && found.iter().zip(wanted).all(near)
}

fn blocks(integers: &IntNetwork) -> Vec<&'static str> {
    let block = |op: &IntOp| match op {
        IntOp::Dot(_) => Some("Dot"),
        IntOp::Requantize(r) if r.thresholds.is_some() => Some("Thresholds"),
        IntOp::ArgMax(_) => Some("ArgMax"),
        IntOp::Input(_) | IntOp::Output(_) => None,
        _ => Some("other"),
    };
    let order = petgraph::algo::toposort(&integers.graph, None).expect("no cycles");
    order.iter().filter_map(|n| block(&integers.graph[*n].op)).collect()
}

/// The activation before both quantizers becomes thresholds between two products.
fn becomes_thresholds(activation: impl Fn(GraphBuilder) -> GraphBuilder, scale: f32, zero: u8) {
    let qdq = equal_to_reference(&imported(qdq_end(activation(start()), scale, zero), &["y"]));
    assert_eq!(blocks(&qdq), ["Dot", "Thresholds", "Dot"]);
    let signed = i64::from(zero > 0);
    let qonnx = qonnx_end(activation(start()), scale * 16.0, signed);
    assert_eq!(blocks(&equal_to_reference(&imported(qonnx, &["y"]))), ["Dot", "Thresholds", "Dot"]);
}

fn unary(operator: &'static str) -> impl Fn(GraphBuilder) -> GraphBuilder {
    move |graph| graph.node(node(operator, ["a"], ["f"]))
}

#[test]
fn sigmoid() {
    becomes_thresholds(unary("Sigmoid"), 1.0 / 255.0, 0);
}

#[test]
fn tanh() {
    becomes_thresholds(unary("Tanh"), 1.0 / 127.0, 128);
}

#[test]
fn hard_sigmoid() {
    let activation = |graph: GraphBuilder| {
        graph.node(node("HardSigmoid", ["a"], ["f"]).attr_float("alpha", 0.17).attr_float("beta", 0.45))
    };
    becomes_thresholds(activation, 1.0 / 255.0, 0);
}

#[test]
fn leaky_relu() {
    let activation =
        |graph: GraphBuilder| graph.node(node("LeakyRelu", ["a"], ["f"]).attr_float("alpha", 0.13));
    becomes_thresholds(activation, 0.03, 40);
}

#[test]
fn prelu_with_a_slope_for_each_channel() {
    let activation = |graph: GraphBuilder| {
        graph.initializer(tensor_f32("slopes", &[3], &[0.25, 0.0, 0.7])).node(node(
            "PRelu",
            ["a", "slopes"],
            ["f"],
        ))
    };
    becomes_thresholds(activation, 0.03, 40);
}

#[test]
fn sigmoid_as_the_last_operator_is_decoded() {
    for operator in ["Sigmoid", "Tanh"] {
        let integers = equal_to_reference(&imported(unary(operator)(start()), &["f"]));
        assert_eq!(blocks(&integers), ["Dot"]);
    }
}

#[test]
fn arg_max_of_sigmoid_compares_the_accumulators() {
    // One scale for all weights: the accumulators of all classes have one unit.
    let graph = start()
        .initializer(tensor_f32("scale_u", &[], &[0.0107]))
        .node(node("DequantizeLinear", ["codes_w", "scale_u"], ["u"]))
        .node(node("Gemm", ["q", "u", "bias"], ["b"]))
        .node(node("Sigmoid", ["b"], ["f"]));
    let graph = graph.node(node("ArgMax", ["f"], ["best"]).attr_int("axis", 1).attr_int("keepdims", 0));
    let alone = equal_to_reference(&imported(graph.clone(), &["best"]));
    assert_eq!(blocks(&alone).last(), Some(&"ArgMax"));
    // The Sigmoid itself is asked for too.
    let both = equal_to_reference(&imported(graph, &["f", "best"]));
    assert!(blocks(&both).contains(&"ArgMax"));
}

#[test]
fn two_transcendental_steps_in_a_row_stay_on_the_host() {
    let twice = |graph: GraphBuilder| {
        graph.node(node("Tanh", ["a"], ["t"])).node(node("Sigmoid", ["t"], ["f"]).name("second"))
    };
    equal_to_reference(&imported(twice(start()), &["f"]));
    let refusals = lower(&imported(qdq_end(twice(start()), 0.01, 0), &["y"])).expect_err("is undecidable");
    assert!(refusals.0.iter().any(|d| d.code == Code::FloatInside && d.to_string().contains("second")));
}
