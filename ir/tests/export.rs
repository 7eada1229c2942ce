//! Networks that are written come back as they were.

use mpqc_ir::export::{Format, export};
use mpqc_ir::import::{Options, import};
use mpqc_ir::network::{Network, Op};
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::build::{GraphBuilder, graph, model, node, tensor_f32, tensor_i64, value_info};
use mpqc_ir::reference::Executor;
use ndarray::{ArrayD, IxDyn};

fn read(bytes: &[u8]) -> Network {
    import(bytes, &Options::default()).unwrap_or_else(|e| panic!("{e:?}"))
}

/// A frame of small numbers that differ.
fn frame(network: &Network) -> Vec<ArrayD<f64>> {
    let shape = |node| network.graph.edges(node).next().expect("the input is read").weight().shape.clone();
    let value = |i: usize| ((i * 37 + 11) % 41) as f64 / 8.0 - 2.0;
    let array = |shape: Vec<usize>| {
        let count = shape.iter().product();
        ArrayD::from_shape_vec(IxDyn(&shape), (0..count).map(value).collect())
            .expect("as many as the shape has")
    };
    network.inputs.iter().map(|node| array(shape(*node))).collect()
}

/// What is computed: operators with their parameters, and how often each.
fn operators(network: &Network) -> Vec<String> {
    let nodes = network.graph.node_weights();
    let mut all: Vec<String> = nodes.map(|node| format!("{:?}", node.op)).collect();
    all.sort_unstable();
    all
}

fn same_function(a: &Network, b: &Network) {
    let run = |network: &Network| Executor::new(network).run(&frame(network)).expect("it runs");
    assert_eq!(run(a), run(b), "{}", a.to_text());
}

/// An example of the project in both dialects where it has them.
fn round_trip(path: &str, formats: &[Format]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path);
    let network = read(&std::fs::read(&path).expect("the example is there"));
    for format in formats {
        let again = read(&export(&network, *format).expect("it is written"));
        same_function(&network, &again);
        if *format == Format::Qonnx {
            assert_eq!(operators(&network), operators(&again));
        }
    }
}

#[test]
fn quantized_examples_come_back() {
    let both = [Format::Qonnx, Format::Qdq];
    for path in ["digits/digits_mlp_w4a4.onnx", "digits/digits_cnn_mixed.onnx"] {
        round_trip(path, &both);
    }
}

/// A graph from `x` of a shape to the last node's `y`.
fn check(shape: &[i64], build: impl Fn(GraphBuilder) -> GraphBuilder) {
    let graph = build(graph().input(value_info("x", ElemType::Float, shape.iter().copied())));
    let graph = graph.output(value_info::<i64>("y", ElemType::Float, []));
    let network = read(&model(graph).to_bytes());
    let again = read(&export(&network, Format::Qonnx).expect("it is written"));
    assert_eq!(operators(&network), operators(&again));
    same_function(&network, &again);
}

#[test]
fn float_operators_come_back() {
    for op in ["Relu", "Sigmoid", "Tanh", "Neg", "Sign", "HardSigmoid", "LeakyRelu", "Identity", "Softmax"] {
        check(&[1, 4], |g| g.node(node(op, ["x"], ["y"])));
    }
    for op in ["Add", "Sub", "Mul", "Div"] {
        let c = || tensor_f32("c", &[4], &[0.5, -1.0, 2.0, 4.0]);
        check(&[1, 4], |g| g.initializer(c()).node(node(op, ["x", "c"], ["y"])));
    }
    check(&[1, 8, 2, 2], |g| g.node(node("DepthToSpace", ["x"], ["y"]).attr_int("blocksize", 2)));
    check(&[1, 2, 4, 4], |g| g.node(node("SpaceToDepth", ["x"], ["y"]).attr_int("blocksize", 2)));
    check(&[1, 2, 4, 4], |g| g.node(node("GlobalAveragePool", ["x"], ["y"])));
    check(&[1, 2, 4, 4], |g| g.node(node("Flatten", ["x"], ["y"])));
    check(&[1, 2, 4, 4], |g| g.node(node("Transpose", ["x"], ["y"]).attr_ints("perm", &[0, 2, 3, 1])));
    check(&[1, 4], |g| {
        let (low, high) = (tensor_f32("low", &[], &[-0.5]), tensor_f32("high", &[], &[0.75]));
        g.initializer(low).initializer(high).node(node("Clip", ["x", "low", "high"], ["y"]))
    });
}

#[test]
fn windows_and_joins_come_back() {
    let windows = |n: mpqc_ir::onnx::build::NodeBuilder| {
        n.attr_ints("kernel_shape", &[3, 2]).attr_ints("strides", &[2, 1]).attr_ints("pads", &[1, 0, 1, 1])
    };
    for op in ["MaxPool", "AveragePool"] {
        check(&[1, 2, 5, 6], |g| g.node(windows(node(op, ["x"], ["y"]))));
    }
    let weights: Vec<f32> = (0..24).map(|i| i as f32 / 7.0 - 1.0).collect();
    for op in ["Conv", "ConvTranspose"] {
        let w = || tensor_f32("w", &[2, 2, 3, 2], &weights);
        check(&[1, 2, 5, 6], |g| g.initializer(w()).node(windows(node(op, ["x", "w"], ["y"]))));
    }
    check(&[1, 4, 2, 2], |g| {
        let lengths = tensor_i64("lengths", &[2], &[1, 3]);
        let split = node("Split", ["x", "lengths"], ["a", "b"]).attr_int("axis", 1);
        g.initializer(lengths).node(split).node(node("Concat", ["b", "a"], ["y"]).attr_int("axis", 1))
    });
    check(&[1, 2, 2, 3], |g| {
        let scales = tensor_f32("scales", &[4], &[1.0, 1.0, 2.0, 3.0]);
        g.initializer(scales).node(node("Upsample", ["x", "scales"], ["y"]))
    });
}

#[test]
fn what_has_codes_between_operators_is_refused_by_name() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/digits/digits_mlp_int8_qdq.onnx");
    let network = read(&std::fs::read(path).expect("the example is there"));
    let error = export(&network, Format::Qonnx).expect_err("it has codes");
    assert!(network.graph.node_weights().any(|n| n.name == error.node), "{error}");
    assert!(!network.graph.node_weights().any(|n| matches!(n.op, Op::BipolarQuantize { .. })));
}
