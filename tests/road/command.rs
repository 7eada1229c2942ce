//! The command as its users meet it: the README's walk-through, exit codes, reports, folders.

use crate::common::{json, mpqc};
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::testing::{graph, model, node, value_info};
use std::path::{Path, PathBuf};

/// Compiles the digits example into a new folder, as fast as fits or as folded as `fold` says.
fn digits(folder: &Path, fold: &str) -> PathBuf {
    let out = folder.join("digits");
    let model = "examples/digits/digits_mlp_w4a4.onnx";
    let output = mpqc(&[
        "compile",
        model,
        "--target",
        "ultra96",
        "--fold",
        fold,
        "-o",
        &out.to_string_lossy(),
        "--json",
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&output);
    for key in ["cycles_per_frame", "clock_mhz", "fps", "resources", "layers", "macs"] {
        assert!(!report[key].is_null(), "{key} is missing");
    }
    for key in ["lut", "ff", "dsp", "bram18", "uram"] {
        assert!(report["resources"][key].is_u64(), "resources.{key} is missing");
    }
    out
}

#[test]
fn the_walk_through_ends_with_the_accuracy_of_the_simulated_hardware() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let design = digits(folder.path(), "auto");
    let logits = folder.path().join("logits.npy");
    let (design, logits) = (design.to_string_lossy(), logits.to_string_lossy());
    let input = "examples/digits/digits_test.input.npy";
    let expected = "examples/digits/digits_mlp_w4a4.expected.npy";
    let output = mpqc(&[
        "sim",
        &design,
        "--input",
        input,
        "--output",
        &logits,
        "--expected",
        expected,
        "--labels",
        "examples/digits/digits_test.labels.npy",
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let report = json(&output);
    for key in ["frames", "cycles_per_frame", "latency_cycles"] {
        assert!(report[key].as_u64().is_some_and(|n| n > 0), "{key} is missing");
    }
    assert!(report["accuracy"].as_f64().is_some_and(|accuracy| accuracy >= 0.97), "{report}");
}

#[test]
fn verify_proves_the_design_and_finds_a_changed_weight() {
    crate::common::verilator();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let design = digits(folder.path(), "min");
    let path = design.to_string_lossy().into_owned();
    let good = mpqc(&[
        "verify",
        &path,
        "--input",
        "examples/digits/digits_test.input.npy",
        "--frames",
        "4",
        "--json",
    ]);
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stdout));
    assert_eq!(json(&good)["runs"].as_array().map(Vec::len), Some(2));

    change_a_constant(&design);
    let bad = mpqc(&["verify", &path, "--input", "examples/digits/digits_test.input.npy", "--frames", "4"]);
    let text = String::from_utf8_lossy(&bad.stdout);
    assert_eq!(bad.status.code(), Some(1), "{text}");
    assert!(text.contains("differs in data") && text.contains("ONNX"), "{text}");
    assert!(design.join("waves/rtl.fst").is_file() && design.join("waves/sim.fst").is_file());
}

/// Complements every digit of the first weight image.
fn change_a_constant(design: &Path) {
    let mut images: Vec<PathBuf> =
        std::fs::read_dir(design.join("mem")).expect("mem/").map(|e| e.expect("an entry").path()).collect();
    images.sort();
    let image = images.iter().find(|p| p.to_string_lossy().contains("weight")).expect("a weight image");
    let complement =
        |c: char| c.to_digit(16).map_or(c, |d| char::from_digit(15 - d, 16).expect("a hex digit"));
    let flip = |line: &str| {
        if line.trim_start().starts_with("//") {
            line.to_owned()
        } else {
            line.chars().map(complement).collect()
        }
    };
    let text = std::fs::read_to_string(image).expect("text");
    std::fs::write(image, text.lines().map(flip).collect::<Vec<_>>().join("\n")).expect("writable");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let read_all = |design: PathBuf| {
        let mut files = Vec::new();
        for part in ["rtl", "mem", "."] {
            for entry in
                std::fs::read_dir(design.join(part)).expect("a folder").map(|e| e.expect("an entry").path())
            {
                if entry.is_file() {
                    files.push((
                        entry.strip_prefix(&design).expect("inside").to_owned(),
                        std::fs::read(&entry).expect("readable"),
                    ));
                }
            }
        }
        files.sort();
        files
    };
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    std::fs::create_dir_all(&a).and_then(|()| std::fs::create_dir_all(&b)).expect("folders");
    for fold in ["auto", "min"] {
        assert_eq!(read_all(digits(&a, fold)), read_all(digits(&b, fold)));
    }
}

#[test]
fn bad_input_is_refused_with_exit_code_2_and_leaves_no_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = folder.path().join("broken.onnx");
    std::fs::write(&model, b"\x08\x08\x3a\xff\xff\xff\x7f").expect("writable");
    let out = folder.path().join("out");
    let output = mpqc(&["compile", &model.to_string_lossy(), "-o", &out.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("broken-file"));
    assert!(!out.exists());
    assert_eq!(mpqc(&["compile", "x.onnx", "--target", "no_such_board"]).status.code(), Some(2));
    assert_eq!(mpqc(&["sim", "no/such/folder"]).status.code(), Some(2));
    assert_eq!(mpqc(&["compile", "--no-such-flag"]).status.code(), Some(2));
}

/// A network of floats only.
fn without_quantizers() -> Vec<u8> {
    let graph = graph()
        .input(value_info("x", ElemType::Float, [1, 4]))
        .node(node("Relu", ["x"], ["y"]))
        .output(value_info("y", ElemType::Float, [1, 4]));
    model(graph).to_bytes()
}

#[test]
fn check_lists_problems_and_fails() {
    let good = mpqc(&["check", "examples/digits/digits_mlp_w4a4.onnx", "--json"]);
    assert_eq!((good.status.code(), json(&good)["hardware"].as_bool()), (Some(0), Some(true)));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = folder.path().join("no_quantizer.onnx");
    std::fs::write(&model, without_quantizers()).expect("writable");
    let bad = mpqc(&["check", &model.to_string_lossy(), "--json"]);
    assert_eq!((bad.status.code(), json(&bad)["hardware"].as_bool()), (Some(1), Some(false)));
    assert!(json(&bad)["problems"].as_array().is_some_and(|p| !p.is_empty()));
}

#[test]
fn every_stage_can_be_inspected() {
    for stage in ["network", "int", "design"] {
        for form in [&[][..], &["--dot"][..], &["--json"][..]] {
            let mut arguments = vec!["inspect", "examples/digits/digits_mlp_w4a4.onnx", "--stage", stage];
            arguments.extend(form);
            let output = mpqc(&arguments);
            assert!(output.status.success() && output.stdout.len() > 200, "{stage} {form:?}");
        }
    }
}
