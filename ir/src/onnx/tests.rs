//! The reader as a whole: what it reads, what it refuses, and that nothing makes it panic.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use proptest::prelude::*;

use super::testing::*;
use super::*;

/// A model with a bit of everything, in about 700 bytes.
fn sample() -> Vec<u8> {
    let quant = node("Quant", ["w", "scale", "zero", "bits"], ["wq"])
        .name("quant0")
        .domain("qonnx.custom_op.general")
        .attr_string("rounding_mode", "ROUND")
        .attr_int("signed", 1)
        .attr_float("eps", 1e-5);
    let constant = node("Constant", [], ["shape"]).attr_tensor("value", tensor_i64("", &[2], &[1, -1]));
    let lists = node("Lists", [""], ["l"])
        .attr_ints("axes", &[0, -1])
        .attr_floats("scales", &[0.5, 2.0])
        .attr_strings("names", &["a", "b"])
        .attr_graph("body", graph().node(node("Relu", ["a"], ["b"])));
    let nodes = graph().name("sample").node(quant).node(constant).node(lists).node(node(
        "MatMul",
        ["x", "wq"],
        ["y"],
    ));
    let stored = nodes
        .initializer(tensor_f32("w", &[2, 2], &[0.5, -1.0, 2.0, 0.0]))
        .initializer(tensor("scale", ElemType::Float, &[]).float_data(&[0.25]))
        .initializer(tensor("zero", ElemType::Int8, &[1]).int32_data(&[-3]))
        .initializer(tensor_external("far", ElemType::Float, &[4], "far.bin", 0, 16));
    let values = stored
        .input(value_info("x", ElemType::Float, [Dim::Param("batch"), Dim::Value(2)]))
        .output(value_info("y", ElemType::Float, [Dim::Unknown, Dim::Value(2)]))
        .value_info(value_info("wq", ElemType::Float, [2, 2]))
        .annotation("wq", &[("finn_datatype", "INT4")]);
    let model = model(values).producer("sampler", "1.2").metadata("author", "us").function("custom", "Twice");
    model.opset("", 13).opset("qonnx.custom_op.general", 1).to_bytes()
}

#[test]
fn the_model_around_the_graph() {
    let bytes = sample();
    let model = read(&bytes).unwrap();
    assert_eq!((model.ir_version, model.producer_name, model.producer_version), (8, "sampler", "1.2"));
    assert_eq!(model.opset_version("ai.onnx"), Some(13));
    assert_eq!(model.opset_version("qonnx.custom_op.general"), Some(1));
    assert_eq!(model.opset_version("com.microsoft"), None);
    assert_eq!(model.metadata_props, [Entry { key: "author", value: "us" }]);
    assert_eq!((model.functions[0].domain, model.functions[0].name), ("custom", "Twice"));
    assert_eq!(model.span, Span { start: 0, end: bytes.len() });
}

#[test]
fn nodes_and_their_attributes() {
    let bytes = sample();
    let model = read(&bytes).unwrap();
    let [quant, constant, lists, matmul] = &model.graph.node[..] else { panic!("four nodes") };
    assert_eq!((quant.name, quant.op_type, quant.domain), ("quant0", "Quant", "qonnx.custom_op.general"));
    assert_eq!(quant.input, ["w", "scale", "zero", "bits"]);
    assert_eq!(quant.string("rounding_mode"), Ok(Some("ROUND")));
    assert_eq!(quant.int("signed"), Ok(Some(1)));
    assert_eq!(quant.float("eps"), Ok(Some(1e-5)));
    assert_eq!(quant.int("narrow"), Ok(None));
    let value = constant.tensor("value").unwrap().unwrap();
    assert_eq!(value.decode(None).unwrap().as_ints(), Some(&[1, -1][..]));
    assert_eq!(lists.ints("axes"), Ok(Some(&[0, -1][..])));
    assert_eq!(lists.floats("scales"), Ok(Some(&[0.5, 2.0][..])));
    let names = AttributeValue::Strings(vec![b"a", b"b"]);
    assert_eq!(lists.attribute("names").unwrap().value, names);
    let AttributeValue::Graph(body) = &lists.attribute("body").unwrap().value else { panic!("a graph") };
    assert_eq!(body.node[0].op_type, "Relu");
    assert_eq!((matmul.input.as_slice(), matmul.output.as_slice()), (&["x", "wq"][..], &["y"][..]));
}

#[test]
fn values_and_annotations() {
    let bytes = sample();
    let graph = read(&bytes).unwrap().graph;
    let Type::Tensor(ty) = &graph.input[0].ty else { panic!("a tensor") };
    assert_eq!(ty.elem_type(), Ok(ElemType::Float));
    assert_eq!(ty.shape, Some(vec![Dim::Param("batch"), Dim::Value(2)]));
    let Type::Tensor(ty) = &graph.output[0].ty else { panic!("a tensor") };
    assert_eq!(ty.shape, Some(vec![Dim::Unknown, Dim::Value(2)]));
    assert_eq!((graph.name, graph.value_info[0].name), ("sample", "wq"));
    assert_eq!(graph.quantization_annotation[0].tensor_name, "wq");
    assert_eq!(graph.quantization_annotation[0].get("finn_datatype"), Some("INT4"));
    assert_eq!(graph.quantization_annotation[0].get("SCALE_TENSOR"), None);
}

#[test]
fn types_without_shape_and_other_types() {
    let untyped = Message::default().bytes(1, "u");
    let rankless =
        Message::default().bytes(1, "r").bytes(2, Message::default().bytes(1, Message::default().int(1, 1)));
    let sequence = Message::default().bytes(1, "s").bytes(2, Message::default().bytes(4, b""));
    let scalar = value_info("c", ElemType::Int64, [0i64; 0]);
    let bytes = model(graph().input(untyped).input(rankless).input(sequence).input(scalar)).to_bytes();
    let graph = read(&bytes).unwrap().graph;
    let shape = |index: usize| match &graph.input[index].ty {
        Type::Tensor(tensor) => tensor.shape.clone(),
        _ => panic!("a tensor"),
    };
    assert_eq!(graph.input[0].ty, Type::Unknown);
    assert_eq!(shape(1), None);
    assert_eq!(graph.input[2].ty, Type::Other("sequence"));
    assert_eq!(shape(3), Some(vec![]));
}

#[test]
fn lists_packed_and_unpacked_are_one() {
    let unpacked = node("N", [], []).attr_ints("a", &[3, -4]).attr_floats("b", &[1.0]);
    let ints = attribute("a", 7).packed_ints(8, &[3, -4]);
    let floats = attribute("b", 6).bytes(7, 1f32.to_le_bytes());
    for node in [unpacked, node("N", [], []).attr(ints).attr(floats)] {
        let bytes = model(graph().node(node)).to_bytes();
        let model = read(&bytes).unwrap();
        assert_eq!(model.graph.node[0].ints("a"), Ok(Some(&[3, -4][..])));
        assert_eq!(model.graph.node[0].floats("b"), Ok(Some(&[1.0][..])));
    }
    let unpacked =
        tensor("t", ElemType::Double, &[2]).with(|message| message.double(10, 1.5).double(10, 2.5));
    let packed = tensor("t", ElemType::Double, &[2]).double_data(&[1.5, 2.5]);
    assert_eq!(decoded(unpacked).unwrap(), decoded(packed).unwrap());
}

#[test]
fn values_that_proto3_writers_leave_out() {
    let node = node("N", [], []).attr(attribute("i", 2)).attr(attribute("is", 7)).attr(attribute("s", 3));
    let bytes = model(graph().node(node)).to_bytes();
    let model = read(&bytes).unwrap();
    let node = &model.graph.node[0];
    assert_eq!(
        (node.int("i"), node.ints("is"), node.string("s")),
        (Ok(Some(0)), Ok(Some(&[][..])), Ok(Some("")))
    );
}

#[test]
fn attributes_of_old_files_declare_no_type() {
    let bytes =
        model(graph().node(node("N", [], []).attr(Message::default().bytes(1, "i").int(3, 7)))).to_bytes();
    assert_eq!(read(&bytes).unwrap().graph.node[0].int("i"), Ok(Some(7)));
}

#[test]
fn a_graph_in_two_parts_is_one_graph() {
    let second = Message::default().bytes(1, Message::default().bytes(4, "Relu"));
    let bytes = model(graph().name("g").node(node("Abs", [], []))).field(7, second).to_bytes();
    let graph = read(&bytes).unwrap().graph;
    let ops: Vec<&str> = graph.node.iter().map(|node| node.op_type).collect();
    assert_eq!((graph.name, ops), ("g", vec!["Abs", "Relu"]));
}

#[test]
fn unknown_fields_are_passed_over() {
    let strange = |message: Message| message.int(900, 1).float(901, 1.0).double(902, 1.0).bytes(903, b"\xff");
    let tensor = tensor_f32("w", &[1], &[1.0]).with(strange);
    let bytes =
        model(graph().initializer(tensor).field(99, Message::default())).field(99, Message::default());
    assert_eq!(read(&bytes.to_bytes()).unwrap().graph.initializer[0].name, "w");
}

#[test]
fn spans_point_into_the_file() {
    let bytes = sample();
    let model = read(&bytes).unwrap();
    let Storage::Raw(raw) = model.graph.initializer[0].data else { panic!("raw bytes") };
    assert_eq!(&bytes[raw.offset..raw.span().end], raw.bytes);
    for node in &model.graph.node {
        let around = &bytes[node.span.start..node.span.end];
        assert!(around.windows(node.op_type.len()).any(|window| window == node.op_type.as_bytes()));
        assert_eq!(around[0], 1 << 3 | 2, "a span begins with the tag");
    }
}

fn decoded(tensor: TensorBuilder) -> Result<TensorData, OnnxError> {
    let bytes = model(graph().initializer(tensor)).to_bytes();
    read(&bytes)?.graph.initializer[0].decode(None)
}

#[test]
fn shapes_of_stored_tensors() {
    let scalar = decoded(tensor_f32("s", &[], &[1.0])).unwrap();
    assert_eq!((scalar.shape.as_slice(), scalar.values.len()), (&[][..], 1));
    let empty = decoded(tensor_f32("e", &[0, 3], &[])).unwrap();
    assert_eq!((empty.shape.as_slice(), empty.values.is_empty()), (&[0, 3][..], true));
    assert!(decoded(tensor("none", ElemType::Float, &[2])).is_err());
}

#[test]
fn every_list_is_decoded() {
    let ints = |tensor| decoded(tensor).unwrap().as_ints().unwrap().to_vec();
    assert_eq!(ints(tensor("t", ElemType::Int64, &[2]).int64_data(&[-1, i64::MAX])), [-1, i64::MAX]);
    assert_eq!(ints(tensor("t", ElemType::Uint32, &[1]).uint64_data(&[1 << 31])), [1 << 31]);
    assert_eq!(ints(tensor("t", ElemType::Int32, &[1]).int32_data(&[-5])), [-5]);
    assert_eq!(
        ints(tensor("t", ElemType::Int32, &[1]).int32_data(&[0xffff_fffb])),
        [-5],
        "negative in 32 bits"
    );
    assert_eq!(ints(tensor("t", ElemType::Bool, &[2]).int32_data(&[0, 1])), [0, 1]);
    assert_eq!(ints(tensor_i32("t", &[1], &[-7])), [-7]);
    assert_eq!(ints(tensor_i8("t", &[1], &[-7])), [-7]);
    assert_eq!(ints(tensor_u8("t", &[1], &[250])), [250]);
}

#[test]
fn external_data_are_read_from_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let stored: Vec<u8> = [9.0f32, 1.0, 2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(folder.path().join("w.bin"), stored).unwrap();
    let read_at = |offset, length, folder: Option<&Path>| {
        let far = tensor_external("w", ElemType::Float, &[2], "w.bin", offset, length);
        let bytes = model(graph().initializer(far)).to_bytes();
        read(&bytes).unwrap().graph.initializer[0].decode(folder)
    };
    assert_eq!(read_at(4, 8, Some(folder.path())).unwrap().as_floats(), Some(&[1.0, 2.0][..]));
    let mistake = |offset, length, folder| read_at(offset, length, folder).unwrap_err().mistake;
    assert!(matches!(mistake(4, 8, None), Mistake::ExternalWithoutFolder { .. }));
    assert!(matches!(mistake(4, 4, Some(folder.path())), Mistake::DataLength { expected: 8, found: 4, .. }));
    assert!(matches!(mistake(8, 8, Some(folder.path())), Mistake::ExternalPastEnd { .. }));
}

#[test]
fn sparse_initializers_are_noted_by_name() {
    let values = Message::default().int(2, 1).bytes(8, "sparse_w");
    let bytes = model(graph().field(15, Message::default().bytes(1, values))).to_bytes();
    assert_eq!(read(&bytes).unwrap().graph.sparse_initializer[0].name, "sparse_w");
}

/// Reads a model and everything in it, to the first error.
fn read_all(bytes: &[u8]) -> Result<(), OnnxError> {
    let model = read(bytes)?;
    for tensor in model.graph.initializer.iter().filter(|tensor| tensor.data_location == 0) {
        tensor.decode(None)?;
    }
    for info in &model.graph.input {
        if let Type::Tensor(tensor) = &info.ty {
            tensor.elem_type()?;
        }
    }
    model.graph.initializer.iter().try_for_each(|tensor| tensor.decode(None).map(drop))
}

/// A graph of one node with one attribute.
fn with_attribute(message: Message) -> Vec<u8> {
    model(graph().node(node("N", [], []).attr(message))).to_bytes()
}

fn with_tensor(tensor: TensorBuilder) -> Vec<u8> {
    model(graph().initializer(tensor)).to_bytes()
}

/// Subgraphs within subgraphs.
fn nested(levels: usize) -> Vec<u8> {
    let deeper = |inner, _| graph().node(node("If", [], []).attr_graph("then_branch", inner));
    model((0..levels).fold(graph(), deeper)).to_bytes()
}

/// The smallest inputs for the mistakes that a file alone can make.
fn broken_messages() -> Vec<Vec<u8>> {
    let sound = model(graph().name("g")).to_bytes();
    let raw = |bytes: &[u8]| [&sound[..], bytes].concat();
    let twice = node("N", [], []).attr_int("a", 1).attr_int("a", 2);
    vec![
        vec![],
        b"version https://git-lfs.github.com/spec/v1\n".to_vec(),
        raw(&[0x08]),
        raw(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        raw(&[0x3a, 0x7f]),
        raw(&[0x0b]),
        raw(&[0x0f]),
        raw(&[0x00]),
        nested(34),
        raw(&[0x0a, 0]),
        model(graph().field(2, Message::default().raw(b"\xff"))).to_bytes(),
        Message::default().int(1, 8).as_ref().to_vec(),
        model(graph().node(node("Relu", [], [])).node(NodeBuilder::default())).to_bytes(),
        model(graph().node(twice)).to_bytes(),
    ]
}

fn broken_attributes() -> Vec<Vec<u8>> {
    vec![
        with_attribute(Message::default().int(3, 1)),
        with_attribute(attribute("a", 2).int(3, 1).float(2, 1.0)),
        with_attribute(attribute("a", 99).int(3, 1)),
        with_attribute(attribute("a", 1).int(3, 1)),
        with_attribute(attribute("a", 4)),
        with_attribute(attribute("a", 1 << 40)),
        model(graph().input(Message::default())).to_bytes(),
    ]
}

fn broken_tensors() -> Vec<Vec<u8>> {
    let float = ElemType::Float;
    vec![
        with_tensor(TensorBuilder::default()),
        with_tensor(TensorBuilder::default().with(|message| message.int(2, 77).bytes(8, "t"))),
        with_tensor(tensor("t", ElemType::String, &[1])),
        with_tensor(tensor_f32("t", &[-2], &[])),
        with_tensor(tensor_f32("t", &[1 << 40, 1 << 40], &[])),
        with_tensor(tensor_f32("t", &[2, 2], &[1.0])),
        with_tensor(tensor("t", float, &[1]).int64_data(&[1])),
        with_tensor(tensor_f32("t", &[1], &[1.0]).float_data(&[1.0])),
        with_tensor(tensor_f32("t", &[1], &[1.0]).with(|message| message.bytes(3, b""))),
        with_tensor(tensor("t", ElemType::Int8, &[1]).int32_data(&[200])),
        with_tensor(tensor("t", ElemType::Int8, &[1]).int32_data(&[1 << 33])),
        with_tensor(tensor("t", ElemType::Uint64, &[1]).uint64_data(&[-1])),
        with_tensor(tensor_f32("t", &[1], &[1.0]).with(|message| message.int(14, 2))),
        with_tensor(tensor_external("t", float, &[1], "t.bin", 0, 4)),
        with_tensor(tensor_external("t", float, &[1], "t.bin", 0, 4).float_data(&[1.0])),
        with_tensor(tensor("t", float, &[1]).with(|message| message.int(14, 1))),
    ]
}

#[test]
fn each_mistake_has_its_message() {
    let describe = |bytes: &Vec<u8>| {
        let error = read_all(bytes).expect_err("a mistake");
        let (code, help) = (error.code().expect("a code"), error.help().expect("a way out"));
        format!("{code}\n  {error}\n  {help}\n")
    };
    let broken = [broken_messages(), broken_attributes(), broken_tensors()].concat();
    insta::assert_snapshot!(broken.iter().map(describe).collect::<Vec<String>>().join("\n"));
}

#[test]
fn an_attribute_of_the_wrong_kind_is_named() {
    let bytes = with_attribute(attribute("axis", 1).float(2, 1.0));
    let model = read(&bytes).unwrap();
    let error = model.graph.node[0].int("axis").unwrap_err();
    let (expected, found) = (AttributeKind::Int, AttributeKind::Float);
    assert_eq!(error.mistake, Mistake::AttributeKind { expected, found });
    assert!(error.to_string().starts_with("attribute[\"axis\"]: the attribute is FLOAT, not INT"));
}

#[test]
fn nesting_is_bounded_for_any_depth() {
    assert!(read(&nested(33)).is_ok());
    for levels in [34, 1000] {
        let mistake = read(&nested(levels)).unwrap_err().mistake;
        assert_eq!(mistake, Mistake::TooDeep { limit: MAX_DEPTH });
    }
}

#[test]
fn names_of_models_are_no_signatures() {
    let bytes = model(graph()).producer("TFL3", "").to_bytes();
    assert!(read(&bytes).is_ok());
}

#[test]
fn every_prefix_of_a_model_is_read_or_refused() {
    let bytes = sample();
    for end in 0..bytes.len() {
        if let Err(error) = read_all(&bytes[..end]) {
            assert!(error.span.start <= error.span.end && error.span.end <= end, "{error}");
        }
    }
}

#[test]
fn a_million_nodes() {
    let relu = node("Relu", ["x"], ["y"]);
    let nodes = (0..1_000_000).fold(graph(), |graph, _| graph.node(relu.clone()));
    let bytes = model(nodes).to_bytes();
    assert_eq!(read(&bytes).unwrap().graph.node.len(), 1_000_000);
}

#[test]
fn a_node_with_a_hundred_thousand_attributes() {
    let many = (0..100_000).fold(node("N", [], []), |node, index| node.attr_int(&format!("a{index}"), index));
    let bytes = model(graph().node(many)).to_bytes();
    assert_eq!(read(&bytes).unwrap().graph.node[0].attribute.len(), 100_000);
}

/// Nodes and initializers of the public models, counted by the `onnx` package 1.23.
const COUNTS: [(&str, usize, usize); 12] = [
    ("cnv_w1a1", 20, 17),
    ("cnv_w2a2", 20, 17),
    ("jet_mixed", 19, 32),
    ("jet_tagging_qkeras_6b", 23, 41),
    ("jet_w4a4", 19, 32),
    ("mlperf_ad_autoencoder_int8_qdq", 62, 82),
    ("mlperf_ic_resnet8_int8_qdq", 73, 90),
    ("tfc_1w1a", 31, 33),
    ("tfc_2w2a", 31, 49),
    ("ultranet_4w4a_qonnx", 39, 96),
    ("ultranet_ismart_w8f4_qonnx", 47, 80),
    ("unsw_nb15_mlp_w2a2", 20, 33),
];

fn shared_models() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("MPQC_SHARED").map_or(beside, PathBuf::from).join("models");
    folder.is_dir().then_some(folder)
}

#[test]
fn public_models() {
    let Some(folder) = shared_models() else { return println!("skipped, no ../shared") };
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "onnx") {
            check_public_model(&path);
        }
    }
}

fn check_public_model(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let model = read(&bytes).unwrap();
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap();
    for tensor in &model.graph.initializer {
        let data = tensor.decode(path.parent()).unwrap();
        assert_eq!(data.values.len(), data.shape.iter().product::<usize>());
    }
    if let Some((_, nodes, initializers)) = COUNTS.iter().find(|(known, _, _)| *known == name) {
        assert_eq!(
            (model.graph.node.len(), model.graph.initializer.len()),
            (*nodes, *initializers),
            "{name}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_all(&bytes).map_err(|error| error.to_string());
    }

    #[test]
    fn any_damage_is_read_or_refused(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = sample();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let whole = read_all(&bytes);
        let cut = read_all(&bytes[..end.index(bytes.len())]);
        for error in [whole, cut].into_iter().filter_map(Result::err) {
            prop_assert!(error.span.start <= error.span.end && error.span.end <= bytes.len());
        }
    }

    #[test]
    fn stored_tensors_come_back(values in proptest::collection::vec(any::<i64>(), 0..20)) {
        let dims = [values.len() as i64];
        let raw = decoded(tensor_i64("t", &dims, &values)).unwrap();
        let list = decoded(tensor("t", ElemType::Int64, &dims).int64_data(&values)).unwrap();
        prop_assert_eq!(raw.as_ints(), Some(&values[..]));
        prop_assert_eq!(raw, list);
    }
}
