//! A design's folder on disk.

use crate::{CodegenError, File, emit};
use mpqc_ir::design::Design;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Writes a design's files into the folder `dir`, which appears whole or not at all.
///
/// An empty folder or one that holds a design is replaced; with `force`, any other too.
///
/// # Errors
/// As [`emit`](crate::emit()); where `dir` is something else; and where a file cannot be written.
pub fn write(design: &Design, dir: &Path, force: bool) -> Result<(), CodegenError> {
    write_with(design, &[], dir, force)
}

/// [`write()`] with further files in the folder, each a relative path and its text.
///
/// # Errors
/// As [`write()`].
pub fn write_with(
    design: &Design,
    more: &[(&str, String)],
    dir: &Path,
    force: bool,
) -> Result<(), CodegenError> {
    let mut files = emit(design)?;
    files.extend(
        more.iter()
            .map(|(path, text)| File { path: (*path).to_owned(), contents: text.clone().into_bytes() }),
    );
    if !force && !is_replaceable(dir)? {
        return Err(CodegenError::NotOurs(dir.to_owned()));
    }
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(at(parent))?;
    let scratch = tempfile::Builder::new().prefix(".mpqc-").tempdir_in(parent).map_err(at(parent))?;
    let fresh = scratch.path().join("new");
    // A fully parallel design has no memory images, but its folder looks like every other.
    let images = fresh.join("mem");
    fs::create_dir_all(&images).map_err(at(&images))?;
    for file in &files {
        let path = fresh.join(&file.path);
        fs::create_dir_all(path.parent().unwrap_or(&fresh)).map_err(at(&path))?;
        fs::write(&path, &file.contents).map_err(at(&path))?;
    }
    swap(&fresh, dir, &scratch.path().join("old")).map_err(at(dir))
}

/// The Verilog files of a design's folder, each after those that it instantiates.
///
/// # Errors
/// Where `rtl/files.f` cannot be read.
pub fn rtl_files(dir: &Path) -> Result<Vec<PathBuf>, CodegenError> {
    let path = dir.join("rtl/files.f");
    let list = fs::read_to_string(&path).map_err(at(&path))?;
    Ok(list.lines().map(|line| dir.join(line)).collect())
}

/// The design of a folder, from its `design.json`.
///
/// # Errors
/// Where the file cannot be read, or is not a design.
pub fn read_design(dir: &Path) -> Result<Design, CodegenError> {
    let path = dir.join("design.json");
    let bytes = fs::read(&path).map_err(at(&path))?;
    serde_json::from_slice(&bytes).map_err(|source| CodegenError::Json { path, source })
}

/// Whether nothing is lost if `dir` goes: it does not exist, is empty, or holds a design.
fn is_replaceable(dir: &Path) -> Result<bool, CodegenError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none() || dir.join("design.json").is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(at(dir)(error)),
    }
}

/// Puts `fresh` in the place of `dir`, whose former contents go to `old`.
fn swap(fresh: &Path, dir: &Path, old: &Path) -> io::Result<()> {
    let replaced = fs::symlink_metadata(dir).is_ok();
    if replaced {
        fs::rename(dir, old)?;
    }
    let moved = fs::rename(fresh, dir);
    if moved.is_err() && replaced {
        fs::rename(old, dir)?;
    }
    moved
}

/// An I/O error's place.
fn at(path: &Path) -> impl Fn(io::Error) -> CodegenError + '_ {
    move |source| CodegenError::Io { path: path.to_owned(), source }
}
