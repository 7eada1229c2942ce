//! ONNX's own backend node tests as files, for `ir/tests/onnx_backend.rs`.

use mpqc_testbenches::tools::{PythonPackage, interpreter};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package that makes the cases, with NumPy.
const ONNX: PythonPackage =
    PythonPackage { name: "the Python package onnx", environment: "onnx-venv", requirement: "onnx==1.23.2" };

/// The folder of the cases of the pinned release, `target/onnx-node-cases/onnx==…`; written if it is not there.
///
/// # Errors
/// If the package cannot be installed (no network, no Python that it supports) or the cases cannot be written.
pub fn folder() -> Result<PathBuf, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let releases = root.join("target").join("onnx-node-cases");
    let cases = releases.join(ONNX.requirement);
    if !cases.is_dir() {
        eprintln!("writing ONNX's node tests to {}", cases.display());
        fs::create_dir_all(&releases)?;
        // Renamed when complete: what a killed run leaves behind is never taken for the cases.
        let draft = tempfile::tempdir_in(&releases)?;
        write(&root.join("ir").join("tests").join("onnx_node_cases.py"), &draft.path().join("cases"))?;
        fs::rename(draft.path().join("cases"), &cases)?;
    }
    Ok(cases)
}

fn write(script: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let python = |environment: &Path| Command::new(interpreter(environment));
    let try_out =
        |environment: &Path| ONNX.run(python(environment).args(["-c", "import onnx.backend.test.loader"]));
    let environment = ONNX.install(&|line| eprintln!("  {line}"), &try_out)?;
    Ok(ONNX.run(python(&environment).arg(script).arg(folder))?)
}
