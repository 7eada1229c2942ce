//! `mpqc regress`: the project's own manifest against its baseline, and baselines that it must notice.

use crate::common::{json, mpqc, verilator};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

const MANIFEST: &str = "examples/regress/manifest.toml";

/// The case that needs no tool.
fn quick(more: &[&str]) -> Output {
    mpqc(&[&["regress", MANIFEST, "--case", "digits-mlp-int8"], more].concat())
}

/// A copy of the example's baseline with one figure of the quick case replaced.
fn baseline(folder: &Path, key: &str, value: Value) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/regress/baseline.json");
    let mut all: Value = serde_json::from_slice(&std::fs::read(own).expect("it is there")).expect("JSON");
    let place = &mut all["cases"]["digits-mlp-int8"][key];
    assert!(!place.is_null(), "a baseline has {key}");
    *place = value;
    let path = folder.join(format!("{key}.json"));
    std::fs::write(&path, all.to_string()).expect("written");
    path
}

#[test]
fn the_example_is_as_its_baseline_says() {
    verilator();
    let folder = tempfile::tempdir().expect("a folder");
    let xml = folder.path().join("results.xml");
    let output = mpqc(&["regress", MANIFEST, "--json", "--junit", &xml.display().to_string()]);
    let report = json(&output);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!((report["passed"].as_u64(), report["failed"].as_u64()), (Some(3), Some(0)));
    let steps = |case: &Value| case["steps"].as_array().expect("steps").len();
    let counts: Vec<usize> = report["cases"].as_array().expect("cases").iter().map(steps).collect();
    assert_eq!(counts, [6, 3, 6]);
    let parsed = quick_junit::Report::deserialize_from_str(&std::fs::read_to_string(xml).expect("XML"));
    assert_eq!(parsed.expect("JUnit").tests, counts.iter().sum::<usize>());
}

#[test]
fn what_got_worse_is_a_failure_that_says_what() {
    let folder = tempfile::tempdir().expect("a folder");
    for (key, value, said) in [
        ("cycles_per_frame", 7.into(), "cycles per frame: 7 to 8"),
        ("accuracy", 0.99.into(), "accuracy: 99.00 to 98.00 %"),
        ("outputs", "0".into(), "outputs differ"),
        ("model", "0".into(), "the model's file is another one"),
    ] {
        let path = baseline(folder.path(), key, value).display().to_string();
        let output = quick(&["--baseline", &path]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_baseline_is_written_whole_and_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new.json").display().to_string();
    let keep = folder.path().join("kept").display().to_string();
    assert_eq!(quick(&["--baseline", &path, "--update", "--keep", &keep]).status.code(), Some(0));
    assert!(Path::new(&keep).join("digits-mlp-int8/report.html").is_file());
    let again = quick(&["--baseline", &path, "--json"]);
    assert_eq!(
        (again.status.code(), &json(&again)["cases"][0]["notes"]),
        (Some(0), &Value::Array(Vec::new()))
    );
    let nowhere = folder.path().join("missing/new.json").display().to_string();
    assert_eq!(quick(&["--baseline", &nowhere, "--update"]).status.code(), Some(2));
}

#[test]
fn manifests_that_cannot_be_used_say_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("manifest.toml");
    for (text, said) in [
        ("[[case]]\nmodel = \"x.onnx\"\ntarget = \"ultra97\"\n", "ultra97"),
        ("[[case]]\nmodel = \"x.onnx\"\ntargt = \"ultra96\"\n", "targt"),
        ("[[case]]\nmodel = \"x.onnx\"\ntarget = \"ultra96\"\nstalls = [\"often\"]\n", "often"),
        (
            "[[case]]\nmodel = \"x\"\ntarget = \"asic\"\n[[case]]\nmodel = \"x\"\ntarget = \"asic\"\n",
            "two of this name",
        ),
    ] {
        std::fs::write(&path, text).expect("written");
        let output = mpqc(&["regress", &path.display().to_string()]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && error.contains(said), "{error}");
    }
}
