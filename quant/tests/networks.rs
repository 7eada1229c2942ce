//! Small float networks: what folding, equalizing and correcting keep, what is tied, what incremental runs give.

use mpqc_ir::import::{Options as Import, import};
use mpqc_ir::network::{Network, Op};
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::build::{GraphBuilder, graph, model, node, tensor_f32, value_info};
use mpqc_ir::reference::Executor;
use mpqc_quant::{
    Aim, Evidence, Measured, Model, Mse, Ompq, Options, Sensitivity, Subject, Widths, correct_biases,
    equalize, fold_batch_norms, prepare, round_biases, scores,
};
use ndarray::ArrayD;

/// Numbers that differ, of size `size`.
fn numbers(count: usize, salt: usize, size: f32) -> Vec<f32> {
    let number = |i: usize| ((i * 7919 + salt * 104_729 + i * i) % 2003) as f32 / 1001.5 - 1.0;
    (0..count).map(|i| number(i) * size).collect()
}

/// A convolution with batch normalization.
fn conv(g: GraphBuilder, name: &str, x: &str, [outputs, inputs]: [i64; 2], group: i64) -> GraphBuilder {
    let shape = [outputs, inputs / group, 3, 3];
    let count = shape.iter().product::<i64>() as usize;
    let part = |part: &str| format!("{name}.{part}");
    let channels = outputs as usize;
    let g = g.initializer(tensor_f32(&part("w"), &shape, &numbers(count, count, 0.4)));
    let positive: Vec<f32> = numbers(channels, 5, 0.4).iter().map(|v| v + 0.9).collect();
    let params = [
        ("gain", numbers(channels, 2, 1.5)),
        ("shift", numbers(channels, 3, 0.5)),
        ("mean", numbers(channels, 4, 0.3)),
        ("var", positive),
    ];
    let g =
        params.iter().fold(g, |g, (name, values)| g.initializer(tensor_f32(&part(name), &[outputs], values)));
    let out = part("sum");
    let product = node("Conv", [x, &part("w")], [out.as_str()]).name(name);
    let g = g.node(product.attr_ints("pads", &[1, 1, 1, 1]).attr_int("group", group));
    let names = [out, part("gain"), part("shift"), part("mean"), part("var")];
    let norm = node("BatchNormalization", names.iter().map(String::as_str), [part("norm").as_str()]);
    g.node(norm.name(&part("norm")))
}

/// conv, [depthwise conv, conv] + identity, max pool, conv, average, product.
fn network() -> Network {
    let relu = |g: GraphBuilder, x: &str, y: &str| g.node(node("Relu", [x], [y]).name(y));
    let g = graph().input(value_info("x", ElemType::Float, [1i64, 2, 6, 6]));
    let g = relu(conv(g, "a", "x", [4, 2], 1), "a.norm", "a.relu");
    let g = relu(conv(g, "b", "a.relu", [4, 4], 4), "b.norm", "b.relu");
    let g = conv(g, "c", "b.relu", [4, 4], 1);
    let g = relu(g.node(node("Add", ["c.norm", "a.relu"], ["sum"]).name("sum")), "sum", "sum.relu");
    let pool = node("MaxPool", ["sum.relu"], ["pool"]).name("pool");
    let g = g.node(pool.attr_ints("kernel_shape", &[2, 2]).attr_ints("strides", &[2, 2]));
    let g = relu(conv(g, "d", "pool", [5, 4], 1), "d.norm", "d.relu");
    let g = g.node(node("GlobalAveragePool", ["d.relu"], ["mean"]).name("mean"));
    let g = g.node(node("Flatten", ["mean"], ["flat"]).name("flat"));
    let g = g.initializer(tensor_f32("fc.w", &[5, 3], &numbers(15, 9, 0.8)));
    let g = g.node(node("MatMul", ["flat", "fc.w"], ["y"]).name("fc"));
    let bytes = model(g.output(value_info("y", ElemType::Float, [1i64, 3]))).to_bytes();
    import(&bytes, &Import::default()).unwrap_or_else(|e| panic!("{e:?}"))
}

fn frames(count: usize) -> Vec<Vec<ArrayD<f64>>> {
    let frame = |n: usize| {
        let values = numbers(72, n + 1, 2.0).into_iter().map(f64::from).collect();
        vec![ArrayD::from_shape_vec(vec![1, 2, 6, 6], values).expect("72 elements")]
    };
    (0..count).map(frame).collect()
}

fn subject(options: Options) -> Subject {
    prepare(&network(), options, &frames(24)).unwrap_or_else(|e| panic!("{e}"))
}

/// The largest difference of scores.
fn difference(a: &Network, b: &Network) -> f64 {
    let (a, b) = (scores(a, &frames(6)).expect("runs"), scores(b, &frames(6)).expect("runs"));
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn folding_and_equalizing_keep_the_function() {
    let float = network();
    let folded = fold_batch_norms(&float);
    assert!(!folded.graph.node_weights().any(|node| matches!(node.op, Op::BatchNormalization { .. })));
    assert!(difference(&float, &folded) < 1e-5);
    let equal = equalize(&folded);
    assert!(difference(&float, &equal) < 1e-5);
    let weights =
        |network: &Network| network.graph.node_weights().find(|n| n.name == "b.weight").map(|n| n.op.clone());
    assert_ne!(weights(&folded), weights(&equal), "something was equalized");
}

#[test]
fn sums_tie_widths_and_scales() {
    let subject = subject(Options::default());
    let Model { layers, points, groups, .. } = &subject.model;
    let name = |point: &usize| points[*point].tensor.as_str();
    assert_eq!(
        layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>(),
        ["a", "b", "c", "d", "fc"]
    );
    let tied: Vec<_> = groups.iter().filter(|group| group.len() > 1).collect();
    assert_eq!(tied.len(), 1);
    assert_eq!(tied[0].iter().map(name).collect::<Vec<_>>(), ["a.relu", "c.norm"]);
    let group = points[tied[0][0]].group;
    let scales: Vec<f64> = subject.activations(group, 4).iter().map(|affine| affine.scale).collect();
    assert_eq!((scales[0] / scales[1]).log2().fract(), 0.0, "{scales:?}");
    assert!(points.iter().all(|point| point.tensor != "d.norm" && point.tensor != "sum"));
}

#[test]
fn wide_codes_are_nearly_the_float_network_and_lower() {
    let subject = subject(Options::default());
    let network = subject.network(&Widths::uniform(&subject.model, 10, 12));
    assert!(difference(&subject.model.network, &network) < 0.02);
    let network = subject.network(&Widths::uniform(&subject.model, 6, 8));
    mpqc_ir::lower::lower(&network).unwrap_or_else(|e| panic!("{e:?}"));
}

#[test]
fn corrected_biases_bring_the_outputs_back_and_short_ones_stay_near() {
    let subject = subject(Options::default());
    let network = subject.network(&Widths::uniform(&subject.model, 2, 8));
    let corrected = correct_biases(&subject, &network, &frames(24)).expect("runs");
    let float = scores(&subject.model.network, &frames(24)).expect("runs");
    let mean_error = |network: &Network| {
        let quantized = scores(network, &frames(24)).expect("runs");
        let of = |class: usize| -> f64 {
            float.iter().zip(&quantized).map(|(a, b)| a[class] - b[class]).sum::<f64>().abs() / 24.0
        };
        (0..3).map(of).sum::<f64>()
    };
    assert!(mean_error(&corrected) < 0.7 * mean_error(&network));
    assert!(difference(&corrected, &round_biases(&corrected, 24)) < 1.0);
}

#[test]
fn every_sensitivity_falls_with_the_bits() {
    let subject = subject(Options::default());
    let candidates = subject.candidates(&(2..=6), &(3..=6)).expect("a range");
    let all = frames(24);
    let evidence = Evidence { frames: &all, aim: &Aim::Float };
    let methods: [&dyn Sensitivity; 3] = [&Mse, &Measured::default(), &Ompq::default()];
    for method in methods {
        let losses = method.losses(&subject, &candidates, &evidence, &|_| {}).expect("it runs");
        for losses in losses.weights.iter().chain(losses.activations.iter().filter(|l| l.len() > 1)) {
            assert!(losses.windows(2).all(|pair| pair[0] >= pair[1]), "{}: {losses:?}", method.name());
            assert!(losses[0] > losses[losses.len() - 1], "{}: {losses:?}", method.name());
        }
    }
}

#[test]
fn a_run_from_the_middle_is_the_run_of_the_changed_network() {
    let subject = subject(Options::default());
    let float = &subject.model.network;
    let (executor, layer) = (Executor::new(float), &subject.model.layers[2]);
    let quantized = subject.weights(2, &[2]).constant;
    let mut changed = float.clone();
    changed.graph[layer.weights].op = Op::Constant(quantized.clone());
    let (values, change) = (quantized.to_real(), executor.change(&[&layer.weights_tensor]));
    for frame in frames(3) {
        let again = executor.keep(&frame).and_then(|run| run.again(&change, &[&values])).expect("runs");
        assert_eq!(again, Executor::new(&changed).run(&frame).expect("runs"));
        assert_ne!(again, executor.run(&frame).expect("runs"));
    }
}
