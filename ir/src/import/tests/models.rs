//! The models that users bring.

use super::*;
use crate::tensor::Constant;
use petgraph::Direction;
use std::path::PathBuf;

/// The folder of shared models, or `None` (said on stderr) where this checkout has none.
fn models() -> Option<PathBuf> {
    let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("MPQC_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    let folder = shared.join("models");
    if !folder.is_dir() {
        eprintln!("skipped, no ../shared");
        return None;
    }
    Some(folder)
}

fn load(name: &str, shapes: &[(&str, &[usize])]) -> Option<Network> {
    let bytes = std::fs::read(models()?.join(name).with_extension("onnx")).unwrap();
    let input_shapes = shapes.iter().map(|(name, shape)| ((*name).to_owned(), shape.to_vec())).collect();
    Some(
        import(&bytes, &Options { folder: None, input_shapes })
            .unwrap_or_else(|all| panic!("{name}: {:#?}", all.0)),
    )
}

/// Nodes, constants, quantizers (of any kind) and products of every model.
#[test]
fn every_shared_model_imports() {
    let expected = [
        ("cnv_w1a1", [31, 9, 8, 9]),
        ("cnv_w2a2", [31, 9, 8, 9]),
        ("jet_mixed", [25, 8, 4, 4]),
        ("jet_tagging_qkeras_6b", [25, 8, 3, 4]),
        ("jet_w4a4", [25, 8, 4, 4]),
        ("mlperf_ad_autoencoder_int8_qdq", [64, 20, 11, 10]),
        ("mlperf_ic_resnet8_int8_qdq", [75, 20, 15, 10]),
        ("tfc_1w1a", [42, 22, 4, 4]),
        ("tfc_2w2a", [42, 22, 4, 4]),
        ("ultranet_4w4a_qonnx", [74, 42, 9, 9]),
        ("ultranet_ismart_w8f4_qonnx", [66, 26, 9, 9]),
        ("unsw_nb15_mlp_w2a2", [40, 22, 4, 4]),
    ];
    let mut found = Vec::new();
    for (name, _) in expected {
        let Some(network) = load(name, &[]) else { return };
        check(&network);
        found.push((name, census(&network)));
    }
    assert_eq!(found, expected);
}

fn census(network: &Network) -> [usize; 4] {
    let quantizer =
        |op: &Op| matches!(op, Op::Quantize { .. } | Op::BipolarQuantize { .. } | Op::MultiThreshold { .. });
    [
        network.graph.node_count(),
        count(network, |op| matches!(op, Op::Constant(_))),
        count(network, quantizer),
        count(network, |op| matches!(op, Op::MatMul | Op::Gemm { .. } | Op::Conv(_))),
    ]
}

/// Every weight is quantized, every wire has a shape, and every node is needed.
fn check(network: &Network) {
    for node in network.graph.node_indices() {
        let (Op::MatMul | Op::Gemm { .. } | Op::Conv(_)) = network.graph[node].op else { continue };
        let operands = network.operands(node);
        let (weights, _) = operands[1].unwrap();
        let quantized = matches!(&network.graph[weights].op, Op::Constant(Constant::Quantized { .. }));
        assert!(quantized, "{}", network.graph[node].name);
    }
    for wire in network.graph.edge_weights() {
        assert!(wire.shape.iter().all(|dim| *dim > 0), "{wire:?}");
    }
    for node in network.graph.node_indices() {
        let used = network.graph.neighbors_directed(node, Direction::Outgoing).count() > 0;
        assert_eq!(used, !matches!(network.graph[node].op, Op::Output), "{}", network.graph[node].name);
    }
    assert_eq!(network.topological().len(), network.graph.node_count());
}

#[test]
fn another_input_shape_is_carried_through() {
    // The only input needs no name.
    for name in ["image", ""] {
        let Some(network) = load("ultranet_4w4a_qonnx", &[(name, &[1, 3, 32, 64])]) else { return };
        let (_, head) = network.operands(network.outputs[0])[0].unwrap();
        assert_eq!(head.shape, [1, 36, 2, 4]);
    }
}
