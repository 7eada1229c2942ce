//! The command as its users meet it: the README's walk-through, exit codes, reports, folders.

use crate::common::{files_of, json, mpqc};
use mpqc_ir::onnx::ElemType;
use mpqc_ir::onnx::testing::{graph, model, node, value_info};
use std::path::{Path, PathBuf};
use std::process::Output;

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
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    std::fs::create_dir_all(&a).and_then(|()| std::fs::create_dir_all(&b)).expect("folders");
    for fold in ["auto", "min"] {
        assert_eq!(files_of(&digits(&a, fold)), files_of(&digits(&b, fold)));
    }
}

/// Compiles `model` by a plan, for a device of which a part is reserved.
fn by_plan(model: &Path, reserve: &str, plan: Option<&Path>, out: &Path) -> Output {
    let paths = [model, out].map(|p| p.to_string_lossy().into_owned());
    let plan = plan.map(|p| p.to_string_lossy().into_owned());
    let mut arguments = vec!["compile", &paths[0], "--reserve", reserve, "-o", &paths[1], "--json"];
    arguments.extend(plan.iter().flat_map(|plan| ["--schedule", plan]));
    mpqc(&arguments)
}

/// A plan leads to the same bytes, an edit to another design, and one that cannot be to none.
fn plans_of(model: &Path, reserve: &str, reason: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [first, second, third, fourth] = ["a", "b", "c", "d"].map(|name| folder.path().join(name));
    let report = json(&by_plan(model, reserve, None, &first));
    let short = &report["stop"]["reason"]["resources"]["short"][0];
    assert!(short["used"].as_u64() > short["usable"].as_u64(), "{short}");
    let again = by_plan(model, reserve, Some(&first.join("plan.json")), &second);
    assert_eq!(json(&again)["stop"]["reason"], "plan");
    // The report tells why the search stopped: here there was none.
    for report in ["report.json", "report.html"] {
        [&first, &second].iter().for_each(|dir| std::fs::remove_file(dir.join(report)).expect("a report"));
    }
    assert!(files_of(&first) == files_of(&second), "another design");

    let text = std::fs::read_to_string(first.join("plan.json")).expect("a plan");
    let mut plan: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let edited = folder.path().join("edited.json");
    plan["layers"][0]["pe"] = 1.into();
    plan["layers"][0]["dsp"] = serde_json::json!({ "rows": 0, "products": 1 });
    plan["cycles"] = 200_000.into();
    plan["layers"].as_array_mut().expect("layers").truncate(1);
    std::fs::write(&edited, plan.to_string()).expect("writable");
    assert_eq!(json(&by_plan(model, reserve, Some(&edited), &third))["layers"][0]["pe"], 1);
    plan["layers"][0]["pe"] = 1_000_000.into();
    std::fs::write(&edited, plan.to_string()).expect("writable");
    let refused = by_plan(model, reserve, Some(&edited), &fourth);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), fourth.exists()), (Some(2), false), "{text}");
    assert!(text.contains(reason), "{text}");
}

#[test]
fn a_plan_is_written_read_edited_and_refused() {
    plans_of(Path::new("examples/digits/digits_mlp_w4a4.onnx"), "lut=66000", "`pe` cannot be 1000000 here");
    if let Some(shared) = crate::common::shared() {
        plans_of(&shared.join("models/cnv_w2a2.onnx"), "lut=50000", "allowed here: 1 to 64");
    }
}

#[test]
fn a_targets_file_is_used_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("tiny.toml");
    let text = "part = \"x\"\nfamily = \"ecp5\"\nclock_mhz = 40.0\n[resources]\nlut = 9000\nff = 9000\ndsp = 0\nbram18 = 9\n";
    std::fs::write(&file, text).expect("writable");
    let (file, out) = (file.to_string_lossy(), folder.path().join("out"));
    let arguments = [
        "compile",
        "examples/digits/digits_mlp_w4a4.onnx",
        "--json",
        "-o",
        &out.to_string_lossy(),
        "--target",
        &file,
    ];
    let report = json(&mpqc(&arguments));
    assert_eq!((&report["target"], &report["clock_mhz"]), (&"tiny".into(), &40.0.into()));
    assert!(report["resources"]["lut"].as_u64() <= Some(7200) && report["resources"]["dsp"] == 0);
    std::fs::write(&*file, text.replace("ecp5", "ecp6")).expect("writable");
    let refused = mpqc(&arguments);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text.contains("tiny.toml") && text.contains("ecp6") && text.contains("`ultrascale-plus`"),
        "{text}"
    );
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
