//! Finding programs and telling their builds apart.

use super::ToolError;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The folder for tools and caches of this project: `$MPQC_TOOLS`, or else `target/tools` under the nearest folder
/// upwards of the current one that holds a `Cargo.lock` (the workspace's root), or else under the current folder.
///
/// It is found once: later, a starting model may have changed the process's current folder for a moment.
pub fn folder() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(find_folder).clone()
}

fn find_folder() -> PathBuf {
    match env::var_os("MPQC_TOOLS").filter(|value| !value.is_empty()) {
        Some(folder) => std::path::absolute(&folder).unwrap_or_else(|_| folder.into()),
        None => workspace_root().join("target").join("tools"),
    }
}

fn workspace_root() -> PathBuf {
    let current = env::current_dir().unwrap_or_else(|_| ".".into());
    let root = current.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.unwrap_or(&current).to_path_buf()
}

/// The program of this name that `PATH` leads to, as an absolute path; an absolute name is taken as it is.
pub(crate) fn on_path(name: impl AsRef<Path>) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let found = env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| is_program(file))?;
    std::path::absolute(found).ok()
}

#[cfg(unix)]
pub(super) fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// A hash of a program's bytes (BLAKE3, 16 hex digits): equal only for the very same build.
pub(crate) fn fingerprint(program: &Path) -> Result<String, ToolError> {
    let bytes = fs::read(program).map_err(ToolError::io("read", program))?;
    Ok(blake3::hash(&bytes).to_hex()[..16].to_owned())
}

/// The first line that `program flag` prints, for people to read: packagings write it too differently to parse.
pub(crate) fn version_line(mut command: Command, flag: &str) -> Option<String> {
    let output = command.arg(flag).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}
