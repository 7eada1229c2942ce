//! Quantizers of QONNX, of ONNX, and operators on codes.

use super::*;
use crate::network::{QuantizedAs, Quantizer};
use crate::number::{IntType, Rounding};
use crate::reference::Executor;
use crate::tensor::AxisParam;

const QONNX: &str = "qonnx.custom_op.general";

fn quant(data: &str) -> NodeBuilder {
    node("Quant", [data, "s", "z", "b"], ["y"]).domain(QONNX)
}

fn quantizer(op: &Op) -> &Quantizer {
    if let Op::Quantize { quantizer, .. } = op { quantizer } else { panic!("{op:?} is no quantizer") }
}

fn params(scale: TensorBuilder, zero: f32, bits: f32) -> Vec<TensorBuilder> {
    vec![scale, scalar("z", zero), scalar("b", bits)]
}

#[test]
fn qonnx_quantizers_of_activations() {
    for domain in [QONNX, "onnx.brevitas", "finn.custom_op.general"] {
        for operator in ["Quant", "IntQuant"] {
            let node = node(operator, ["x", "s", "z", "b"], ["y"]).domain(domain).attr_int("signed", 0);
            let node = node.attr_string("rounding_mode", "floor");
            let (op, _) = imported(node, 13, &[1, 2], params(scalar("s", 0.5), 3.0, 4.0));
            let expected = Quantizer {
                scale: AxisParam::scalar(0.5),
                zero_point: AxisParam::scalar(3.0),
                min: AxisParam::scalar(0.0),
                max: AxisParam::scalar(15.0),
                rounding: Rounding::Floor,
            };
            assert_eq!(op, Op::Quantize { quantizer: expected, output: QuantizedAs::Real });
        }
    }
}

#[test]
fn narrow_ranges_lose_one_end() {
    let range = |signed, narrow, bits| {
        let node = quant("x").attr_int("signed", signed).attr_int("narrow", narrow);
        let (op, _) = imported(node, 13, &[1, 2], params(scalar("s", 1.0), 0.0, bits));
        (quantizer(&op).min.at(0), quantizer(&op).max.at(0))
    };
    assert_eq!(range(1, 0, 4.0), (-8.0, 7.0));
    assert_eq!(range(1, 1, 4.0), (-7.0, 7.0));
    assert_eq!(range(0, 1, 4.0), (0.0, 14.0));
    assert_eq!(range(0, 0, 1.0), (0.0, 1.0));
}

#[test]
fn parameters_per_channel_keep_their_axis() {
    let stored = vec![
        tensor_f32("s", &[1, 2, 1, 1], &[0.5, 0.25]),
        scalar("z", 0.0),
        tensor_f32("b", &[2, 1, 1], &[2.0, 4.0]),
    ];
    let (op, _) = imported(quant("x"), 13, &[1, 2, 3, 3], stored);
    assert_eq!(quantizer(&op).scale, AxisParam { values: vec![0.5, 0.25], axis: Some(1) });
    assert_eq!(quantizer(&op).max, AxisParam { values: vec![1.0, 7.0], axis: Some(1) });
}

#[test]
fn one_signed_bit_is_bipolar() {
    let (op, _) = imported(quant("x"), 13, &[1, 2], params(scalar("s", 0.5), 0.0, 1.0));
    assert_eq!(op, Op::BipolarQuantize { scale: AxisParam::scalar(0.5) });
    let node = node("BipolarQuant", ["w", "s"], ["y"]).domain(QONNX);
    let graph =
        from_x(&[1]).node(node).initializer(floats("w", &[-0.25, 0.0, 3.0])).initializer(scalar("s", 0.5));
    let Constant::Quantized { codes, ty, .. } = constant(&network(graph, 13)) else {
        panic!("weights are codes")
    };
    assert_eq!((codes.iter().copied().collect::<Vec<_>>(), ty), (vec![-1, 1, 1], IntType::BIPOLAR));
}

#[test]
fn weights_become_codes_and_ties_go_to_even() {
    let graph =
        params(floats("s", &[0.1, 0.2]), 0.0, 3.0).into_iter().fold(from_x(&[1]), GraphBuilder::initializer);
    let graph = graph
        .initializer(tensor_f32("w", &[2, 2], &[0.05, 0.3, -9.0, 0.5]))
        .node(node("Quant", ["w", "s", "z", "b"], ["q"]).domain(QONNX).attr_int("narrow", 1))
        .node(node("Transpose", ["q"], ["y"]));
    let Constant::Quantized { codes, ty, scale, .. } = constant(&network(graph, 13)) else {
        panic!("weights are codes")
    };
    assert_eq!(codes.iter().copied().collect::<Vec<_>>(), [0, -3, 2, 2], "transposed, ties to even, clamped");
    assert_eq!(ty.to_string(), "i3[-3,3]");
    assert_eq!(scale.axis, Some(0), "the scale of the columns is that of the rows");
}

#[test]
fn thresholds() {
    let node = |layout: &str| {
        let node = node("MultiThreshold", ["x", "t"], ["y"]).domain(QONNX).attr_string("data_layout", layout);
        node.attr_float("out_scale", 2.0).attr_float("out_bias", -1.0)
    };
    let table = || tensor_f32("t", &[2, 2], &[3.0, 1.0, -1.0, 2.0]);
    let expected = |axis| Op::MultiThreshold {
        thresholds: vec![vec![1.0, 3.0], vec![-1.0, 2.0]],
        axis,
        out_scale: 2.0,
        out_bias: -1.0,
    };
    assert_eq!(imported(node(""), 13, &[1, 2, 3, 3], vec![table()]).0, expected(1));
    assert_eq!(imported(node("NHWC"), 13, &[1, 3, 3, 2], vec![table()]).0, expected(3));
    assert_eq!(imported(node(""), 13, &[1, 3, 2], vec![table()]).0, expected(2), "NWC is QONNX's guess");
    let wrong = from_x(&[1, 3]).node(node("")).initializer(table());
    assert_eq!(problem(wrong, 13).0, Code::BadShape);
}

#[test]
fn truncation_is_two_quantizers_and_a_dequantizer() {
    let node = node("Trunc", ["x", "s", "z", "i", "o"], ["y"]).domain(QONNX);
    let stored = [("s", 0.5), ("z", 0.0), ("i", 8.0), ("o", 4.0)].map(|(name, value)| scalar(name, value));
    let network = network(stored.into_iter().fold(from_x(&[1, 2]).node(node), GraphBuilder::initializer), 13);
    let (op, _) = output(&network);
    assert_eq!(op, Op::Dequantize { scale: AxisParam::scalar(0.5), zero_point: AxisParam::scalar(0.0) });
    let scales: Vec<(f64, Rounding)> = network
        .topological()
        .iter()
        .filter_map(|node| match &network.graph[*node].op {
            Op::Quantize { quantizer, output: QuantizedAs::Codes } => {
                Some((quantizer.scale.at(0), quantizer.rounding))
            }
            _ => None,
        })
        .collect();
    assert_eq!(scales, [(0.5, Rounding::HalfEven), (16.0, Rounding::Floor)]);
}

#[test]
fn truncation_of_version_2_has_an_output_scale() {
    let node = node("Trunc", ["x", "s", "z", "i", "os", "o"], ["y"]).domain(QONNX).attr_int("signed", 0);
    let values = [("s", 0.5), ("z", 8.0), ("i", 8.0), ("os", 2.0), ("o", 4.0)];
    let stored = values.map(|(name, value)| scalar(name, value)).to_vec();
    let (op, _) = imported(node, 13, &[1, 2], stored);
    assert_eq!(op, Op::Dequantize { scale: AxisParam::scalar(2.0), zero_point: AxisParam::scalar(2.0) });
}

#[test]
fn quantize_linear_takes_its_type_from_the_zero_point() {
    let range = |node: NodeBuilder, stored: Vec<TensorBuilder>, opset| {
        let (op, _) = imported(node, opset, &[1, 2], stored);
        assert!(matches!(op, Op::Quantize { output: QuantizedAs::Codes, .. }));
        (quantizer(&op).min.at(0), quantizer(&op).max.at(0), quantizer(&op).zero_point.at(0))
    };
    let full = || node("QuantizeLinear", ["x", "s", "z"], ["y"]);
    let short = || node("QuantizeLinear", ["x", "s"], ["y"]);
    let s = || scalar("s", 0.5);
    assert_eq!(range(full(), vec![s(), tensor_i8("z", &[], &[89])], 13), (-128.0, 127.0, 89.0));
    assert_eq!(range(full(), vec![s(), tensor_raw("z", ElemType::Int4, &[], &[5])], 21), (-8.0, 7.0, 5.0));
    assert_eq!(range(short(), vec![s()], 10), (0.0, 255.0, 0.0));
    let uint4 = short().attr_int("output_dtype", i64::from(ElemType::Uint4.code()));
    assert_eq!(range(uint4, vec![s()], 21), (0.0, 15.0, 0.0));
}

#[test]
fn dequantized_constants_keep_type_scale_and_axis() {
    let node = node("DequantizeLinear", ["w", "s", "z"], ["y"]).attr_int("axis", 0);
    let graph = from_x(&[1])
        .node(node)
        .initializer(tensor_i8("w", &[2, 1], &[-3, 5]))
        .initializer(floats("s", &[0.5, 0.25]))
        .initializer(tensor_i8("z", &[2], &[0, 1]));
    let data = constant(&network(graph, 13));
    assert_eq!(data.to_real().iter().copied().collect::<Vec<_>>(), [-1.5, 1.0]);
    assert!(matches!(data, Constant::Quantized { ty, .. } if ty == IntType::quantizer(true, 8, false)));
}

#[test]
fn float_weights_may_pass_both_quantizers() {
    let graph = from_x(&[1])
        .node(node("QuantizeLinear", ["w", "s", "z"], ["q"]))
        .node(node("DequantizeLinear", ["q", "s", "z"], ["y"]))
        .initializer(floats("w", &[0.25, 0.75, 99.0]))
        .initializer(scalar("s", 0.5))
        .initializer(tensor_i8("z", &[], &[1]));
    let Constant::Quantized { codes, .. } = constant(&network(graph, 13)) else {
        panic!("weights are codes")
    };
    assert_eq!(
        codes.iter().copied().collect::<Vec<_>>(),
        [1, 3, 127],
        "the quotient is rounded, then shifted"
    );
}

/// A graph from `x`, of bytes.
fn from_codes(shape: &[i64]) -> GraphBuilder {
    let input = value_info("x", ElemType::Uint8, shape.iter().copied());
    graph().input(input).output(value_info("y", ElemType::Float, Vec::<i64>::new()))
}

fn steps(network: &Network) -> Vec<&'static str> {
    let name = |op: &Op| match op {
        Op::Dequantize { .. } => Some("dequantize"),
        Op::Quantize { .. } => Some("quantize"),
        Op::MatMul => Some("matmul"),
        Op::Conv(_) => Some("conv"),
        Op::Add => Some("add"),
        Op::ReduceMean { .. } => Some("mean"),
        _ => None,
    };
    network.topological().iter().filter_map(|node| name(&network.graph[*node].op)).collect()
}

fn byte(name: &str, value: u8) -> TensorBuilder {
    tensor_u8(name, &[], &[value])
}

#[test]
fn products_of_codes() {
    let names = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"];
    let graph = from_codes(&[1, 2])
        .node(node("QLinearMatMul", names, ["y"]))
        .initializer(tensor_i8("w", &[2, 2], &[1, -2, 3, 4]))
        .initializer(scalar("xs", 0.5))
        .initializer(byte("xz", 3))
        .initializer(floats("ws", &[0.5, 0.25]))
        .initializer(tensor_i8("wz", &[2], &[0, 0]))
        .initializer(scalar("ys", 2.0))
        .initializer(byte("yz", 7));
    let network = network(graph, 13);
    assert_eq!(steps(&network), ["dequantize", "matmul", "quantize"]);
    assert!(matches!(network.graph[network.inputs[0]].op, Op::Input { datatype: Some(ty) } if ty.max == 255));
    let (op, shape) = output(&network);
    assert_eq!((quantizer(&op).zero_point.at(0), quantizer(&op).max.at(0), shape), (7.0, 255.0, vec![1, 2]));
}

#[test]
fn convolutions_of_codes_have_integer_biases() {
    let names = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"];
    let graph = from_codes(&[1, 1, 4, 4])
        .node(node("QLinearConv", names, ["y"]).attr_ints("pads", &[1; 4]))
        .initializer(tensor_i8("w", &[2, 1, 3, 3], &[1; 18]))
        .initializer(scalar("xs", 0.5))
        .initializer(byte("xz", 3))
        .initializer(floats("ws", &[0.5, 0.25]))
        .initializer(tensor_i8("wz", &[2], &[0, 0]))
        .initializer(scalar("ys", 2.0))
        .initializer(byte("yz", 7))
        .initializer(tensor_i32("b", &[2], &[4, 4]));
    let network = network(graph, 13);
    assert_eq!(steps(&network), ["dequantize", "conv", "quantize"]);
    let conv =
        network.graph.node_indices().find(|node| matches!(network.graph[*node].op, Op::Conv(_))).unwrap();
    let (bias, _) = network.operands(conv)[2].unwrap();
    let Op::Constant(bias) = &network.graph[bias].op else { panic!("the bias is constant") };
    assert_eq!(bias.to_real().iter().copied().collect::<Vec<_>>(), [1.0, 0.5]);
}

#[test]
fn sums_and_means_of_codes() {
    for domain in ["com.microsoft", ""] {
        let sum = node("QLinearAdd", ["x", "s", "z", "x", "s", "", "s", "z"], ["a"]).domain(domain);
        let mean = node("QLinearGlobalAveragePool", ["a", "s", "z", "s", "z"], ["y"]).domain(domain);
        let graph = from_codes(&[1, 2, 3, 3]).node(sum).node(mean);
        let network = network(graph.initializer(scalar("s", 0.5)).initializer(byte("z", 3)), 13);
        let expected =
            ["dequantize", "dequantize", "add", "add", "quantize", "dequantize", "mean", "quantize"];
        assert_eq!(steps(&network), expected);
        assert_eq!(output(&network).1, [1, 2, 1, 1]);
    }
}

/// Codes 0, 1, 2, … of halves, as ONNX Runtime 1.32 gives them: sums and products round behind the zero point.
#[test]
fn ties_of_sums_round_behind_the_zero_point() {
    let sum = || node("QLinearAdd", ["x", "half", "zero", "zeros", "half", "zero", "one", "point"], ["y"]);
    let product = || node("QLinearMul", ["x", "half", "zero", "ones", "one", "zero", "one", "point"], ["y"]);
    let leaky = || node("QLinearLeakyRelu", ["x", "half", "zero", "one", "point"], ["y"]);
    let (behind, before, even) =
        ([1, 2, 2, 2, 3, 4, 4, 4], [1, 1, 2, 3, 3, 3, 4, 5], [2, 2, 3, 4, 4, 4, 5, 6]);
    for (node, point, expected) in [
        (sum(), 1, behind),
        (product(), 1, behind),
        (leaky(), 1, before),
        (sum(), 2, even),
        (product(), 2, even),
    ] {
        let graph = from_codes(&[1, 8])
            .node(node.domain("com.microsoft"))
            .initializer(scalar("half", 0.5))
            .initializer(scalar("one", 1.0))
            .initializer(byte("zero", 0))
            .initializer(byte("point", point))
            .initializer(tensor_u8("zeros", &[1, 8], &[0; 8]))
            .initializer(tensor_u8("ones", &[1, 8], &[1; 8]));
        let codes = ndarray::ArrayD::from_shape_fn(vec![1, 8], |at| at[1] as f64);
        let result = Executor::new(&network(graph, 13)).run(&[codes]).expect("runs");
        assert_eq!(result[0].iter().map(|code| *code as i64).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn integer_products_less_their_zero_points() {
    let graph = from_codes(&[1, 2])
        .node(node("MatMulInteger", ["x", "w", "xz"], ["i"]))
        .node(node("Cast", ["i"], ["f"]).attr_int("to", 1))
        .node(node("Mul", ["f", "s"], ["y"]))
        .initializer(tensor_i8("w", &[2, 2], &[1, -2, 3, 4]))
        .initializer(byte("xz", 3))
        .initializer(scalar("s", 0.5));
    assert_eq!(steps(&network(graph, 13)), ["dequantize", "matmul"]);
    let graph = from_codes(&[1, 1, 3, 3])
        .node(node("ConvInteger", ["x", "w"], ["y"]))
        .initializer(tensor_i8("w", &[1, 1, 3, 3], &[1; 9]));
    assert_eq!(steps(&network(graph, 13)), ["dequantize", "conv"]);
}

#[test]
fn annotations_promise_integers() {
    let graph = from_x(&[1, 2])
        .node(node("MatMul", ["x", "w"], ["y"]))
        .initializer(tensor_f32("w", &[2, 1], &[1.0, -1.0]))
        .annotation("w", &[("finn_datatype", "BIPOLAR")])
        .annotation("x", &[("finn_datatype", "UINT4")]);
    let network = network(graph, 13);
    let u4 = IntType::quantizer(false, 4, false);
    assert_eq!(network.graph[network.inputs[0]].op, Op::Input { datatype: Some(u4) });
    let bipolar = |op: &Op| matches!(op, Op::Constant(Constant::Quantized { ty, .. }) if ty.is_bipolar());
    assert_eq!(count(&network, bipolar), 1);
}

#[test]
fn gemm_of_codes() {
    let names = ["x", "s", "z", "w", "ws", "wz", "b", "s", "z"];
    let graph = from_codes(&[1, 2])
        .node(node("QGemm", names, ["y"]).domain("com.microsoft").attr_int("transB", 1).name("gemm"))
        .initializer(tensor_i8("w", &[3, 2], &[1, -2, 3, 4, 5, 6]))
        .initializer(scalar("s", 0.5))
        .initializer(byte("z", 3))
        .initializer(floats("ws", &[0.5, 0.25, 1.0]))
        .initializer(tensor_i8("wz", &[3], &[0, 0, 0]))
        .initializer(tensor_i32("b", &[3], &[4, 4, 4]));
    let network = network(graph, 13);
    let names: Vec<&str> = network.graph.node_weights().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["x", "gemm.a", "gemm.b", "gemm.bias", "gemm.gemm", "gemm", "y"]);
    let reals = |name: &str| match &network.graph.node_weights().find(|node| node.name == name).unwrap().op {
        Op::Constant(data) => data.to_real().iter().copied().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(reals("gemm.bias"), [1.0, 0.5, 2.0]);
    assert_eq!(reals("gemm.b"), [0.5, -1.0, 0.75, 1.0, 5.0, 6.0], "one scale per column of B'");
}

#[test]
fn functions_and_joints_of_codes() {
    let leaky = node("QLinearLeakyRelu", ["x", "s", "z", "s", "z"], ["a"]).domain("com.microsoft");
    let sigmoid = node("QLinearSigmoid", ["a", "s", "z", "s", "z"], ["b"]).domain("com.microsoft");
    let joined =
        node("QLinearConcat", ["s", "z", "a", "s", "z", "b", "s", "z"], ["y"]).domain("com.microsoft");
    let graph = from_codes(&[1, 2]).node(leaky).node(sigmoid).node(joined.attr_int("axis", 1));
    let network = network(graph.initializer(scalar("s", 0.5)).initializer(byte("z", 3)), 13);
    assert_eq!(output(&network).1, [1, 4]);
    assert_eq!(count(&network, |op| matches!(op, Op::Quantize { .. })), 3);
    assert_eq!(count(&network, |op| *op == Op::Sigmoid || *op == Op::Concat { axis: 1 }), 2);
}

/// Brevitas' export of 4-bit weights and activations.
#[test]
fn clipped_codes_have_fewer_bits() {
    let chain = |data: &str, name: &str| {
        let [q, c] = ["q", "c"].map(|part| format!("{name}.{part}"));
        [
            node("QuantizeLinear", [data, "s", "z"], [q.as_str()]),
            node("Clip", [q.as_str(), "low", "high"], [c.as_str()]),
            node("DequantizeLinear", [c.as_str(), "s", "z"], [name]),
        ]
    };
    let nodes = chain("x", "a").into_iter().chain(chain("w", "b"));
    let graph = nodes.fold(from_x(&[1, 2]), GraphBuilder::node).node(node("MatMul", ["a", "b"], ["y"]));
    let network = network(
        graph
            .initializer(tensor_f32("w", &[2, 1], &[0.5, -9.0]))
            .initializer(scalar("s", 0.5))
            .initializer(tensor_i8("z", &[], &[0]))
            .initializer(tensor_i8("low", &[], &[-7]))
            .initializer(tensor_i8("high", &[], &[7])),
        13,
    );
    assert_eq!(steps(&network), ["quantize", "dequantize", "matmul"]);
    let ranges: Vec<String> = network
        .graph
        .node_weights()
        .filter_map(|node| match &node.op {
            Op::Quantize { quantizer, .. } => {
                Some(format!("{} to {}", quantizer.min.at(0), quantizer.max.at(0)))
            }
            Op::Constant(Constant::Quantized { ty, .. }) => Some(ty.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(ranges, ["-7 to 7", "i4[-7,7]"]);
}
