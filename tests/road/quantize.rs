//! From float networks to simulated hardware: `mpqc quantize`, `cost`, `explore`.

use crate::common::{json, mpqc, verilator};
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::build::{graph, model, node, tensor_f32, value_info};
use ndarray::Array;
use ndarray_npy::write_npy;
use std::path::{Path, PathBuf};
use std::process::Output;

const NETWORK: &str = "examples/digits/digits_cnn_float.onnx";
const CALIB: [&str; 2] = ["--calib", "examples/digits/digits_calib.input.npy"];
const TEST: [&str; 4] = [
    "--test",
    "examples/digits/digits_cnn_mixed.input.npy",
    "--test-labels",
    "examples/digits/digits_test.labels.npy",
];

/// Quantizes the digits' float network into a folder.
fn quantize(folder: &Path, more: &[&str]) -> (PathBuf, Output) {
    let file = folder.join("q.onnx");
    let path = file.to_string_lossy().into_owned();
    let arguments = [&["quantize", NETWORK, "-o", &path, "--json"], &CALIB[..], more].concat();
    (file, mpqc(&arguments))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The accuracies, of which those of file and hardware must be equal.
fn accuracies(output: &Output) -> (f64, f64) {
    assert!(output.status.success(), "{}", stderr(output));
    let report = json(output);
    let of = |name: &str| report["accuracy"][name].as_f64().expect("it is measured");
    assert_eq!(of("specification"), of("hardware"));
    assert_eq!(of("quantized"), of("specification"));
    (of("float"), of("hardware"))
}

#[test]
fn few_bits_keep_the_digits_and_verify() {
    verilator();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (file, output) = quantize(folder.path(), &[&["--budget", "avg-bits=3"], &TEST[..]].concat());
    let (float, hardware) = accuracies(&output);
    assert!(float > 0.97 && hardware > float - 0.02, "{float} {hardware}");
    let report = json(&output);
    assert!(report["mean_weight_bits"].as_f64().is_some_and(|bits| bits <= 3.0));
    assert!(report["optimal"].as_bool().expect("a solver's word"));
    let (file, design) = (file.to_string_lossy(), folder.path().join("design"));
    let design = design.to_string_lossy();
    assert!(mpqc(&["compile", &file, "-o", &design]).status.success());
    let proved = mpqc(&["verify", &design, "--input", TEST[1], "--frames", "2"]);
    assert_eq!(proved.status.code(), Some(0), "{}", String::from_utf8_lossy(&proved.stdout));
}

#[test]
fn a_budget_of_hardware_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let budget = "fps=100000,lut=4000,dsp=12,bram=20";
    let narrow = ["--weight-bits", "2-5", "--activation-bits", "4-5"];
    let (file, output) = quantize(folder.path(), &[&["--budget", budget], &narrow[..], &TEST[..]].concat());
    let (_, hardware) = accuracies(&output);
    assert!(hardware > 0.9, "{hardware}");
    let report = json(&output);
    assert!(report["fps"].as_f64().is_some_and(|fps| fps >= 100_000.0));
    let file = file.to_string_lossy();
    let design = folder.path().join("design").to_string_lossy().into_owned();
    let limits = ["--fps", "100000", "--max-lut", "4000", "--max-dsp", "12", "--max-bram", "20"];
    let compiled = mpqc(&[&["compile", &file, "--json", "-o", &design], &limits[..]].concat());
    assert!(compiled.status.success(), "{}", stderr(&compiled));
    assert_eq!(
        json(&compiled)["resources"],
        report["resources"],
        "the file compiles to the design that was promised"
    );
}

#[test]
fn channels_have_widths_of_their_own_within_hardware() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let costs = folder.path().join("costs.json").to_string_lossy().into_owned();
    let base = ["--budget", "fps=400000,lut=9000,dsp=0,bram=0", "--sensitivity", "mse", "--costs", &costs];
    let narrow = ["--weight-bits", "2-5", "--activation-bits", "4"];
    let run = |granularity: &str| {
        let more = [&base[..], &narrow, &TEST, &["--granularity", granularity]].concat();
        let (file, output) = quantize(folder.path(), &more);
        accuracies(&output);
        (std::fs::read(file).expect("it is written"), json(&output))
    };
    let (_, layers) = run("layer");
    let kept = std::fs::read(&costs).expect("the table is kept");
    let (first, channels) = run("channel");
    assert_eq!(run("channel").0, first, "a table from the file gives the same network");
    assert_eq!(std::fs::read(&costs).expect("it is still there"), kept, "the table is made once");
    let loss = |report: &serde_json::Value| report["loss"].as_f64().expect("a number");
    assert!(loss(&channels) <= loss(&layers), "{channels} {layers}");
    let lut = channels["resources"]["lut"].as_u64().expect("a count");
    assert!(lut <= 9000, "{lut}");
    std::fs::write(&costs, "[]").expect("written");
    let (_, output) = quantize(folder.path(), &base);
    assert!(stderr(&output).contains("bad_costs") && output.status.code() == Some(2), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_kept_is_told_by_how_much() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let few = ["--weight-bits", "1-2", "--activation-bits", "3"];
    for (budget, said) in
        [("fps=100000,lut=300", "LUT at least, 300 are allowed"), ("avg-bits=0.5", "weight bits at least")]
    {
        let (file, output) =
            quantize(folder.path(), &[&["--budget", budget, "--sensitivity", "mse"], &few[..]].concat());
        assert_eq!(output.status.code(), Some(2));
        let text = stderr(&output).split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
        assert!(text.contains(said) && text.contains("does-not-fit"), "{text}");
        assert!(!file.exists(), "no half-written output");
    }
}

#[test]
fn every_way_gives_a_network_that_compiles() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ways: [&[&str]; 9] = [
        &["--sensitivity", "mse", "--scales", "pow2", "--format", "qdq"],
        &["--sensitivity", "ompq", "--per-tensor", "--range", "min-max"],
        &["--labels", "examples/digits/digits_calib.labels.npy", "--range", "percentile=99.9"],
        &["--sensitivity", "mse", "--granularity", "channel"],
        &["--sensitivity", "mse", "--granularity", "channel", "--format", "qdq"],
        &["--solver", "greedy", "--sensitivity", "mse", "--equalize", "--weights", "narrow"],
        &[
            "--solver",
            "uniform",
            "--sensitivity",
            "mse",
            "--activations",
            "asymmetric",
            "--no-bias-correction",
        ],
        &["--sensitivity", "mse", "--keep-batch-norm", "--weights", "asymmetric", "--range", "entropy"],
        &["--sensitivity", "mse", "--bias-bits", "20", "--accumulator-bits", "18", "--format", "qdq"],
    ];
    for way in ways {
        let (_, output) = quantize(
            folder.path(),
            &[&["--budget", "avg-bits=5", "--activation-bits", "6"], &TEST[..], way].concat(),
        );
        let (float, hardware) = accuracies(&output);
        assert!(hardware > float - 0.05, "{way:?}: {float} {hardware}");
    }
}

#[test]
fn the_same_seed_gives_the_same_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let once = || {
        let (file, output) =
            quantize(folder.path(), &["--budget", "kib=1.5", "--frames", "40", "--seed", "7"]);
        assert!(output.status.success(), "{}", stderr(&output));
        std::fs::read(file).expect("a file")
    };
    assert_eq!(once(), once());
}

#[test]
fn data_that_do_not_fit_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let array = |name: &str, shape: &[usize], value: f32| {
        let path = folder.path().join(name);
        write_npy(&path, &Array::from_elem(shape, value)).expect("written");
        path.to_string_lossy().into_owned()
    };
    let (flat, few) = (array("flat.npy", &[20, 64], 1.0), array("few.npy", &[3, 1, 8, 8], 1.0));
    let (labels, some) = (array("labels.npy", &[256], 10.0), array("some.npy", &[7], 1.0));
    let file = folder.path().join("q.onnx").to_string_lossy().into_owned();
    let base = ["quantize", NETWORK, "-o", &file, "--budget", "avg-bits=4"];
    let cases: [(&[&str], &str); 4] = [
        (&["--calib", &flat], "the data has shape [20, 64]"),
        (&["--calib", &few], "3 frames to calibrate with"),
        (&[CALIB[0], CALIB[1], "--labels", &labels], "10 is no class of a network with 10 scores"),
        (&[CALIB[0], CALIB[1], "--labels", &some], "7 labels for 256 frames"),
    ];
    for (more, said) in cases {
        let output = mpqc(&[&base[..], more].concat());
        assert_eq!(output.status.code(), Some(2));
        let text =
            stderr(&output).split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(text.contains(said), "{text}");
    }
    let quantized =
        ["quantize", "examples/digits/digits_cnn_mixed.onnx", "-o", &file, "--budget", "avg-bits=4"];
    let output = mpqc(&[&quantized, &CALIB[..]].concat());
    assert!(stderr(&output).contains("quantized already"), "{}", stderr(&output));
}

#[test]
fn costs_are_a_table_of_widths() {
    let output = mpqc(&[
        "cost",
        NETWORK,
        "--fps",
        "100000",
        "--weight-bits",
        "2-4",
        "--activation-bits",
        "4",
        "--json",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report = json(&output);
    let least = |bits: &str| {
        let ways = report["layers"][3]["ways"][bits]["4"].as_array().expect("a list of ways");
        ways.iter().filter_map(|way| way["lut"].as_u64()).min().expect("there is a way")
    };
    assert!(least("2") < least("4"), "{report}");
    assert_eq!(report["layers"].as_array().map(Vec::len), Some(5));
}

#[test]
fn exploring_writes_a_table_and_a_page() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("explore").to_string_lossy().into_owned();
    let ways = [
        "--budget",
        "avg-bits=2;avg-bits=6;avg-bits=0.1",
        "--way",
        "mse,mse:parameters:uniform",
        "--fps",
        "100000",
    ];
    let output = mpqc(&[&["explore", NETWORK, "-o", &out, "--json"], &CALIB[..], &TEST[..], &ways].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let rows = json(&output)["rows"].as_array().cloned().expect("rows");
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().any(|row| row["front"] == true) && rows.iter().any(|row| row["missed"].is_string()));
    let accuracy = |at: usize| rows[at]["accuracy"].as_f64().expect("measured");
    assert!(
        accuracy(1) >= accuracy(0)
            && rows[1]["resources"]["lut"].as_u64() > rows[0]["resources"]["lut"].as_u64()
    );
    let text = |name: &str| std::fs::read_to_string(Path::new(&out).join(name)).expect("written");
    assert_eq!(text("explore.csv").lines().count(), 7);
    assert!(text("explore.html").contains("<svg") && text("explore.json").contains("float_accuracy"));
}

/// Depthwise and pointwise convolutions as MobileNet has them, with `Clip` at 6, an average and a product at the end.
fn mobile(folder: &Path) -> PathBuf {
    let weights = |count: usize, salt: usize| -> Vec<f32> {
        (0..count).map(|i| (((i * 7919 + salt * 104_729) % 2003) as f32 / 1001.5 - 1.0) * 0.6).collect()
    };
    let conv = |g, name: &str, x: &str, shape: [i64; 4], group: i64, stride: i64| {
        let (w, b) = (format!("{name}.w"), format!("{name}.b"));
        let count = shape.iter().product::<i64>() as usize;
        let pad = shape[2] / 2;
        let g: mpqc_ir::onnx::build::GraphBuilder = g;
        let attributes = node("Conv", [x, &w, &b], [name]).name(name).attr_ints("pads", &[pad; 4]);
        let attributes = attributes.attr_int("group", group).attr_ints("strides", &[stride, stride]);
        let clip = format!("{name}6");
        g.initializer(tensor_f32(&w, &shape, &weights(count, count)))
            .initializer(tensor_f32(&b, &[shape[0]], &weights(shape[0] as usize, 3)))
            .node(attributes)
            .node(node("Clip", [name, "zero", "six"], [clip.as_str()]).name(&clip))
    };
    let g = graph().input(value_info("x", ElemType::Float, [1i64, 3, 8, 8]));
    let g = g.initializer(tensor_f32("zero", &[], &[0.0])).initializer(tensor_f32("six", &[], &[6.0]));
    let g = conv(g, "stem", "x", [8, 3, 3, 3], 1, 2);
    let g = conv(g, "depth", "stem6", [8, 1, 3, 3], 8, 1);
    let g = conv(g, "point", "depth6", [16, 8, 1, 1], 1, 1);
    let g = conv(g, "depth2", "point6", [16, 1, 3, 3], 16, 2);
    let g = conv(g, "point2", "depth26", [12, 16, 1, 1], 1, 1);
    let g = g.node(node("GlobalAveragePool", ["point26"], ["mean"]).name("mean"));
    let g = g.node(node("Flatten", ["mean"], ["flat"]).name("flat"));
    let g = g.initializer(tensor_f32("fc.w", &[12, 4], &weights(48, 5)));
    let g = g.node(node("MatMul", ["flat", "fc.w"], ["product"]).name("fc"));
    let g = g.initializer(tensor_f32("fc.b", &[4], &weights(4, 9)));
    let g = g.node(node("Add", ["product", "fc.b"], ["y"]).name("sum"));
    let file = folder.join("mobile.onnx");
    let bytes = model(g.output(value_info("y", ElemType::Float, [1i64, 4]))).to_bytes();
    std::fs::write(&file, bytes).expect("written");
    file
}

#[test]
fn depthwise_networks_are_quantized_within_hardware() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let network = mobile(folder.path()).to_string_lossy().into_owned();
    let frames = folder.path().join("x.npy");
    let value = |i: usize| ((i * 31 + i / 64 * 17) % 255) as f32;
    write_npy(
        &frames,
        &Array::from_shape_fn((24, 3, 8, 8), |(n, c, h, w)| value(n * 97 + c * 64 + h * 8 + w)),
    )
    .expect("written");
    let (frames, file) = (frames.to_string_lossy(), folder.path().join("q.onnx"));
    let file = file.to_string_lossy();
    let narrow =
        ["--budget", "fps=200000,lut=6000,dsp=20", "--weight-bits", "3-5", "--activation-bits", "4-5"];
    let output =
        mpqc(&[&["quantize", &network, "--calib", &frames, "-o", &file, "--json"], &narrow[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let report = json(&output);
    assert!(report["resources"]["lut"].as_u64().is_some_and(|lut| lut <= 6000));
    assert_eq!(report["layers"].as_array().map(Vec::len), Some(6));
    let checked = mpqc(&["check", &file]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}
