//! The folder that commands run in.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What lies in the folder, as command lines name it: good, broken, not there, or not what it should be.
pub const PATHS: [&str; 23] = [
    "model.onnx",
    "cnn.onnx",
    "float.onnx",
    "größe 2.onnx",
    "cut.onnx",
    "input.npy",
    "labels.npy",
    "calib.npy",
    "classes.npy",
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
const FILES: [(&str, &str); 10] = [
    ("examples/digits/digits_mlp_w4a4.onnx", "model.onnx"),
    ("examples/digits/digits_mlp_w4a4.onnx", "größe 2.onnx"),
    ("examples/digits/digits_cnn_mixed.onnx", "cnn.onnx"),
    ("examples/digits/digits_cnn_float.onnx", "float.onnx"),
    ("examples/digits/digits_test.input.npy", "input.npy"),
    ("examples/digits/digits_test.labels.npy", "labels.npy"),
    ("examples/digits/digits_calib.input.npy", "calib.npy"),
    ("examples/digits/digits_calib.labels.npy", "classes.npy"),
    ("schedule/targets/ecp5-85k.toml", "board.toml"),
    ("README.md", "waves.fst"),
];

const MANIFEST: &str = r#"
[[case]]
name = "mlp"
model = "model.onnx"
target = "ultra96"
fps = 1e5
stalls = []
input = ["input.npy"]
"#;

/// What is found in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file's bytes.
    File(Vec<u8>),
    /// Where a symbolic link leads.
    Link(PathBuf),
    /// A folder.
    Folder,
}

/// All that lies below a folder.
pub type Contents = BTreeMap<PathBuf, Entry>;

/// Makes the folder that all are copies of, designs by the program itself.
///
/// # Errors
/// Where it cannot be written, or the program fails.
pub fn make(program: &Path, folder: &Path) -> Result<Contents, Box<dyn Error>> {
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
    for design in ["design", "cut design"] {
        let mut compile = Command::new(program);
        let compiled = compile.args(["compile", "model.onnx", "-o", design]).current_dir(folder).output()?;
        if !compiled.status.success() {
            return Err(String::from_utf8_lossy(&compiled.stderr).into());
        }
    }
    fs::copy(folder.join("design/plan.json"), folder.join("plan.json"))?;
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
                folders.push(path.clone());
            }
            let found_there = match (kind.is_dir(), kind.is_symlink()) {
                (true, _) => Entry::Folder,
                (_, true) => Entry::Link(fs::read_link(entry.path())?),
                _ => Entry::File(fs::read(entry.path())?),
            };
            found.insert(path, found_there);
        }
    }
    Ok(found)
}

/// Puts contents into an empty folder.
///
/// # Errors
/// Where it cannot be written.
pub fn lay_out(contents: &Contents, folder: &Path) -> io::Result<()> {
    // A folder comes before what lies in it.
    for (path, entry) in contents {
        let path = folder.join(path);
        match entry {
            Entry::File(bytes) => fs::write(path, bytes)?,
            Entry::Link(to) => symlink(to, path)?,
            Entry::Folder => fs::create_dir(path)?,
        }
    }
    Ok(())
}
