//! `mpqc regress`: figures are stored, compared, and told to CI.

use crate::common::{json, mpqc};
use std::path::{Path, PathBuf};

fn manifest(folder: &Path) -> PathBuf {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits/digits_cnn_mixed.onnx");
    let path = folder.join("regress.toml");
    let text = format!(
        "output = \"designs\"\nbaseline = \"figures.json\"\n[[design]]\nname = \"cnn\"\nmodel = \"{}\"\ntarget = \"ultra96\"\nfold = \"min\"\n",
        model.display()
    );
    std::fs::write(&path, text).expect("written");
    path
}

#[test]
fn a_design_that_got_slower_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (manifest, junit) = (manifest(folder.path()), folder.path().join("junit.xml"));
    let (manifest, junit_path) = (manifest.to_string_lossy(), junit.to_string_lossy());
    let stored = mpqc(&["regress", &manifest, "--bless"]);
    assert_eq!(stored.status.code(), Some(0), "{}", String::from_utf8_lossy(&stored.stdout));
    let again = mpqc(&["regress", &manifest, "--json", "--junit", &junit_path]);
    assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stdout));
    let report = json(&again);
    let design = &report["designs"][0];
    assert!(report["good"] == true && design["changes"].as_array().is_some_and(Vec::is_empty), "{report}");
    assert!(std::fs::read_to_string(&junit).expect("a report").contains("failures=\"0\""));

    let figures = folder.path().join("figures.json");
    let cycles = design["figures"]["cycles_per_frame"].as_u64().expect("cycles");
    let text = std::fs::read_to_string(&figures).expect("figures");
    let faster = text.replace(
        &format!("\"cycles_per_frame\": {cycles}"),
        &format!("\"cycles_per_frame\": {}", cycles - 1),
    );
    assert_ne!(text, faster);
    std::fs::write(&figures, faster).expect("written");
    let slower = mpqc(&["regress", &manifest, "--junit", &junit_path]);
    assert_eq!(slower.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&slower.stdout).contains("REGRESSION: cycles_per_frame"));
    assert!(std::fs::read_to_string(&junit).expect("a report").contains("failures=\"1\""));

    std::fs::write(&figures, "[]").expect("written");
    assert_eq!(mpqc(&["regress", &manifest]).status.code(), Some(2), "figures that are none");
    assert_eq!(mpqc(&["regress", &manifest, "--only", "nothing"]).status.code(), Some(2));
    assert_eq!(mpqc(&["regress", "nowhere.toml"]).status.code(), Some(2));
}
