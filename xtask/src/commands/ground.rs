//! The folder that commands run in.

use mpqc::{Options, targets};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// What lies in the folder, as command lines name it: good, broken, not there, or not what it should be.
pub const PATHS: [&str; 21] = [
    "model.onnx",
    "cnn.onnx",
    "float.onnx",
    "größe 2.onnx",
    "cut.onnx",
    "input.npy",
    "labels.npy",
    "cut.npy",
    "plan.json",
    "board.toml",
    "manifest.toml",
    "design",
    "cut design",
    "waves.fst",
    "empty",
    "folder",
    "loop",
    "nowhere",
    "new/deeper",
    "/dev/full",
    "model.onnx/below",
];

/// Where a file comes from, and what it is called here.
const FILES: [(&str, &str); 8] = [
    ("examples/digits/digits_mlp_w4a4.onnx", "model.onnx"),
    ("examples/digits/digits_mlp_w4a4.onnx", "größe 2.onnx"),
    ("examples/digits/digits_cnn_mixed.onnx", "cnn.onnx"),
    ("examples/digits/digits_cnn_float.onnx", "float.onnx"),
    ("examples/digits/digits_test.input.npy", "input.npy"),
    ("examples/digits/digits_test.labels.npy", "labels.npy"),
    ("schedule/targets/ecp5-85k.toml", "board.toml"),
    ("README.md", "waves.fst"),
];

const MANIFEST: &str =
    "[[case]]\nname = \"mlp\"\nmodel = \"model.onnx\"\nfps = 1e5\nstalls = []\ninput = [\"input.npy\"]\n";

/// Files below a folder with their bytes, symbolic links with where they lead.
pub type Contents = BTreeMap<PathBuf, Vec<u8>>;

/// Makes the folder that all are copies of.
///
/// # Errors
/// Where it cannot be written.
pub fn make(folder: &Path) -> Result<Contents, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (from, to) in FILES {
        fs::copy(root.join(from), folder.join(to))?;
    }
    for (whole, cut) in [("model.onnx", "cut.onnx"), ("input.npy", "cut.npy")] {
        let bytes = fs::read(folder.join(whole))?;
        fs::write(folder.join(cut), &bytes[..bytes.len() / 2])?;
    }
    fs::write(folder.join("manifest.toml"), MANIFEST)?;
    fs::write(folder.join("empty"), "")?;
    fs::create_dir(folder.join("folder"))?;
    fs::write(folder.join("folder/note.txt"), "not a design\n")?;
    symlink("loop", folder.join("loop"))?;
    let compiled = mpqc::compile(&folder.join("model.onnx"), &Options::new(targets::find("ultra96")?))?;
    fs::write(folder.join("plan.json"), compiled.schedule.plan.to_json())?;
    for name in ["design", "cut design"] {
        mpqc_codegen::write(&compiled.schedule.design, &folder.join(name), false)?;
    }
    fs::write(folder.join("cut design/design.json"), "{\"name\": \"mlp\", \"graph\": {")?;
    Ok(contents(folder)?)
}

/// What lies below a folder.
///
/// # Errors
/// Where it cannot be read.
pub fn contents(folder: &Path) -> io::Result<Contents> {
    let mut found = Contents::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below))? {
            let entry = entry?;
            let (path, kind) = (below.join(entry.file_name()), entry.file_type()?);
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_symlink() {
                found.insert(path, fs::read_link(entry.path())?.into_os_string().into_encoded_bytes());
            } else {
                found.insert(path, fs::read(entry.path())?);
            }
        }
    }
    Ok(found)
}

/// Puts contents into an empty folder.
///
/// # Errors
/// Where it cannot be written.
pub fn lay_out(contents: &Contents, folder: &Path) -> io::Result<()> {
    for (path, bytes) in contents {
        let path = folder.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        if path.ends_with("loop") { symlink("loop", path)? } else { fs::write(path, bytes)? }
    }
    Ok(())
}
