//! ONNX's own backend node tests against the reference executor.
//!
//! `MPQC_ONNX_TESTS` names a folder of cases as in `onnx/backend/test/data/node` (`ir/tests/onnx_node_cases.py`
//! writes one with the PyPI package `onnx`; `cargo xtask test` does all of it). Every case whose operators mpqc
//! knows must import and agree, in one of two forms or both: as it is, with every operand an activation, and with
//! all operands but the first constant. What the importer may refuse is in `GAPS`, with the reason.

use mpqc_ir::diagnostic::{Code, Diagnostics};
use mpqc_ir::import::{Options, import};
use mpqc_ir::network::Network;
use mpqc_ir::onnx::{self, ElemType, TensorData, Values, wire};
use mpqc_ir::reference::Executor;
use ndarray::{ArrayD, IxDyn};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What the importer says of cases that are outside of what mpqc models, and why they are.
const GAPS: &[(&str, &str)] = &[
    ("spatial axes", "networks over one or two spatial axes only"),
    ("raining", "inference only"),
    ("`mode` = linear", "enlargement by nearest neighbours only"),
    ("`mode` = cubic", "enlargement by nearest neighbours only"),
    ("scales [", "enlargement by whole factors only"),
    ("nearest_mode", "enlargement takes pixel i / factor only"),
    ("keep_aspect_ratio_policy", "enlargement by whole factors only"),
    ("`mode` = edge", "padding with a constant only"),
    ("`mode` = reflect", "padding with a constant only"),
    ("`mode` = wrap", "padding with a constant only"),
    ("float8", "integers and floats of 16 bits and more only"),
    ("float4", "integers and floats of 16 bits and more only"),
    ("changes values", "a cast that rounds is a quantizer in disguise"),
    ("drops its remainder", "integer division is no real division"),
    ("supported on constants only", "indexing by data is no dataflow"),
    ("computed at run time", "shapes are known at compile time"),
    ("where one number is needed", "minimum and maximum of an activation and a number only"),
    ("operands, not 1 to 2", "sums, minima and maxima of two operands only"),
    ("the optional output", "masks and indices have no stream"),
    ("no elements", "empty tensors have no stream"),
    ("do not make up", "empty tensors have no stream"),
    ("cannot be reshaped", "empty tensors have no stream"),
    ("slice with step", "forward slices of all elements only"),
    ("`block_size`", "scales for each tensor or along an axis only"),
    ("attribute `mode` is not known", "operator set 28's orders of `SpaceToDepth`"),
    ("run along one axis", "parameters along one axis only"),
    ("lower bound exceeds", "such a clip is constant"),
    ("axis 0 cannot have 10 elements", "an output shape beyond what the strides make"),
];

/// The newest operator set that the importer reads; cases of newer ones are read as if they were of this one, and
/// what they add is foreign or refused.
const NEWEST: u64 = 25;

/// What becomes of a case.
enum Outcome {
    /// Imported and equal.
    Accepted,
    /// An operator, or an operator set, that mpqc does not know.
    Foreign,
    /// The importer says why not.
    Refused(String),
    /// A wrong value, or an error while running.
    Wrong(String),
}

/// Operators that hardware is made of, and how many of each one's cases agree at least (those of onnx 1.23).
const CORE: &[(&str, usize)] = &[
    ("Conv", 6),
    ("ConvInteger", 2),
    ("QLinearConv", 1),
    ("ConvTranspose", 10),
    ("MatMul", 7),
    ("Gemm", 11),
    ("MatMulInteger", 1),
    ("QLinearMatMul", 8),
    ("QuantizeLinear", 8),
    ("DequantizeLinear", 8),
    ("MaxPool", 13),
    ("AveragePool", 14),
    ("GlobalAveragePool", 2),
    ("ReduceMean", 8),
    ("Pad", 3),
    ("Concat", 12),
    ("Split", 14),
    ("Resize", 3),
    ("Upsample", 1),
    ("SpaceToDepth", 2),
    ("DepthToSpace", 2),
    ("Transpose", 7),
    ("Relu", 1),
    ("PRelu", 1),
    ("LeakyRelu", 3),
    ("HardSigmoid", 3),
    ("Sigmoid", 2),
    ("Tanh", 2),
    ("Clip", 11),
    ("BatchNormalization", 2),
    ("ArgMax", 16),
    ("TopK", 7),
];

/// What became of the cases.
#[derive(Default)]
struct Report {
    agreed: Vec<String>,
    /// Names by reason.
    refused: BTreeMap<&'static str, Vec<String>>,
    foreign: Vec<String>,
    mistakes: Vec<String>,
    /// Agreed, refused and foreign cases of every operator that has cases of its own.
    operators: BTreeMap<String, [usize; 3]>,
}

#[test]
fn node_tests_agree() {
    let Some(folder) = std::env::var_os("MPQC_ONNX_TESTS").map(PathBuf::from) else {
        tell("ONNX's node tests: skipped, MPQC_ONNX_TESTS is not set\n");
        return;
    };
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("MPQC_ONNX_TESTS names a folder")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    cases.sort();
    let mut report = Report::default();
    cases.iter().for_each(|case| report.add(case));
    tell(&report.summary());
    println!("agreed: {}", report.agreed.join(" "));
    println!("foreign: {}", report.foreign.join(" "));
    let mistakes = &report.mistakes;
    assert!(mistakes.is_empty(), "{} mistakes:\n{}", mistakes.len(), mistakes.join("\n"));
    for (operator, least) in CORE {
        let [agreed, ..] = report.operators.get(*operator).copied().unwrap_or_default();
        assert!(agreed >= *least, "{agreed} cases of {operator} agree, expected {least}");
    }
    assert!(report.agreed.len() >= 300, "{} cases are too few", report.agreed.len());
}

/// Writes past the harness, which swallows what passing tests print: the counts belong in every log.
fn tell(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).expect("stderr is open");
}

impl Report {
    fn add(&mut self, case: &Path) {
        let name = case.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let outcome = judge(case);
        if let Some(operator) = only_operator(case) {
            let counts = self.operators.entry(operator).or_default();
            match &outcome {
                Outcome::Accepted => counts[0] += 1,
                Outcome::Refused(_) => counts[1] += 1,
                Outcome::Foreign => counts[2] += 1,
                Outcome::Wrong(_) => {}
            }
        }
        match outcome {
            Outcome::Foreign => self.foreign.push(name),
            Outcome::Accepted => self.agreed.push(name),
            Outcome::Wrong(why) => self.mistakes.push(format!("{name}: {why}")),
            Outcome::Refused(why) => match gap(&why) {
                Some(reason) => self.refused.entry(reason).or_default().push(name),
                None => self.mistakes.push(format!("{name}: {why}")),
            },
        }
    }

    fn summary(&self) -> String {
        let refused: usize = self.refused.values().map(Vec::len).sum();
        let mut text = format!(
            "ONNX's node tests: {} agree, {refused} refused, {} foreign, {} wrong\n",
            self.agreed.len(),
            self.foreign.len(),
            self.mistakes.len()
        );
        for (reason, names) in &self.refused {
            text += &format!("  refused, {reason}: {}\n", names.len());
        }
        for (operator, [agreed, refused, foreign]) in &self.operators {
            if agreed + refused > 0 {
                text += &format!("  {operator}: {agreed} agree, {refused} refused, {foreign} foreign\n");
            }
        }
        text
    }
}

/// The operator of a case of one node.
fn only_operator(case: &Path) -> Option<String> {
    let bytes = std::fs::read(case.join("model.onnx")).expect("a case has a model");
    let model = onnx::read(&bytes).ok()?;
    match model.graph.node.as_slice() {
        [node] => Some(node.op_type.to_owned()),
        _ => None,
    }
}

/// Why mpqc does not model what the importer refuses.
fn gap(refusal: &str) -> Option<&'static str> {
    GAPS.iter().find(|(words, _)| refusal.contains(words)).map(|(_, reason)| *reason)
}

fn judge(case: &Path) -> Outcome {
    let model = read_as_newest(&std::fs::read(case.join("model.onnx")).expect("a case has a model"));
    let inputs = tensors(case, "input");
    let outputs = tensors(case, "output");
    let forms = [model.clone(), with_constants(&model, inputs.get(1..).unwrap_or_default())];
    let mut refusal = None;
    let mut agrees = false;
    for form in forms {
        match import(&form, &Options::default()) {
            Ok(network) => match compare(&network, &inputs, &outputs) {
                Ok(()) => agrees = true,
                Err(why) => return Outcome::Wrong(why),
            },
            Err(problems) if is_foreign(&problems) => return Outcome::Foreign,
            Err(problems) => refusal = Some(problems.0.iter().map(ToString::to_string).collect::<Vec<_>>()),
        }
    }
    match refusal {
        Some(why) if !agrees => Outcome::Refused(why.join("; ")),
        _ => Outcome::Accepted,
    }
}

fn is_foreign(problems: &Diagnostics) -> bool {
    let foreign = [Code::UnknownOperator, Code::UnsupportedVersion];
    problems.0.iter().any(|problem| foreign.contains(&problem.code))
}

/// The case's tensors of one kind, as messages, in order.
fn tensors(case: &Path, kind: &str) -> Vec<Vec<u8>> {
    let path = |i| case.join("test_data_set_0").join(format!("{kind}_{i}.pb"));
    (0..).map_while(|i| std::fs::read(path(i)).ok()).collect()
}

fn compare(network: &Network, inputs: &[Vec<u8>], outputs: &[Vec<u8>]) -> Result<(), String> {
    let decoded: Vec<_> = inputs.iter().map(|bytes| decode(bytes)).collect::<Result<_, _>>()?;
    let by_name: BTreeMap<_, _> = decoded.into_iter().map(|(name, x, _)| (name, x)).collect();
    let executor = Executor::new(network);
    let frame: Option<Vec<_>> = executor.inputs().map(|(name, _)| by_name.get(name).cloned()).collect();
    let frame = frame.ok_or("an input of the network is none of the case")?;
    let found = executor.run(&frame).map_err(|error| error.to_string())?;
    for (i, (found, wanted)) in found.iter().zip(outputs).enumerate() {
        let (_, wanted, elem) = decode(wanted)?;
        equal(found, &wanted, elem).map_err(|why| format!("output {i}: {why}"))?;
    }
    Ok(())
}

/// Integers must be equal, floats as close as ONNX asks of a backend, or as float16 can be.
fn equal(found: &ArrayD<f64>, wanted: &ArrayD<f64>, elem: ElemType) -> Result<(), String> {
    if found.shape() != wanted.shape() {
        return Err(format!("shape {:?} instead of {:?}", found.shape(), wanted.shape()));
    }
    let (relative, absolute) = match elem {
        ElemType::Float | ElemType::Double => (1e-3, 1e-7),
        ElemType::Float16 | ElemType::Bfloat16 => (1e-2, 1e-2),
        _ => (0.0, 0.0),
    };
    let same = |f: f64, w: f64| {
        f == w || (f.is_nan() && w.is_nan()) || (f - w).abs() <= relative * w.abs() + absolute
    };
    match found.iter().zip(wanted).enumerate().find(|(_, (f, w))| !same(**f, **w)) {
        None => Ok(()),
        Some((i, (f, w))) => Err(format!("element {i} is {f}, not {w}")),
    }
}

/// A tensor message: its name, its elements and their type.
fn decode(message: &[u8]) -> Result<(String, ArrayD<f64>, ElemType), String> {
    // a model of nothing but this initializer
    let bytes = field(7, &field(5, message));
    let model = onnx::read(&bytes).map_err(|error| error.to_string())?;
    let tensor = &model.graph.initializer[0];
    let TensorData { shape, elem, values } = tensor.decode(None).map_err(|error| error.to_string())?;
    let values = match values {
        Values::Float(values) => values,
        Values::Int(values) => values.into_iter().map(|v| v as f64).collect(),
    };
    let array = ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|error| error.to_string())?;
    Ok((tensor.name.to_owned(), array, elem))
}

/// The model with more initializers in its graph.
fn with_constants(model: &[u8], constants: &[Vec<u8>]) -> Vec<u8> {
    rewrite(model, |found| match found.value {
        wire::Value::Bytes(graph) if found.number == 7 => {
            let added = constants.iter().flat_map(|tensor| field(5, tensor));
            Some(field(7, &graph.bytes.iter().copied().chain(added).collect::<Vec<_>>()))
        }
        _ => None,
    })
}

/// The model with its operator sets no newer than what the importer reads.
fn read_as_newest(model: &[u8]) -> Vec<u8> {
    let newest = [2 << 3, NEWEST as u8];
    let is_newer = |version: &wire::Value| matches!(version, wire::Value::Varint(v) if *v > NEWEST);
    rewrite(model, |found| match found.value {
        wire::Value::Bytes(opset) if found.number == 8 => {
            let older = |f: &wire::Field| (f.number == 2 && is_newer(&f.value)).then(|| newest.to_vec());
            Some(field(8, &rewrite(opset.bytes, older)))
        }
        _ => None,
    })
}

/// A message with some of its fields replaced.
fn rewrite(message: &[u8], replacement: impl Fn(&wire::Field) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut result = Vec::new();
    for found in wire::Body::file(message).fields() {
        let found = found.expect("cases are valid models");
        match replacement(&found) {
            Some(bytes) => result.extend(bytes),
            None => result.extend(&message[found.span.start..found.span.end]),
        }
    }
    result
}

/// A field of bytes in protocol buffers' wire format.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut result = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        result.push(length as u8 | 0x80);
        length >>= 7;
    }
    result.push(length as u8);
    result.extend(bytes);
    result
}
