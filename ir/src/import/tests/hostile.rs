//! Files that want to do harm: what they ask for is bounded, and nothing makes the importer panic.

use super::*;
use crate::import::limits;
use proptest::prelude::*;
use std::time::Instant;

#[test]
fn folding_has_a_limit() {
    let doubled = |at: usize| {
        let (from, to) = (format!("c{at}"), format!("c{}", at + 1));
        node("Concat", [from.as_str(), from.as_str()], [to.as_str()]).attr_int("axis", 0)
    };
    let graph = (0..60).fold(from_x(&[1]).initializer(ints("c0", &[1])), |graph, at| graph.node(doubled(at)));
    let all = run(graph.node(node("Add", ["x", "c60"], ["y"])), 13).unwrap_err().0;
    assert_eq!(all.len(), 1, "what depends on the refused node is silent");
    assert_eq!(all[0].code, Code::BadShape);
    assert!(all[0].reason.contains("computed from constants"), "{}", all[0].reason);
}

#[test]
fn claimed_sizes_are_refused_before_they_are_allocated() {
    for (node, stored) in [
        (node("ConstantOfShape", ["n"], ["y"]), ints("n", &[1 << 20, 1 << 20])),
        (node("Tile", ["n", "n"], ["y"]), ints("n", &[1 << 27])),
        (node("Pad", ["x", "n"], ["y"]), ints("n", &[1 << 40, 1 << 40])),
        (node("Reshape", ["x", "n"], ["y"]), ints("n", &[1 << 62, 4])),
        (node("Resize", ["x", "", "", "n"], ["y"]), ints("n", &[i64::MAX])),
        (node("Split", ["x", "n"], ["y"]), ints("n", &[i64::MAX])),
    ] {
        assert_eq!(run(from_x(&[1]).node(node).initializer(stored), 13).unwrap_err().0.len(), 1);
    }
    let wide: Vec<i64> = vec![1 << 14; 3];
    assert_eq!(problem(from_x(&wide).node(node("Relu", ["x"], ["y"])), 13).0, Code::BadShape);
    assert!(limits::elements(&[usize::MAX, usize::MAX]).is_none());
}

#[test]
fn initializers_that_claim_elements_are_refused() {
    let empty = tensor("w", ElemType::Float, &[1 << 30, 1 << 30]);
    let graph = from_x(&[1]).node(node("Add", ["x", "w"], ["y"])).initializer(empty);
    assert_eq!(run(graph, 13).unwrap_err().0.len(), 1);
}

/// External data come from the model's folder, and count against a limit of their own.
#[test]
fn external_tensors_are_read_from_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("w.bin"), [2.0f32, 3.0].map(f32::to_le_bytes).concat()).unwrap();
    let options = Options { folder: Some(folder.path().into()), input_shapes: vec![] };
    let case = |location: &str, dims: &[i64], length| {
        let stored = tensor_external("w", ElemType::Float, dims, location, 0, length);
        let graph = from_x(&[1, 2]).node(node("Mul", ["x", "w"], ["y"])).initializer(stored);
        import(&model(graph).to_bytes(), &options)
    };
    assert_eq!(count(&case("w.bin", &[2], 8).unwrap(), |op| *op == Op::Mul), 1);
    for (location, dims, length) in
        [("../w.bin", [2], 8), ("v.bin", [2], 8), ("w.bin", [4], 16), ("w.bin", [1 << 29], 8)]
    {
        assert_eq!(case(location, &dims, length).unwrap_err().0.len(), 1, "{location} {dims:?}");
    }
}

/// A chain of nodes, each of one name, in the worst order: it must take time in proportion.
#[test]
fn many_nodes_take_linear_time() {
    let count = 20_000;
    let link =
        |at: usize| node("Relu", [format!("t{at}").as_str()], [format!("t{}", at + 1).as_str()]).name("same");
    let graph = (0..count).rev().fold(from_x(&[1]), |graph, at| graph.node(link(at)));
    let begin =
        graph.node(node("Relu", ["x"], ["t0"])).node(node("Relu", [format!("t{count}").as_str()], ["y"]));
    let start = Instant::now();
    assert_eq!(network(begin, 13).graph.node_count(), count + 4);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_million_mistakes_are_all_told() {
    let graph = (0..1000).fold(from_x(&[1]), |graph, _| graph.node(node("Exotic", ["x"], ["y"])));
    assert_eq!(run(graph, 13).unwrap_err().0.len(), 1000 + 999, "unknown, and defined again");
}

/// A small model with quantizers, convolutions, shape arithmetic and a stored product.
fn seed() -> Vec<u8> {
    let quant = |x, y| node("Quant", [x, "s", "z", "b"], [y]).domain("qonnx.custom_op.general");
    let graph = from_x(&[1, 2, 4, 4])
        .node(quant("x", "xq"))
        .node(quant("w", "wq").attr_int("narrow", 1).attr_string("rounding_mode", "FLOOR"))
        .node(
            node("Conv", ["xq", "wq"], ["c"]).attr_ints("pads", &[1, 1, 1, 1]).attr_ints("strides", &[2, 2]),
        )
        .node(node("MultiThreshold", ["c", "t"], ["m"]).domain("finn.custom_op.general"))
        .node(node("MaxPool", ["m"], ["p"]).attr_ints("kernel_shape", &[2, 2]))
        .node(node("Resize", ["p", "", "r"], ["e"]))
        .node(node("Shape", ["e"], ["shape"]))
        .node(node("Slice", ["shape", "zero", "one"], ["first"]))
        .node(node("Concat", ["first", "minus"], ["target"]).attr_int("axis", 0))
        .node(node("Reshape", ["e", "target"], ["f"]))
        .node(node("QuantizeLinear", ["f", "s", "u"], ["g"]))
        .node(node("DequantizeLinear", ["g", "s", "u"], ["h"]))
        .node(node("Gemm", ["h", "v"], ["i"]).attr_int("transB", 1))
        .node(node("TopK", ["i", "one"], ["j", "y"]));
    let stored = [
        scalar("s", 0.5),
        scalar("z", 0.0),
        scalar("b", 4.0),
        weights("w", &[3, 2, 3, 3]),
        tensor_f32("t", &[3, 2], &[0.0, 1.0, 0.5, 1.5, -1.0, 1.0]),
        floats("r", &[1.0, 1.0, 2.0, 2.0]),
        ints("zero", &[0]),
        ints("one", &[1]),
        ints("minus", &[-1]),
        tensor_u8("u", &[], &[3]),
        weights("v", &[4, 12]),
    ];
    let graph = stored.into_iter().fold(graph, GraphBuilder::initializer);
    model(graph).opset("", 13).to_bytes()
}

#[test]
fn the_seed_of_mutations_imports() {
    import(&seed(), &Options::default()).unwrap_or_else(|all| panic!("{:#?}", all.0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn mutated_models_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = seed();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = import(&bytes, &Options::default()).map(|network| (network.to_text(), network.to_dot()));
    }

    #[test]
    fn strange_numbers_never_panic(
        dims in prop::collection::vec(-2i64..9, 0..5),
        numbers in prop::collection::vec(prop_oneof![-3i64..9, any::<i64>()], 0..6),
        operator in prop::sample::select(&OPERATORS[..]),
        attribute in prop::sample::select(&ATTRIBUTES[..]),
        opset in 7i64..=25,
    ) {
        let node = node(operator, ["x", "n", "n", "n"], ["y"]);
        let short = crate::onnx::testing::node(operator, ["x"], ["y"]);
        for node in [node, short] {
            let node = node.attr_ints(attribute, &numbers);
            let graph = from_x(&dims).node(node).initializer(ints("n", &numbers));
            let _ = run(graph, opset).map(|network| network.to_text());
        }
    }
}

const OPERATORS: [&str; 24] = [
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Slice",
    "Split",
    "Gather",
    "Expand",
    "Tile",
    "Pad",
    "Concat",
    "Conv",
    "ConvTranspose",
    "MaxPool",
    "AveragePool",
    "ReduceMean",
    "Resize",
    "Upsample",
    "Clip",
    "TopK",
    "QuantizeLinear",
    "MatMul",
    "Gemm",
    "PRelu",
];

const ATTRIBUTES: [&str; 8] = ["axes", "pads", "perm", "shape", "starts", "split", "strides", "kernel_shape"];
